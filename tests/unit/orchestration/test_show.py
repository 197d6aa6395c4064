"""What is printed of an extraction and of a normalisation."""

from dataclasses import replace

import pytest

from extract.runner import ExtractionReport, StreamReport
from orchestration.pipeline import RunReport
from orchestration.show import extraction, load, loaded, normalisation
from spark.jobs.normalise import NormaliseReport
from spark.manifest import DriftEntry
from warehouse_sql.ledger import Counts
from warehouse_sql.load import AppliedLoad, LoadReport


def report(stream: str, *, landed: int = 0, sequence: int | None = None, complete: bool = True) -> StreamReport:
    return StreamReport(stream, 3, 0, 5, landed, 0, sequence, complete, least=1)


def test_what_was_read_without_news_is_told_from_what_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    streams = (
        report("wistia/medias", landed=5, sequence=7),
        report("wistia/visitors"),
        report("wistia/events", complete=False),
    )
    extraction(ExtractionReport(streams, goes_on=True), as_json=False)
    _, *rows = capsys.readouterr().out.splitlines()
    assert [row.split(maxsplit=3)[3].strip() for row in rows] == ["5                   7", "nothing new", "not yet"]


def drift(field: str, count: int, kind: str = "string", first: int = 1) -> DriftEntry:
    seen = "2026-01-08T02:00:00.000001Z"
    return DriftEntry(
        stream="wistia/events", field=field, kind=kind, count=count, first_sequence=first, first_seen=seen
    )


def test_drift_is_a_list_of_fields_the_newest_first(capsys: pytest.CaptureFixture[str]) -> None:
    seen = (drift("a", 1), drift("b", 9_000, "object"), drift("c", 30, "dropped", first=3))
    reasons = {"wistia/events": {"play_count is absent": 2_000}}
    normalisation(NormaliseReport(3, {}, reasons, seen), as_json=False)
    *_, quarantined, _, head, dropped, unknown, rare = capsys.readouterr().out.splitlines()
    assert quarantined == "wistia/events: 2,000 quarantined (play_count is absent)"
    assert head.split("  ")[0] == "drift of"
    assert dropped.split() == ["wistia/events", "c", "dropped", "30", "2026-01-08T02:00:00"]
    assert unknown.split() == ["wistia/events", "b", "unknown,", "object", "9,000", "2026-01-08T02:00:00"]
    assert rare.split()[1] == "a"


def watched(*streams: StreamReport, loads: tuple[AppliedLoad, ...] = (), sequence: int | None = None) -> RunReport:
    return RunReport(
        "run",
        "2026-01-08T02:00:00.000001Z",
        "published",
        seconds=1.25,
        extraction=ExtractionReport(streams, goes_on=False),
        normalisation=NormaliseReport(sequence, {}, {}, (drift("old", 1), drift("new", 2, first=3))),
        load=LoadReport(loads, already=()),
    )


def files(landed: int) -> StreamReport:
    return replace(report("streampulse/playback", landed=landed, sequence=1), files=1)


def told(found: RunReport, capsys: pytest.CaptureFixture[str]) -> list[str]:
    loaded(found, as_json=False)
    return capsys.readouterr().out.splitlines()


def test_what_was_gathered_is_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    applied = AppliedLoad(3, {"core.a": Counts(copied=3, inserted=2, updated=1)})
    first, *others = told(watched(files(1), files(2), loads=(applied,), sequence=3), capsys)
    assert first == "2026-01-08T02:00:00Z  streampulse/playback: 2 files, 3 rows: 2 inserted, 1 updated (1.2 s)"
    assert [line.split()[1] for line in others[2:]] == ["new"]


@pytest.mark.parametrize(("rows", "words"), [(2, "loaded by another run"), (0, "nothing to load")])
def test_what_another_run_has_loaded_is_not_nothing(rows: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = told(watched(files(rows)), capsys)
    assert f": {words} (" in line


def test_of_tables_to_which_nothing_happened_a_load_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    some = AppliedLoad(3, {"core.a": Counts(copied=0), "core.b": Counts(copied=None, unchanged=2)})
    none = AppliedLoad(4, {"core.a": Counts(copied=0)})
    load(LoadReport((some, none), already=()), as_json=False)
    _, row, _, nothing = capsys.readouterr().out.splitlines()
    assert row.split() == ["core.b", "0", "0", "2", "0", "0"]
    assert nothing == "load 4: no table had anything to take from it"
