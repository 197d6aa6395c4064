"""The arguments of a job, as Glue hands them over. Only here is ``awsglue`` imported, and only where it is."""

from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from extract.clock import parse_instant
from extract.errors import ConfigurationError

REQUIRED = ("config", "environment")
OPTIONAL = ("as_of", "run_id", "source", "WORKFLOW_NAME", "WORKFLOW_RUN_ID")


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a job is told.

    Attributes:
        config: ``s3://BUCKET/KEY`` of the configuration.
        environment: such as ``production``; a dimension of the metrics.
        as_of: the instant of the run; None for that of its workflow run, else now.
        run_id: the run's name; None for that of its workflow run, else one that is made.
        source: the one source to read; None for all.
        workflow: the workflow's name and the id of its run; None for a job that was started by hand.
        job_run: Glue's name of this attempt, with which its logs are found.
    """

    config: str
    environment: str
    as_of: datetime | None = None
    run_id: str | None = None
    source: str | None = None
    workflow: tuple[str, str] | None = None
    job_run: str = ""


def read_arguments(argv: Sequence[str]) -> Arguments:
    """Read the arguments of the process; those that Glue adds for itself are passed over.

    Raises:
        ConfigurationError: one is missing or wrong; the message names it.
    """
    given = _resolved(argv, [*REQUIRED, *(name for name in OPTIONAL if _is_given(argv, name))])
    flow = given.get("WORKFLOW_NAME"), given.get("WORKFLOW_RUN_ID")
    return Arguments(
        config=given["config"],
        environment=given["environment"],
        as_of=_instant(given.get("as_of")),
        run_id=given.get("run_id"),
        source=given.get("source"),
        workflow=(flow[0], flow[1]) if flow[0] and flow[1] else None,
        job_run=_following(argv, "--JOB_RUN_ID"),
    )


def _resolved(argv: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    if missing := [name for name in names if not _is_given(argv, name)]:
        raise ConfigurationError(f"--{missing[0]} is missing: the job was not started with its own arguments")
    try:
        from awsglue.utils import getResolvedOptions
    except ImportError:  # spark-submit
        parser = ArgumentParser(allow_abbrev=False)
        for name in names:
            parser.add_argument(f"--{name}")
        return {name: value for name, value in vars(parser.parse_known_args(argv[1:])[0]).items() if value}
    options: dict[str, str] = getResolvedOptions(list(argv), list(names))
    return {name: options[name] for name in names}


def _is_given(argv: Sequence[str], name: str) -> bool:
    return any(given.split("=")[0] == f"--{name}" for given in argv)


def _following(argv: Sequence[str], option: str) -> str:
    """Return the value of an option that ``getResolvedOptions`` keeps for itself."""
    return next((value for name, value in pairwise(argv) if name == option), "")


def _instant(text: str | None) -> datetime | None:
    try:
        return parse_instant(text) if text else None
    except (ValueError, OverflowError):
        raise ConfigurationError(f"--as_of: {text!r} is not an ISO 8601 date or instant") from None
