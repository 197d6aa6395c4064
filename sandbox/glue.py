"""The workflows of AWS Glue in a template of CloudFormation: which job starts when, and what follows what.

Only triggers are imitated (AWS Glue Developer Guide, "Overview of workflows"): a schedule begins a run, a conditional
trigger fires once in a run when the jobs that it watches have ended as it asks, a job that failed is started again as
often as `MaxRetries` says. What a job does, and how it is started, is the affair of whoever uses this.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Resource = Mapping[str, Any]
SUCCEEDED, FAILED = "SUCCEEDED", "FAILED"


@dataclass(frozen=True)
class Start:
    """A job to be started: its name, the name of its script, and its arguments, those of Glue's own left out."""

    job: str
    script: str
    arguments: tuple[str, ...]
    attempt: int = 0


@dataclass
class Run:
    """What happened in a run of a workflow: each start with the state in which it ended."""

    workflow: str
    ended: list[tuple[Start, str]] = field(default_factory=list)

    def state(self, job: str) -> str | None:
        """The state in which a job ended last; None where it was not started."""
        return next((state for start, state in reversed(self.ended) if start.job == job), None)


class Workflows:
    """The workflows of a template."""

    def __init__(self, template: Resource, parameters: Mapping[str, str], conditions: frozenset[str]) -> None:
        """Read them.

        Args:
            template: of CloudFormation.
            parameters: their values; pseudo parameters too.
            conditions: the names of those that hold.
        """
        self._values = dict(parameters)
        self._resources: dict[str, Resource] = {
            name: item
            for name, item in template["Resources"].items()
            if item.get("Condition") is None or item["Condition"] in conditions
        }
        for name, item in self._resources.items():
            if item["Type"] in {"AWS::Glue::Job", "AWS::Glue::Workflow", "AWS::S3::Bucket"}:
                own = item["Properties"].get("Name") or item["Properties"].get("BucketName")
                self._values.setdefault(name, self._text(own))
        self._jobs = {self._values[name]: item["Properties"] for name, item in self._of_type("Job")}
        self._triggers = [item["Properties"] for _, item in self._of_type("Trigger")]

    def schedules(self) -> Iterator[tuple[str, str]]:
        """Yield each workflow that has a schedule, with its expression."""
        for trigger in self._triggers:
            if trigger["Type"] == "SCHEDULED":
                yield self._text(trigger["WorkflowName"]), trigger["Schedule"]

    def run(self, workflow: str, start: Callable[[Start], str]) -> Run:
        """Run a workflow, one job after the other; `start` does the work of a job and returns its state."""
        run = Run(workflow)
        own = [trigger for trigger in self._triggers if self._text(trigger["WorkflowName"]) == workflow]
        waiting = [trigger for trigger in own if trigger["Type"] == "CONDITIONAL"]
        due = [trigger for trigger in own if trigger["Type"] != "CONDITIONAL"]
        while due:
            for trigger in due:
                for action in trigger["Actions"]:
                    self._work(run, action, start)
            due = [trigger for trigger in waiting if self._is_met(run, trigger["Predicate"])]
            waiting = [trigger for trigger in waiting if trigger not in due]
        return run

    def _work(self, run: Run, action: Resource, start: Callable[[Start], str]) -> None:
        job = self._text(action["JobName"])
        properties = self._jobs[job]
        given = {**properties["DefaultArguments"], **action.get("Arguments", {})}
        arguments = tuple(part for name, value in given.items() for part in (name, self._text(value)))
        script = self._text(properties["Command"]["ScriptLocation"]).rpartition("/")[2]
        for attempt in range(properties["MaxRetries"] + 1):
            started = Start(job, script, arguments, attempt)
            state = start(started)
            run.ended.append((started, state))
            if state != FAILED:
                break

    def _is_met(self, run: Run, predicate: Resource) -> bool:
        met = [run.state(self._text(item["JobName"])) == item["State"] for item in predicate["Conditions"]]
        return any(met) if predicate["Logical"] == "ANY" else all(met)

    def _of_type(self, kind: str) -> list[tuple[str, Resource]]:
        return [(name, item) for name, item in self._resources.items() if item["Type"] == f"AWS::Glue::{kind}"]

    def _text(self, value: Any) -> str:
        if isinstance(value, Mapping):
            if "Ref" in value:
                return self._values[value["Ref"]]
            return re.sub(r"\$\{([\w:]+)\}", lambda found: self._values[found[1]], value["Fn::Sub"])
        return str(value)
