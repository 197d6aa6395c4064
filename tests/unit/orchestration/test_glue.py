"""Arguments as Glue hands them over, and metrics as CloudWatch reads them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from extract.errors import ConfigurationError
from orchestration.glue.arguments import read_arguments
from orchestration.glue.metrics import metrics_line
from orchestration.glue.run_job import _succeeded
from tests.glue_home import glue_adds

OURS = ["--config", "s3://artifacts/reelhouse.yaml", "--environment", "staging"]
FLOW = ["--WORKFLOW_NAME", "daily", "--WORKFLOW_RUN_ID", "wr_1"]


def test_arguments_of_a_job_in_a_workflow() -> None:
    found = read_arguments(["script.py", *glue_adds("extract", "jr_7"), *OURS, "--source", "streampulse", *FLOW])
    assert (found.config, found.environment, found.source) == (
        "s3://artifacts/reelhouse.yaml",
        "staging",
        "streampulse",
    )
    assert found.workflow == ("daily", "wr_1")
    assert found.job_run == "jr_7"
    assert (found.as_of, found.run_id) == (None, None)


def test_arguments_of_a_job_that_was_started_by_hand() -> None:
    found = read_arguments(["script.py", *glue_adds("load"), *OURS, "--as_of", "2026-01-08T02:00:00Z"])
    assert found.workflow is None
    assert found.as_of == datetime(2026, 1, 8, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (OURS[:2], "--environment is missing"),
        (OURS[2:], "--config is missing"),
        ([*OURS, "--as_of", "yesterday"], "'yesterday' is not an ISO 8601"),
    ],
)
def test_what_is_wrong_is_said(argv: list[str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        read_arguments(["script.py", *argv])


def test_metrics_are_in_the_embedded_format() -> None:
    at = datetime(2026, 1, 8, 2, tzinfo=UTC)
    line = json.loads(metrics_line(at, {"Environment": "dev", "Job": "load"}, {"Seconds": 1.5, "Failed": 0}, "run"))
    ((directive,), timestamp) = line["_aws"]["CloudWatchMetrics"], line["_aws"]["Timestamp"]
    assert timestamp == 1767837600000
    assert directive["Namespace"] == "reelhouse"
    assert [metric["Name"] for metric in directive["Metrics"]] == ["Seconds", "Failed"]
    # Each metric and each dimension is a member of the document, or CloudWatch takes none of it.
    names = [metric["Name"] for metric in directive["Metrics"]] + directive["Dimensions"][0]
    assert all(name in line for name in names)


def report(job: str, found: object, before: dict[str, Any], refused: str | None = None) -> dict[str, Any]:
    return _succeeded(job, {"outcome": "under way", "jobs": {}, "error": None, **before}, found, refused)


def test_the_outcome_of_a_run_is_that_of_its_load() -> None:
    assert report("extract", {"streams": []}, {})["outcome"] == "under way"
    assert report("load", {"applied": []}, {})["outcome"] == "published"
    assert report("load", None, {})["outcome"] == "nothing new"


def test_a_source_that_refused_fails_the_run_when_the_other_is_loaded() -> None:
    extracted = report("extract", {"streams": []}, {}, refused="wistia/events: the token was refused")
    loaded = report("load", {"applied": []}, extracted)
    assert (loaded["outcome"], loaded["error"]) == ("failed", "wistia/events: the token was refused")


def test_an_attempt_that_failed_is_forgotten_when_its_repetition_succeeds() -> None:
    failed = {"outcome": "failed", "failed_job": "normalise", "error": "the disk is full"}
    again = report("normalise", {"sequence": 1}, failed)
    assert (again["outcome"], again["failed_job"], again["error"]) == ("under way", None, None)
    assert report("load", {"applied": []}, again)["outcome"] == "published"


@pytest.mark.parametrize(
    ("ran", "silent"), [([], "extract"), (["extract"], "normalise"), (["extract", "normalise"], "load")]
)
def test_a_job_that_could_not_say_that_it_failed_is_found_by_what_is_missing(ran: list[str], silent: str) -> None:
    closed = report("report", None, {"jobs": {job: {} for job in [*ran, "report"]}})
    assert (closed["outcome"], closed["failed_job"]) == ("failed", silent)
    assert "without a word" in closed["error"]
