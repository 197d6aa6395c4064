"""Faults 24 and 25: what users made stays valid while the structure changes; two releases alternate on a warehouse."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.errors import DataRefused
from tests.integration.warehouse_sql.house import House, open_house
from tests.integration.warehouse_sql.test_upgrade import applied, as_user, execute, patched
from warehouse_sql import migration_log
from warehouse_sql.ledger import Counts
from warehouse_sql.migrate import Migration, load_migrations


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A warehouse of this release, roles included, with a session and a day."""
    with open_house(tmp_path) as opened:
        applied(opened)
        stage(opened, 1)
        opened.load()
        yield opened


def stage(house: House, day: int) -> None:
    """Stage a day."""
    seen = {"media_id": "m1", "_extracted_at": f"2026-01-0{day} 03:00:00"}
    house.stage(
        {
            "media": [{"media_name": f"Title {day}", **seen}],
            "viewing_session": [{"session_id": f"s{day}", "received_at": f"2026-01-0{day} 01:00:00", **seen}],
            "media_day": [{"activity_date": f"2026-01-0{day}", "load_count": day, "play_count": 1, **seen}],
        }
    )


def later_release(patch: pytest.MonkeyPatch) -> None:
    """Let the next release add a column to a fact and change a view."""
    number = len(load_migrations()) + 1
    script = ("alter table core.fct_media_day add column bounce_count bigint",)
    more = (*load_migrations(), Migration(number, "bounces", "0" * 64, script))
    patch.setattr(migration_log, "load_migrations", lambda: more)
    patched(patch, "mart.media_summary", more="\n-- of the next release")


def test_views_and_rights_of_users_are_valid_after_a_change(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 24."""
    execute(
        house,
        "create view mart.mine as select media_id from mart.media_summary with no schema binding",
        "create view public.bound as select media_id, load_count from core.fct_media_day",
        "create user ada password disable",
        "grant role reelhouse_dashboard to ada",
        "create user bob password disable",
        "grant usage on schema mart to bob",
        "grant select on mart.media_summary to bob",
        "grant select on core.fct_media_day to bob",
    )
    with monkeypatch.context() as patch:
        later_release(patch)
        house.load()
        assert house.value("select count(*) from mart.mine") == 0
        assert house.value("select load_count from public.bound") == 1
        for user in ("ada", "bob"):
            assert as_user(house, user, "select count(*) from mart.media_summary") == ((0,),)
        stage(house, 2)
        house.load()
        assert house.value("select sum(load_count) from public.bound") == 3


def test_a_view_that_is_bound_to_one_of_ours_stops_its_change_up_front(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 24."""
    execute(house, "create view public.bound as select media_id from mart.media_summary")
    with monkeypatch.context() as patch:
        later_release(patch)
        with pytest.raises(DataRefused, match=r"mart\.media_summary is to be made again.*Nothing was changed"):
            house.load()
        assert house.value("select count(*) from information_schema.columns where column_name = 'bounce_count'") == 0
        assert house.value("select count(*) from public.bound") == 0
        execute(house, "drop view public.bound")
        house.load()
        assert house.value("select count(bounce_count) from core.fct_media_day") == 0


@pytest.mark.long
def test_two_releases_alternate_on_one_warehouse(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 25: the later one is rolled back, and comes again."""
    counts = []
    for day in (2, 3, 4, 5):
        stage(house, day)
        with monkeypatch.context() as patch:
            if day % 2 == 0:
                later_release(patch)
            counts.append(house.load().applied[-1].tables["core.fct_media_day"])
    assert counts == [Counts(copied=1, inserted=1)] * 4
    assert house.value("select count(*) from audit.migration") == len(load_migrations()) + 1
    assert content(house) == [(f"2026-01-0{day}", day, 1) for day in range(1, 6)]
    (tmp_path / "other").mkdir()
    with open_house(tmp_path / "other") as only:
        for day in range(1, 6):
            stage(only, day)
        only.load()
        assert content(only) == content(house)
        assert titles(only) == titles(house)


def content(house: House) -> list[tuple[str, int, int]]:
    """Return the days of the media as its mart shows them."""
    rows = house.rows("select activity_date, load_count, session_count from mart.media_daily_performance order by 1")
    return [(str(row["activity_date"]), row["load_count"], row["session_count"]) for row in rows]


def titles(house: House) -> list[dict[str, object]]:
    """Return the versions of the media."""
    return house.rows("select media_key, media_name, valid_from, valid_to from core.dim_media order by media_key")
