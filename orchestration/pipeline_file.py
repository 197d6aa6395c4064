"""The declaration of the pipeline, ``pipeline.yaml``: read, checked whole, and asked for its order."""

from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from orchestration.cron import parse_schedule

HOME = Path(__file__).parent
FILE = HOME / "pipeline.yaml"
SCRIPTS = HOME / "glue" / "scripts"
RUNBOOKS = HOME / "runbooks"
WORKER_DPUS = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}
"""AWS Glue Developer Guide, "Defining job properties for Spark jobs"."""
Name = Annotated[str, Field(pattern=r"^[a-z]+$")]
Secret = Literal["wistia_token", "redshift_password", "privacy_key"]
Names = Annotated[tuple[Name, ...], BeforeValidator(tuple)]


def _schedule(text: str) -> str:
    parse_schedule(text)
    return text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Job(_Part):
    """A job; ``pipeline.yaml`` says what each key means."""

    about: Annotated[str, Field(min_length=1)]
    needs: Names = ()
    secrets: Annotated[tuple[Secret, ...], BeforeValidator(tuple)] = ()
    network: Literal["internet", "warehouse"]
    workers: Annotated[int, Field(ge=2, le=299)]
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"]
    timeout: Annotated[int, Field(ge=1, le=10080)]
    retries: Annotated[int, Field(ge=0, le=10)]
    runbook: Annotated[str, Field(pattern=r"^[a-z-]+$")]

    @property
    def dpus(self) -> int:
        """Data processing units that it takes while it runs."""
        return self.workers * WORKER_DPUS[self.worker_type]


class Workflow(_Part):
    """What runs together."""

    about: Annotated[str, Field(min_length=1)]
    schedule: Annotated[str, AfterValidator(_schedule)]
    jobs: Names
    on_failure: Name
    on_files: bool = False
    arguments: dict[Name, str] = {}


class Pipeline(_Part):
    """All jobs and workflows; every name in it is that of a job, and no job waits for itself."""

    jobs: dict[Name, Job]
    workflows: dict[Name, Workflow]

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        for name, job in self.jobs.items():
            self._known(f"jobs.{name}.needs", job.needs)
        for name, flow in self.workflows.items():
            where = f"workflows.{name}.jobs"
            self._known(where, (*flow.jobs, flow.on_failure))
            if missing := {need for job in flow.jobs for need in self.jobs[job].needs} - set(flow.jobs):
                raise ValueError(f"{where}: {', '.join(sorted(missing))} is needed and not there")
            if len(self.first(flow)) != 1:
                raise ValueError(f"{where}: exactly one job must need no other, for it begins the run")
        try:
            self.order(self.jobs)
        except CycleError as error:
            raise ValueError(f"jobs.needs: {' -> '.join(error.args[1])} goes round in a circle") from None
        return self

    def _known(self, where: str, names: tuple[str, ...]) -> None:
        if unknown := sorted(set(names) - self.jobs.keys()):
            raise ValueError(f"{where}: there is no job {unknown[0]}")

    def first(self, workflow: Workflow) -> list[str]:
        """Return the jobs of a workflow that need no other."""
        return [name for name in workflow.jobs if not self.jobs[name].needs]

    def order(self, names: Mapping[str, Job] | tuple[str, ...]) -> list[str]:
        """Return jobs in an order in which each comes after those that it needs."""
        graph = {name: [need for need in self.jobs[name].needs if need in names] for name in names}
        return list(TopologicalSorter(graph).static_order())

    def up_to(self, name: str) -> list[str]:
        """Return all that a job needs, in order, and the job itself at the end."""
        return self.order(tuple(dict.fromkeys(self._needed(name))))

    def _needed(self, name: str) -> Iterator[str]:
        for need in self.jobs[name].needs:
            yield from self._needed(need)
        yield name


def script_of(job: str) -> str:
    """Return the name of a job's script; a script called ``extract.py`` would hide the package of that name."""
    return f"{job}_job.py"


@cache
def load_pipeline() -> Pipeline:
    """Return what is declared."""
    return Pipeline.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
