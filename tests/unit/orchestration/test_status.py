"""The morning look: what needs a person is said with what to type, and all of it is one screen."""

from typing import Any

import pytest

from orchestration import show
from orchestration.status import Status, StreamStatus, age_words, needs_of
from spark.manifest import DriftEntry
from warehouse_sql.check_log import LastResult
from warehouse_sql.set_aside import SetAside

HOUR = 3_600.0
FRESH = StreamStatus("wistia/events", 3, "2026-01-15T02:00:00Z", 10, 3, complete=True, age=7 * HOUR)
STALE = StreamStatus("wistia/medias", 3, "2026-01-12T02:00:00Z", 10, 3, complete=True, age=79 * HOUR)
PARTIAL = StreamStatus("wistia/visitors", 3, "2026-01-15T02:00:00Z", 10, 3, complete=False, age=7 * HOUR)
FAILED = LastResult("core.dim_media", "media_key is never null", True, 1, "all rows", "2026-01-15T02:01:00.000Z")
WARNED = LastResult("mart.media_reconciliation", "nothing is short", False, 2_400, "load 3", "2026-01-15T02:01:00.000Z")
PUBLISHED = {"run_id": "r", "outcome": "published", "seconds": 1.0, "error": None}


def found(**given: Any) -> Status:
    """Return where a pipeline stands; well where nothing is given."""
    usual: dict[str, Any] = {
        "last_run": PUBLISHED,
        "streams": (FRESH,),
        "staged_loads": 3,
        "waits_for_load": False,
        "refused_files": (),
        "quarantined": {},
        "drift": (),
    }
    return Status(**{**usual, **given})


def needs(*, quarantine_is_seen: bool = False, **given: Any) -> list[str]:
    """Return what needs a person."""
    return list(needs_of(found(**given), quarantine_is_seen=quarantine_is_seen))


def test_a_pipeline_that_is_well_needs_nobody() -> None:
    assert needs() == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"last_run": {**PUBLISHED, "outcome": "failed"}, "waits_for_load": True}, "`reelhouse run` goes on"),
        ({"waits_for_load": True}, "`reelhouse load`"),
        ({"streams": (STALE,)}, "nothing was committed for 3 days"),
        ({"streams": (FRESH, STALE)}, "not fresh: wistia/medias"),
        ({"streams": (FRESH, PARTIAL)}, "begun and not ended: wistia/visitors"),
        ({"quarantined": {"wistia/events": {"a": 1, "b": 2}}}, "3 records in quarantine that nobody has looked at"),
        ({"refused_files": ("x.zip: no",)}, "1 file refused whole"),
        ({"set_aside": (SetAside(sequence=4, reason="bad", set_aside_at="2026-01-15", run_id="r"),)},
         "`reelhouse load --retry 4`"),
        ({"checks": 2, "failed_checks": (FAILED, WARNED)}, "1 check failed, as told above: `reelhouse"),
    ],
)  # fmt: skip
def test_what_needs_a_person_is_said_with_what_to_type(given: dict[str, Any], says: str) -> None:
    (need,) = needs(**given)
    assert says in need


@pytest.mark.parametrize(
    ("checks", "line"),
    [(0, "checks: none were run yet"), (400, "checks: all 400 passed when they were last run")],
)
def test_checks_that_found_nothing_are_one_line(checks: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    show.status(found(checks=checks), as_json=False)
    assert line in capsys.readouterr().out.splitlines()


def test_a_check_that_only_warns_needs_nobody() -> None:
    assert needs(checks=400, failed_checks=(WARNED,)) == []


def test_a_quarantine_that_was_looked_at_needs_nobody() -> None:
    assert needs(quarantined={"wistia/events": {"a": 1}}, quarantine_is_seen=True) == []


@pytest.mark.parametrize(
    ("seconds", "words"), [(-3, "0 seconds"), (61, "61 seconds"), (7_200, "2 hours"), (172_800, "2 days")]
)
def test_an_age_is_told_in_its_greatest_unit(seconds: float, words: str) -> None:
    assert age_words(seconds) == words


def test_the_worst_morning_is_one_screen(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {f"rule_{number}:field": number for number in range(1, 30)}
    drift = tuple(
        DriftEntry(
            stream=f"s/{number % 3}",
            field=f"f{number}",
            kind="dropped" if number == 59 else "string",
            count=1_000 + number,
            first_sequence=number,
            first_seen="2026-01-08T02:00:00.000001Z",
        )
        for number in range(60)
    )
    show.status(
        found(
            streams=(FRESH,) * 11,
            quarantined={"streampulse/playback": reasons, "wistia/events": reasons},
            drift=drift,
            checks=400,
            failed_checks=(FAILED, *(WARNED,) * 30),
            needs=tuple(needs(streams=(FRESH, STALE), quarantined={"a/b": reasons})),
        ),
        as_json=False,
    )
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert "checks: 31 of 400 found something when they were last run" in lines
    assert "  failed: core.dim_media: media_key is never null (1 row of all rows, 2026-01-15T02:01 UTC)" in lines
    assert "  and 28 more: `reelhouse docs` and `status --json` have all" in lines
    assert "streampulse/playback      435  rule_29:field, rule_28:field, rule_27:field and 26 more" in lines
    (drifted,) = (number for number, line in enumerate(lines) if line.startswith("drift of"))
    assert [line.split() for line in lines[drifted + 1 : drifted + 3]] == [
        ["s/2", "f59", "dropped", "1,059", "2026-01-08T02:00:00"],
        ["s/1", "f58", "unknown,", "string", "1,058", "2026-01-08T02:00:00"],
    ]
    assert lines[drifted + 7] == "and 54 fields more: `status --json` has all"
    assert lines[-1].startswith("needs a person: 435 records")
