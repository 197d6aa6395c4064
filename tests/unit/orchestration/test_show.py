"""What is printed of an extraction and of a normalisation."""

import pytest

from extract.runner import ExtractionReport, StreamReport
from orchestration.show import extraction, normalisation
from spark.jobs.normalise import NormaliseReport
from spark.manifest import DriftEntry


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


def test_fields_that_nobody_knows_are_told_the_most_frequent_first(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"a": 1, "b": 9, "c": 3, "d": 4, "e": 2}
    drift = tuple(
        DriftEntry(stream="wistia/events", field=name, kind="string", count=count, first_sequence=1, first_seen="")
        for name, count in counts.items()
    )
    normalisation(NormaliseReport(3, {}, {"wistia/events": {"play_count is absent": 2}}, drift), as_json=False)
    *_, quarantined, unknown = capsys.readouterr().out.splitlines()
    assert quarantined == "wistia/events: 2 quarantined (play_count is absent)"
    assert unknown == (
        "wistia/events: fields that no contract knows, kept in _extra: "
        "b (string), d (string), c (string), e (string) and 1 more"
    )
