"""A day of the demonstration is run again where it was published without a source."""

import json
from pathlib import Path

import pytest

from extract.lake import DirectoryLake
from orchestration.context import Options
from orchestration.demo import FIRST_DAY, SOURCES, _configure, _context, _published


def reported(outcome: str, *sources: str) -> bytes:
    streams = [{"stream": f"{source}/one"} for source in sources]
    return json.dumps({"outcome": outcome, "extraction": {"streams": streams} if streams else None}).encode()


@pytest.mark.parametrize(
    ("reports", "only", "published"),
    [
        ([], None, False),
        ([reported("published", "wistia", "streampulse")], None, True),
        ([reported("published", "wistia", "streampulse")], "streampulse", True),
        ([reported("published", "streampulse")], None, False),
        ([reported("published", "streampulse"), reported("nothing new", "wistia", "streampulse")], None, True),
        ([reported("failed", "wistia", "streampulse")], "wistia", False),
        ([reported("published")], "wistia", False),
    ],
)
def test_what_counts_is_that_all_sources_were_published(
    tmp_path: Path, reports: list[bytes], only: str | None, published: bool
) -> None:
    _configure(tmp_path, tuple(SOURCES))
    context = _context(Options(home=tmp_path, as_of=FIRST_DAY), (only,) if only else tuple(SOURCES))
    assert isinstance(context.lake, DirectoryLake)
    for number, report in enumerate(reports):
        context.lake.put(f"runs/20260108T020000Z-{number}.json", report)
    assert _published(context) is published
