"""The replay: what it builds, what happens to it, and what tables keep although they are others."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from extract.errors import ConfigurationError, DataRefused, LockHeld
from extract.lake import DirectoryLake
from spark.manifest import RebuildManifest
from tests.integration.warehouse_sql.house import House, Told, open_house
from tests.integration.warehouse_sql.staged import Rows
from warehouse_sql.attempts import BEATS
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import connect
from warehouse_sql.generations import replayed_tables, to_next
from warehouse_sql.ledger import RECEIPTS
from warehouse_sql.load import ByHand
from warehouse_sql.set_aside import marks
from warehouse_sql.staging import is_staging

CONTENT = tuple(table for table in replayed_tables() if not is_staging(table))
EVENTS = ("replay.build", "replay.built", "replay.applied", "replay.publish")


class Killed(BaseException):
    """Stands for the end of the process."""


class Acts(Told):
    """Does something, once, when a certain thing is told."""

    def __init__(self, event: str, act: Callable[[], object]) -> None:
        super().__init__()
        self._awaited, self._do = event, act

    def event(self, name: str, **fields: object) -> None:
        """Remember, and act."""
        super().event(name, **fields)
        if name == self._awaited:
            self._awaited = ""
            self._do()


def media(name: str, hour: int, media_id: str = "m1") -> Rows:
    seen = f"2026-01-01 {hour:02}:00:00"
    return [{"media_id": media_id, "media_name": name, "duration_seconds": 100, "_extracted_at": seen}]


def session(key: str, share: float = 0.5, seen: str = "2026-01-01 13:00:00", browser: str = "Chrome") -> Rows:
    return [
        {
            "session_id": key,
            "media_id": "m1",
            "visitor_id": "v1",
            "browser": browser,
            "received_at": "2026-01-01 12:00:00",
            "percent_viewed": share,
            "_extracted_at": seen,
        }
    ]


def curve(views: list[int], seen: str) -> Rows:
    return [
        {
            "media_id": "m1",
            "snapshot_date": seen[:10],
            "view_count": views,
            "rewatch_count": [0 for _ in views],
            "_extracted_at": seen,
        }
    ]


def content(house: House) -> dict[str, list[str]]:
    """Return what stands in the tables, without the load that brought it."""
    found = {}
    for table in CONTENT:
        names = ", ".join(column.name for column in load_catalog()[table] if column.name != "_load_sequence")
        found[table] = sorted(map(str, house.rows(f"select {names} from {table}")))
    return found


def generation(house: House, suffix: str) -> list[str]:
    """Return the tables of a generation that are there."""
    rows = house.rows(
        "select table_schema, table_name from svv_tables where table_schema in ('staging', 'core', 'mart')"
    )
    return sorted(f"{row['table_schema']}.{row['table_name']}" for row in rows if row["table_name"].endswith(suffix))


def one_load(house: House) -> None:
    house.stage({"media": media("Film", 8), "viewing_session": [*session("s1"), *session("s2")]})
    house.load()


def three_loads(house: House) -> None:
    """A version that comes late between two, a session revised on another device, a curve that becomes shorter."""
    house.channels = {"m1": "Facebook"}
    house.stage(
        {
            "media": media("Film", 8),
            "viewing_session": session("s1"),
            "media_engagement": curve([3, 2], "2026-01-01 09:00:00"),
        }
    )
    house.load()
    house.stage({"media": media("Film", 14), "viewing_session": session("s1", 0.7, "2026-01-01 14:00:00", "Firefox")})
    house.load()
    house.stage(
        {
            "media": media("Late", 11),
            "viewing_session": session("s2"),
            "media_engagement": curve([4], "2026-01-01 10:00:00"),
        }
    )
    house.load()


def test_a_replay_ends_in_what_the_loads_built(filled: House) -> None:
    three_loads(filled)
    before = content(filled)
    report = filled.replay()
    assert content(filled) == before
    assert report.upto == 3
    assert report.rows["core.dim_media"] == (6, 6)
    assert filled.value("select count(*) from core.dim_device where device_key > 0") == 2


@pytest.mark.long
def test_a_replay_and_its_undo_tell_those_who_listen_to_receipts(
    filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_load(filled)
    (receipt,) = (info.key for info in filled.lake.list_after(RECEIPTS))
    told: list[str] = []
    put = DirectoryLake.put

    def heard(lake: DirectoryLake, key: str, data: bytes) -> None:
        told.append(key)
        assert key != receipt or data == lake.get(key), "it says what it said"
        put(lake, key, data)

    monkeypatch.setattr(DirectoryLake, "put", heard)
    filled.replay()
    assert told.count(receipt) == 1
    filled.undo()
    assert told.count(receipt) == 2


def test_a_replay_mends_what_somebody_spoiled(filled: House) -> None:
    one_load(filled)
    before = content(filled)
    with connect(filled.target) as connection:
        connection.execute("delete from core.fct_viewing_session where session_id = 's2'")
        connection.execute("update core.dim_media set media_name = 'Spoiled' where media_key > 0")
        connection.commit()
    assert content(filled) != before
    assert filled.replay().rows["core.fct_viewing_session"] == (1, 2)
    assert content(filled) == before


@pytest.mark.long
def test_loads_that_come_meanwhile_are_in_it(filled: House) -> None:
    three_loads(filled)

    def meanwhile() -> None:
        filled.stage({"viewing_session": session("s3"), "media": media("Later", 20)})
        filled.load()

    report = filled.replay(filled.rebuild(), Acts("replay.built", meanwhile))
    assert report.applied == (4,)
    assert filled.value("select count(*) from core.fct_viewing_session") == 3
    after = content(filled)
    filled.undo()
    assert content(filled) == after


@pytest.mark.long
def test_a_replay_is_seen_at_work_and_brings_loads_that_were_set_aside(filled: House) -> None:
    one_load(filled)
    filled.stage({"viewing_session": session("s3")})
    filled.load(by_hand=ByHand(2, "too late for the board"))
    assert list(marks(filled.lake, filled.address)) == [2]
    seen: list[tuple[int, int]] = []

    def look() -> None:
        at_work = filled.value("select count(*) from audit.load_attempt where finished_at is null")
        seen.append((at_work, len(list(filled.lake.list_after(BEATS)))))

    filled.replay(progress=Acts("replay.built", look))
    assert seen == [(1, 1)]
    assert filled.value("select count(*) from audit.load_attempt where finished_at is null") == 0
    assert filled.value("select count(*) from core.fct_viewing_session") == 3
    assert not marks(filled.lake, filled.address)


@pytest.mark.long
def test_a_rebuild_brings_loads_that_the_warehouse_never_had(filled: House) -> None:
    filled.stage({"viewing_session": session("s1")})
    filled.stage({"viewing_session": session("s2")})
    assert filled.pending()
    filled.replay()
    assert not filled.pending()
    assert filled.load().applied == ()
    assert filled.value("select count(*) from audit.load_history") == 2
    filled.undo()
    assert filled.pending()
    assert [load.sequence for load in filled.load().applied] == [1, 2]


@pytest.mark.long
@pytest.mark.parametrize("event", EVENTS)
def test_killed_anywhere_nothing_is_seen_and_the_next_replay_completes_it(filled: House, event: str) -> None:
    one_load(filled)
    before = content(filled)
    rebuilt = filled.rebuild()
    filled.stage({"media": media("Later", 20)})
    told = Acts("replay.built", filled.load) if event == "replay.applied" else Told()
    told_event = told.event

    def killing(name: str, **fields: object) -> None:
        told_event(name, **fields)
        if name == event:
            raise Killed

    told.event = killing  # type: ignore[method-assign]
    with pytest.raises(Killed):
        filled.replay(rebuilt, told)
    if event != "replay.applied":
        assert content(filled) == before
        filled.load()
    expected = content(filled)
    assert generation(filled, "__previous") == []
    filled.replay(rebuilt)
    assert content(filled) == expected
    assert generation(filled, "__next") == []


@pytest.mark.long
def test_what_was_built_is_kept_by_the_next_replay_of_the_same_and_dropped_by_one_of_another(filled: House) -> None:
    one_load(filled)
    rebuilt = filled.rebuild()
    with pytest.raises(Killed):
        filled.replay(rebuilt, Told({"replay.built": Killed()}))
    assert generation(filled, "__next")
    again = Told()
    filled.replay(rebuilt, again)
    assert [name for name, _ in again.events if name in ("replay.resumed", "replay.built")] == ["replay.resumed"]
    with pytest.raises(Killed):
        filled.replay(filled.rebuild(), Told({"replay.built": Killed()}))
    another = Told()
    filled.replay(filled.rebuild(), another)
    assert "replay.resumed" not in [name for name, _ in another.events]


@pytest.mark.long
def test_what_a_dead_replay_built_goes_with_a_load_a_day_later(filled: House) -> None:
    one_load(filled)
    with pytest.raises(Killed):
        filled.replay(None, Told({"replay.built": Killed()}))
    filled.stage({"viewing_session": session("s3")})
    filled.load()
    assert generation(filled, "__next")
    with connect(filled.target) as connection:
        connection.execute("update audit.replay set built_at = dateadd(hour, -25, built_at)")
        connection.commit()
    filled.stage({"viewing_session": session("s4")})
    filled.load()
    assert generation(filled, "__next") == []


def test_an_undo_gives_back_what_was_there_until_the_next_load(filled: House) -> None:
    one_load(filled)
    with pytest.raises(ConfigurationError, match="no replay to be undone"):
        filled.undo()
    with connect(filled.target) as connection:
        connection.execute("delete from core.fct_viewing_session where session_id = 's2'")
        connection.commit()
    before = content(filled)
    filled.replay()
    assert content(filled) != before
    assert filled.undo().newest_load == 1
    assert content(filled) == before
    with pytest.raises(ConfigurationError, match="no replay to be undone"):
        filled.undo()
    filled.replay()
    filled.stage({"viewing_session": session("s3")})
    filled.load()
    assert generation(filled, "__previous") == []
    with pytest.raises(ConfigurationError, match="no replay to be undone"):
        filled.undo()


@pytest.mark.long
def test_a_rebuild_that_offends_against_a_check_is_seen_by_nobody(filled: House) -> None:
    one_load(filled)
    before = content(filled)
    filled.staged["wistia__viewing_session"][0]["percent_viewed"] = 7
    filled.staged["wistia__viewing_session"][0]["_extracted_at"] = "2026-01-02"
    with pytest.raises(DataRefused, match="percent_viewed lies between 0 and 1"):
        filled.replay()
    assert content(filled) == before
    assert generation(filled, "__next") == []


@pytest.mark.long
def test_who_reads_in_an_open_transaction_is_waited_for_so_long_and_then_the_work_is_kept(filled: House) -> None:
    one_load(filled)
    rebuilt = filled.rebuild()
    with connect(filled.target) as reader:
        counted = reader.rows("select count(*) from core.fct_viewing_session")
        with pytest.raises(LockHeld, match="no moment at which nobody read these tables"):
            filled.replay(rebuilt, lock_wait=0.2)
        assert reader.rows("select count(*) from core.fct_viewing_session") == counted
    told = Told()
    filled.replay(rebuilt, told)
    assert "replay.resumed" in [name for name, _ in told.events]


@pytest.mark.long
def test_of_two_replays_at_once_one_waits(filled: House) -> None:
    one_load(filled)
    before = content(filled)
    rebuilt = filled.rebuild()
    failures: list[BaseException] = []

    def at_once() -> None:
        try:
            filled.replay(rebuilt, lock_wait=30)
        except BaseException as failure:  # noqa: BLE001 - shown below
            failures.append(failure)

    threads = [threading.Thread(target=at_once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert content(filled) == before
    assert generation(filled, "__next") == []


@pytest.mark.long
def test_a_view_that_would_stay_behind_is_named_before_anything_happens(house: House) -> None:
    one_load(house)
    house.rows("create view public.bound as select media_id from core.dim_media")
    house.rows("create view public.late as select media_id from core.dim_media with no schema binding")
    with pytest.raises(ConfigurationError, match=r"^public\.bound: views that are bound"):
        house.replay()
    assert generation(house, "__next") == []
    house.rows("drop view public.bound")
    house.replay()
    assert house.value("select count(*) from public.late") == 4


GIVEN = """
create user ana password 'Ana12345';
create role marketing;
create group readers;
grant usage on schema core to ana;
grant select on core.dim_media to ana;
grant select, insert on core.dim_visitor to role marketing;
grant select on mart.media_daily_total to group readers;
grant select (channel_name) on core.dim_channel to public;
comment on table core.dim_media is 'It''s a media';
comment on column core.dim_media.media_name is 'The title';
create masking policy hidden with (said varchar(128)) using (cast('***' as varchar(128)));
attach masking policy hidden on core.dim_visitor(visitor_id) to role marketing priority 5;
create rls policy own with (media_id varchar(64)) using (media_id = 'm1');
attach rls policy own on core.fct_media_day to role marketing;
alter table core.fct_media_day row level security on
"""
GIFTS = (
    "select namespace_name, relation_name, privilege_type, identity_type, identity_name from svv_relation_privileges",
    "select namespace_name, relation_name, column_name, privilege_type, identity_name from svv_column_privileges",
    "select table_schema, table_name, remarks from svv_tables where remarks is not null",
    "select table_name, column_name, remarks from svv_columns where remarks is not null",
    "select schema_name, table_name, policy_name, grantee, priority, output_columns from svv_attached_masking_policy",
    "select relschema, relname, polname, grantee from svv_rls_attached_policy",
    "select relschema, relname, is_rls_on from svv_rls_relation",
)


@pytest.mark.long
def test_rights_comments_and_policies_are_those_of_before(house: House) -> None:
    one_load(house)
    for statement in GIVEN.split(";"):
        house.rows(statement.strip())
    before = [_of_the_read(house.rows(gift)) for gift in GIFTS]
    assert all(before)
    house.replay()
    assert [_of_the_read(house.rows(gift)) for gift in GIFTS] == before


def _of_the_read(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(str(row) for row in rows if "__previous" not in str(row))


def test_every_mention_of_a_table_is_of_the_next_generation_and_nothing_else() -> None:
    columns = {column.name for table in load_catalog().values() for column in table}
    assert not columns & {table.partition(".")[2] for table in replayed_tables()}
    assert to_next("update core.dim_media set a = dim_media.b from delta_dim_media where c = 'core.dim_media'") == (
        "update core.dim_media__next set a = dim_media__next.b from delta_dim_media where c = 'core.dim_media'"
    )


@pytest.mark.long
def test_an_empty_warehouse_begins_with_what_a_replay_published(filled: House) -> None:
    """And not with loads made by rules that have been put right since."""
    three_loads(filled)
    filled.staged["wistia__viewing_session"][-1]["percent_viewed"] = 0.9
    filled.replay()
    filled.stage({"viewing_session": session("s3")})
    filled.load()
    with open_house(filled.lake.root) as other:
        other.lake, other.channels = filled.lake, filled.channels
        assert [load.sequence for load in other.load().applied] == [1, 2, 3, 4]
        assert content(other) == content(filled)


@pytest.mark.long
def test_a_rebuild_of_another_lake_is_refused(filled: House) -> None:
    one_load(filled)
    rebuilt: RebuildManifest = filled.rebuild()
    with connect(filled.target) as connection:
        connection.execute("update audit.load_history set staged_by = 'another'")
        connection.commit()
    with pytest.raises(DataRefused, match="do not belong together"):
        filled.replay(rebuilt)
