"""The drill: what each runbook says to type is typed against a sandbox."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from orchestration.pipeline_file import RUNBOOKS
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.commands import reelhouse
from tests.conftest import House, house

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
DAYS = {"YESTERDAY": "2026-01-07", "TODAY": "2026-01-08"}
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
NAMES = sorted(path.stem for path in RUNBOOKS.glob("*.md"))


def commands(name: str) -> list[list[str]]:
    """Return the commands of the blocks of a runbook, in order."""
    blocks = re.findall(r"```\n(.*?)```", (RUNBOOKS / f"{name}.md").read_text(), flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [[DAYS.get(word, word) for word in line.split()] for line in lines]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house(tmp_path_factory.mktemp("drill"), InventedAccount(small(visitors=60, events=40))):
        assert built.run(AS_OF).outcome == "published"
        yield built


def typed(built: House, arguments: list[str], **variables: str) -> str:
    needs_no_instant = arguments[1] in {"pipeline", "cost"}
    instant = [] if needs_no_instant else ["--as-of", "2026-01-08T03:00:00Z"]
    ended = reelhouse(built.home, *arguments[1:], *instant, WISTIA_API_TOKEN=built.simulator.token, **variables)
    assert ended.returncode == 0, (arguments, ended.stderr)
    return ended.stdout


@pytest.mark.parametrize("name", NAMES)
def test_each_runbook_shows_the_cause_and_mends_it(ran: House, name: str) -> None:
    found = commands(name)
    assert len(found) >= 2, "one that shows and one that mends"
    for arguments in found:
        assert arguments[0] == "reelhouse"
        typed(ran, arguments)


def test_a_revoked_token_is_seen_and_mended_as_the_runbook_says(ran: House) -> None:
    failed = reelhouse(ran.home, "run", "--as-of", "2026-01-08T04:00:00Z", WISTIA_API_TOKEN="revoked")
    assert failed.returncode == 3
    look, mend = commands("extraction-failed")
    assert "Read all folder and media data" in typed(ran, look)
    typed(ran, mend)
    assert "failed" not in typed(ran, look).splitlines()[0]


def test_every_word_of_a_runbook_about_our_commands_is_one_that_exists(ran: House) -> None:
    from orchestration.cli import reelhouse as group

    for name in NAMES:
        for command in re.findall(r"`reelhouse ([a-z]+)", (RUNBOOKS / f"{name}.md").read_text()):
            assert command in group.commands, (name, command)
