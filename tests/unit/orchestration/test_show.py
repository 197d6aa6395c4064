"""What is printed of an extraction."""

import pytest

from extract.runner import ExtractionReport, StreamReport
from orchestration.show import extraction


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
