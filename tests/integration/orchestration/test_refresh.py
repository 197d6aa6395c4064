"""A load has QuickSight read again: the function as Lambda calls it, with receipts as EventBridge tells of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import orchestration.lambdas.refresh
from dashboards.quicksight.declaration import load_declaration
from extract.errors import ConfigurationError, ReelhouseError
from orchestration.lambdas.refresh import handler
from tests.glue_home import unpacked_wheel
from tests.quicksight import QuickSight, quicksight

LOADED = datetime(2026, 1, 15, 2, 29, tzinfo=UTC)
DATASETS = {name for name, each in load_declaration().datasets.items() if each.spice}
QUARTER = timedelta(minutes=15)


def receipt(at: datetime, number: int = 17) -> dict[str, Any]:
    """Return a message of the queue: what EventBridge says of an object that S3 has taken."""
    told = {
        "version": "0",
        "id": f"17793124-05d4-b198-2fde-7ededc63b1{number:02}",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "123456789012",
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::reelhouse-staging-lake-123456789012"],
        "detail": {
            "bucket": {"name": "reelhouse-staging-lake-123456789012"},
            "object": {"key": f"staging/_loaded/0123456789abcdef/{number:012}.json", "size": 79},
            "reason": "PutObject",
        },
    }
    return {"messageId": f"message-{number}", "body": json.dumps(told), "eventSource": "aws:sqs"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickSight]:
    with quicksight() as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL_QUICKSIGHT", found.endpoint_url)
        monkeypatch.setenv("RELEASE_DASHBOARDS", "reelhouse-staging")
        for name, value in (
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "k"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
        ):
            monkeypatch.setenv(name, value)

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return found.now.astimezone(tz)

        monkeypatch.setattr(orchestration.lambdas.refresh, "datetime", Clock)
        yield found


def told(*receipts: dict[str, Any]) -> set[str]:
    """Tell the function of receipts; return the messages that must come back."""
    answer = handler({"Records": list(receipts)}, None)
    return {item["itemIdentifier"] for item in answer["batchItemFailures"]}


def test_a_load_has_every_copy_read_again_and_comes_back_until_it_is_shown(cloud: QuickSight) -> None:
    assert told(receipt(LOADED)) == {"message-17"}
    assert {dataset for dataset, _, _ in cloud.started} == {
        f"reelhouse-staging-{name.replace('_', '-')}" for name in DATASETS
    }
    assert {name for _, name, _ in cloud.started} == {"reelhouse-staging-20260115T02"}
    assert {kind for _, _, kind in cloud.started} == {"FULL_REFRESH"}, "nothing was read on this day"
    cloud.now += QUARTER
    assert told(receipt(LOADED)) == {"message-17"}, "it is being read"
    cloud.end("COMPLETED")
    assert told(receipt(LOADED)) == set()
    assert len(cloud.started) == len(DATASETS), "a receipt that is told again starts nothing"


def of_days(cloud: QuickSight) -> list[tuple[str, str]]:
    """Return the refreshes of the dataset that has a window: the hour, and what was read."""
    return [(name[-2:], kind) for dataset, name, kind in cloud.started if dataset == "reelhouse-staging-activity"]


def test_the_first_refresh_of_a_day_that_ends_well_reads_everything_and_those_after_it_the_window(
    cloud: QuickSight,
) -> None:
    for hour, ends in ((2, "FAILED"), (3, "COMPLETED"), (4, "COMPLETED"), (23, "COMPLETED")):
        cloud.now = LOADED.replace(hour=hour)
        told(receipt(cloud.now))
        cloud.end(ends)
    cloud.now = LOADED + timedelta(days=1)
    told(receipt(cloud.now))
    assert of_days(cloud) == [
        ("02", "FULL_REFRESH"),
        ("03", "FULL_REFRESH"),
        ("04", "INCREMENTAL_REFRESH"),
        ("23", "INCREMENTAL_REFRESH"),
        ("02", "FULL_REFRESH"),
    ]


def test_loads_that_a_queue_has_gathered_are_one_refresh(cloud: QuickSight) -> None:
    batch = [receipt(LOADED, 18), receipt(LOADED - timedelta(minutes=2), 17)]
    assert told(*batch) == {"message-17", "message-18"}
    cloud.end("COMPLETED")
    assert told(*batch) == set()
    assert len(cloud.started) == len(DATASETS)


def test_a_second_load_of_an_hour_waits_for_the_next_and_is_not_forgotten(cloud: QuickSight) -> None:
    told(receipt(LOADED))
    cloud.end("COMPLETED")
    later = receipt(LOADED + timedelta(minutes=10), 18)
    cloud.now += QUARTER
    assert told(later) == {"message-18"}
    assert len(cloud.started) == len(DATASETS), "at most once an hour"
    cloud.now = datetime(2026, 1, 15, 3, 1, tzinfo=UTC)
    assert told(later) == {"message-18"}
    assert {name for _, name, _ in cloud.started[len(DATASETS) :]} == {"reelhouse-staging-20260115T03"}
    cloud.end("COMPLETED")
    cloud.now += QUARTER
    assert told(later) == set()


def test_loads_that_never_end_are_a_refresh_an_hour(cloud: QuickSight) -> None:
    for minutes in range(0, 180, 25):
        cloud.now = datetime(2026, 1, 15, tzinfo=UTC) + timedelta(minutes=minutes)
        told(receipt(cloud.now))
        cloud.end("COMPLETED")
    of_one = [name for dataset, name, _ in cloud.started if dataset == "reelhouse-staging-activity"]
    assert of_one == [f"reelhouse-staging-20260115T{hour:02}" for hour in range(3)]


def test_what_failed_is_read_again_in_the_next_hour(cloud: QuickSight) -> None:
    told(receipt(LOADED))
    cloud.end("FAILED", "reelhouse-staging-activity")
    cloud.end("COMPLETED")
    cloud.now += QUARTER
    assert told(receipt(LOADED)) == {"message-17"}
    cloud.now += 2 * QUARTER
    assert told(receipt(LOADED)) == {"message-17"}
    assert [(dataset, name) for dataset, name, _ in cloud.started[len(DATASETS) :]] == [
        ("reelhouse-staging-activity", "reelhouse-staging-20260115T03")
    ]
    cloud.end("COMPLETED")
    assert told(receipt(LOADED)) == set()


def test_a_receipt_that_is_told_days_later_has_all_read_once_more(cloud: QuickSight) -> None:
    cloud.now = LOADED + timedelta(days=3)
    assert told(receipt(LOADED)) == {"message-17"}
    cloud.end("COMPLETED")
    assert told(receipt(LOADED)) == set()
    assert len(cloud.started) == len(DATASETS)


def test_what_quicksight_refuses_is_one_message_and_comes_back(cloud: QuickSight) -> None:
    cloud.refuses = "AccessDeniedException"
    with pytest.raises(ReelhouseError, match=r"\(AccessDeniedException\).*runbooks/dashboards-old.md"):
        told(receipt(LOADED))


def test_a_function_that_deploy_did_not_make_says_so(cloud: QuickSight, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELEASE_DASHBOARDS")
    with pytest.raises(ConfigurationError, match="RELEASE_DASHBOARDS is not set"):
        told(receipt(LOADED))


@pytest.mark.long
def test_the_wheel_holds_all_that_the_function_needs(tmp_path: Path) -> None:
    event = {"Records": [receipt(datetime.now(UTC))]}
    program = "import json; from orchestration.lambdas.refresh import handler"
    program += f"; print(json.dumps(handler({event!r}, None)))"
    with quicksight() as found:
        variables = {
            "PYTHONPATH": str(unpacked_wheel(tmp_path / "dist")),
            "RELEASE_DASHBOARDS": "reelhouse-staging",
            "AWS_ENDPOINT_URL_QUICKSIGHT": found.endpoint_url,
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
        }
        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr
        said, answer = map(json.loads, ended.stdout.splitlines())
        assert len(said["do_not_show_it"]) == len(found.started) == len(DATASETS)
        assert answer == {"batchItemFailures": [{"itemIdentifier": "message-17"}]}
