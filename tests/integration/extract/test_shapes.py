"""The two shapes of the API: what is asked for, and with which header."""

from pathlib import Path

import pytest

from extract.errors import SourceRefused
from extract.sources.wistia.streams import MODERN_VERSION, SHAPES
from tests.integration.extract.account import AS_OF, STREAMS, Account, bench
from tests.integration.extract.server import Answered, served

VERSION = "X-Wistia-Api-Version"


@pytest.mark.parametrize(
    ("shape", "version", "lists", "strange"),
    [("v1", None, "projects", "folders"), ("modern", MODERN_VERSION, "folders", "projects")],
)
def test_each_shape_asks_for_its_own_paths_with_its_own_header(
    shape: str, version: str | None, lists: str, strange: str, tmp_path: Path
) -> None:
    with served(Account().answer) as server:
        here = bench(tmp_path, server)
        reports = here.extract(base_url=server.base_url.replace("/v1", f"/{shape}"))
    assert {asked.headers.get(VERSION) for asked in server.asked} == {version}
    asked = {asked.path for asked in server.asked}
    assert f"/{shape}/{lists}" in asked
    assert not any(strange in path for path in asked)
    assert reports["wistia/projects"].landed == 1
    assert set(STREAMS) <= set(reports)


def test_a_version_that_the_source_refuses_ends_the_run_and_loses_nothing(tmp_path: Path) -> None:
    """Fault 32. The vendor answers a version it does not know as another; a refusal would be for good."""
    account = Account()
    with served(account.answer) as server:
        here = bench(tmp_path, server)
        modern = server.base_url.replace("/v1", "/modern")
        server.answer = lambda _: Answered(b'{"error":"Unknown API version"}', 400)
        with pytest.raises(SourceRefused, match=r"GET /medias .*status 400, which repeating") as stopped:
            here.extract(base_url=modern)
        assert stopped.value.exit_code == 3
        asked = [request.path.removeprefix("/modern") for request in server.asked]
        assert asked == ["/medias", "/folders", "/stats/account", "/stats/visitors", "/stats/events"]
        server.answer = account.answer
        assert here.extract(base_url=modern)["wistia/projects"].landed == 1


def test_the_shapes_fill_the_same_streams_by_the_same_keys_and_methods() -> None:
    first, modern = ({stream.name: stream for stream in shape.streams} for shape in SHAPES.values())
    assert first.keys() <= modern.keys()
    for name, stream in first.items():
        assert (modern[name].key, modern[name].method, modern[name].of) == (stream.key, stream.method, stream.of)


def test_an_account_that_moves_from_one_shape_to_the_other_goes_on_where_it_stood(tmp_path: Path) -> None:
    account = Account()
    with served(account.answer) as server:
        here = bench(tmp_path, server)
        here.extract()
        moved = here.extract(AS_OF, base_url=server.base_url.replace("/v1", "/modern"))
    again = {stream: report.sequence for stream, report in moved.items() if stream in STREAMS}
    assert again == dict.fromkeys(STREAMS), "the rows are those that were landed before"
