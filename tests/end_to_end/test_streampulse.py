"""StreamPulse from end to end: what its producer knows to be true beside what is published; files dropped by hand."""

import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from extract.progress import Silent
from orchestration.context import Context, Options
from orchestration.pipeline import run
from orchestration.sandboxes import open_warehouse
from orchestration.status import read_status
from sandbox.streampulse.playbacks import Row
from sandbox.streampulse.size import DAY, EPOCH, Size
from sandbox.streampulse.truth import Truth, truth
from tests.commands import PROGRAM
from warehouse_sql.query import query

SIZE = Size(users=150, titles=25, playbacks=240, days=6)
ZONE = ZoneInfo("Asia/Kolkata")
LANDING = f"sandbox:.?users={SIZE.users}&titles={SIZE.titles}&playbacks={SIZE.playbacks}&days={SIZE.days}"
CONFIGURATION = """\
streampulse: {{landing: "{landing}", poll_seconds: 0.5, settle_seconds: 0.5}}
lake: "file:lake"
warehouse: "sandbox:."
"""
ENGAGEMENT = """
select activity_date, region, device_type, content_id, unique_viewers, playback_count, total_watch_minutes
from mart.daily_engagement
"""
Key = tuple[date, str, str, str]


def rows_of(home: Path, statement: str) -> list[tuple[Any, ...]]:
    context = Context(Options(home=home))
    return [tuple(row) for row in query(open_warehouse(context.settings, context.secrets), statement).rows]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three daily runs; the last one is twice."""
    folder = tmp_path_factory.mktemp("platform")
    (folder / "reelhouse.yaml").write_text(CONFIGURATION.format(landing=LANDING))
    for days in (-3, -1, 0, 0):
        as_of = datetime.fromtimestamp(EPOCH + days * DAY, UTC) + timedelta(hours=2)
        run(Context(Options(home=folder, as_of=as_of)), Silent())
    return folder


@pytest.fixture(scope="module")
def told() -> Truth:
    return truth(SIZE, EPOCH + 2 * 3600)


def minutes(row: Row) -> Decimal | None:
    """To two decimals, as each playback is standardised."""
    if row.end is None:
        return None
    return (Decimal(row.end - row.start) / 60).quantize(Decimal("0.01"), ROUND_HALF_UP)


def engagement(told: Truth) -> dict[Key, tuple[int, int, Decimal]]:
    """Viewers, playbacks and minutes by day, region, device and title: straight from what was invented."""
    viewers: defaultdict[Key, set[str]] = defaultdict(set)
    counts: defaultdict[Key, int] = defaultdict(int)
    watched: defaultdict[Key, Decimal] = defaultdict(Decimal)
    for row in told.playbacks.values():
        day = datetime.fromtimestamp(row.start, ZONE).date()
        key = day, told.region(row), told.device(row), row.content
        viewers[key].add(row.user)
        counts[key] += 1
        watched[key] += minutes(row) or Decimal(0)
    return {key: (len(viewers[key]), counts[key], watched[key]) for key in counts}


def test_every_row_of_the_daily_engagement_is_true(home: Path, told: Truth) -> None:
    published = {
        (day, region, device, content): (viewers, count, Decimal(str(total)).quantize(Decimal("0.01")))
        for day, region, device, content, viewers, count, total in rows_of(home, ENGAGEMENT)
    }
    expected = engagement(told)
    assert len(expected) > 500
    assert published.keys() == expected.keys()
    assert {key: (published[key], expected[key]) for key in expected if published[key] != expected[key]} == {}


def test_every_playback_has_the_plan_of_its_start(home: Path, told: Truth) -> None:
    published = dict(rows_of(home, "select playback_id, subscription_plan from mart.processed_playback"))
    plans = {}
    for row in told.playbacks.values():
        profile = told.profile_at(row.user, row.start)
        plans[row.playback] = profile.subscription_plan if profile else None
    assert published.keys() == plans.keys()
    different = {name: (published[name], plan) for name, plan in plans.items() if plan and published[name] != plan}
    assert different == {}


# --- watching ----------------------------------------------------------------------------------------------------


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """A home in which `reelhouse watch` runs."""
    (tmp_path / "reelhouse.yaml").write_text(CONFIGURATION.format(landing="landing/streampulse/"))
    with subprocess.Popen(
        [*PROGRAM, "watch", "--home", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        try:
            yield tmp_path, process
        finally:
            process.kill()


def drop(home: Path, name: str, *rows: str, header: str = "playback_id,user_id,content_id,start_time,end_time") -> None:
    path = home / "lake/landing/streampulse/playback" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join((header, *rows)) + "\n")


def wait_for(home: Path, expected: dict[str, Any]) -> None:
    """Ask the warehouse until it has what is expected; the test's own time-out ends a wait in vain."""
    statement = "select playback_id, duration_min from mart.processed_playback"
    found: dict[str, Any] | None = None
    while found != expected:
        time.sleep(0.2)
        try:
            found = {name: None if length is None else float(length) for name, length in rows_of(home, statement)}
        except Exception:  # noqa: BLE001, S112 - no such table yet
            continue


def test_files_dropped_by_hand_are_loaded_while_it_watches(watched: tuple[Path, "subprocess.Popen[str]"]) -> None:
    home, process = watched
    wait_for(home, {})  # the tables are made before there is a file
    drop(home, "a.csv", "p1,u1,c1,2026-01-05T10:00:00Z,2026-01-05T10:30:00Z", "p2,u1,c1,2026-01-05T11:00:00Z,")
    wait_for(home, {"p1": 30, "p2": None})
    drop(home, "bad.csv", "1;2", header="a;b")
    drop(home, "half.csv", "p3,u2,c1,1767607200,1767609000", "p4,u2,c1,yesterday,", "p5,u2")
    wait_for(home, {"p1": 30, "p2": None, "p3": 30})
    drop(
        home,
        "completed.csv",
        "p2,u1,c1,2026-01-05T11:00:00Z,2026-01-05T11:10:00Z",
        "p1,u1,c1,2026-01-04 10:00:00,2026-01-04 10:45:00",
    )
    wait_for(home, {"p1": 45, "p2": 10, "p3": 30})
    process.send_signal(signal.SIGINT)
    said, troubles = process.communicate()
    assert process.returncode == 0
    assert "stopped watching" in troubles
    assert "bad.csv: it has no column playback_id" in said
    assert "half.csv: 1 row cannot be read" in said
    (refused,) = read_status(Context(Options(home=home))).refused_files
    assert refused == "landing/streampulse/playback/bad.csv: it has no column playback_id"
    assert "streampulse/playback: 1 quarantined (not_timestamp:started_at)" in said
