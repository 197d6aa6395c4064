"""With a lake in S3 the same runs end in the same tables as with a lake in a folder."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from extract.lake.s3 import S3Lake
from sandbox.wistia.account import Account
from tests.commands import reelhouse
from tests.conftest import House, house
from tests.faults.test_killed_at_commit import account, content
from tests.storage import CREDENTIALS, Storage, storage

DAYS = [datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9)]


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


def house_in_s3(home: Path, shown: Account, server: Storage) -> Iterator[House]:
    """Yield a pipeline whose lake is a bucket."""
    for built in house(home, shown):
        file = home / "reelhouse.yaml"
        lake = f'lake: "s3://{server.create()}"\ns3: {{endpoint_url: "{server.endpoint_url}"}}\n'
        file.write_text(file.read_text().replace('lake: "file:lake"\n', lake))
        yield built


@pytest.fixture(scope="module")
def loaded(server: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for built in house_in_s3(tmp_path_factory.mktemp("s3"), account(), server):
        for day in DAYS:
            assert built.run(day).outcome == "published"
        yield built


def test_the_tables_are_those_of_a_lake_in_a_folder(loaded: House, tmp_path: Path) -> None:
    in_s3 = content(loaded)
    for built in house(tmp_path, account()):
        for day in DAYS:
            built.run(day)
        assert content(built) == in_s3
    assert sum(map(len, in_s3.values())) > 1_000


def test_everything_lies_in_the_bucket_and_nothing_of_it_here(loaded: House) -> None:
    lake = loaded.context(DAYS[-1]).lake
    assert isinstance(lake, S3Lake)
    areas = {info.key.partition("/")[0] for info in lake.list_after("")}
    assert areas >= {"raw", "staging", "runs"}
    here = {path.name for path in loaded.home.iterdir()}
    assert not here & {"lake", lake.bucket}
    assert not [name for name in here if name.startswith(".scratch")]


def test_the_same_instant_again_has_nothing_new(loaded: House) -> None:
    assert loaded.run(DAYS[-1]).outcome == "nothing new"


def test_the_command_line_works_with_it(loaded: House) -> None:
    ended = reelhouse(loaded.home, "status", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["last_run"]["outcome"] in {"published", "nothing new"}


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (dict.fromkeys(CREDENTIALS, ""), "there are no AWS credentials"),
        (
            {"REELHOUSE_LAKE": "s3://no-such-bucket"},
            "s3://no-such-bucket cannot be used: there is no such bucket",
        ),
        ({"REELHOUSE_S3__ENDPOINT_URL": "http://127.0.0.1:9"}, "http://127.0.0.1:9 does not answer"),
        ({"REELHOUSE_S3__ENDPOINT_URL": "http://key:planted@host"}, "must be an address alone"),
    ],
)
def test_what_is_wrong_is_one_message(loaded: House, variables: dict[str, str], says: str) -> None:
    ended = reelhouse(loaded.home, "run", **variables, WISTIA_API_TOKEN=loaded.simulator.token)
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "planted" not in ended.stderr


def test_no_secret_is_written_anywhere(loaded: House) -> None:
    lake = loaded.context(DAYS[-1]).lake
    written = [path.read_bytes() for path in loaded.home.rglob("*") if path.is_file()]
    objects = [lake.get(info.key) for info in lake.list_after("")]
    assert not any(secret.encode() in data for secret in CREDENTIALS.values() for data in written + objects)
