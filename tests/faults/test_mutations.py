"""Fault 21: each stage drops a row, repeats one, swaps two columns, rounds a value; the run itself notices each time.

That the suite would notice as well is shown in the long run: with the proofs switched off the tables end as others.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from extract.clock import RunClock
from extract.errors import DataRefused
from extract.lake import DirectoryLake
from extract.land import Landing
from extract.manifest import raw_log
from extract.progress import Silent
from extract.settings import Settings
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from spark.engine.duckdb_engine import DuckDBEngine
from spark.jobs.normalise import normalise
from spark.manifest import staging_log
from tests.faults.moods import moody
from tests.integration.spark.lakes import KEY
from tests.integration.warehouse_sql.house import House, open_laid_out_house
from tests.integration.warehouse_sql.staged import Rows
from warehouse_sql.catalog import load_catalog
from warehouse_sql.connection import Connection

KINDS = ("drop", "repeat", "swap", "round")
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
EVENTS = "wistia/events"

# --- extraction: what lands is not what was received


def _first_line(change: Callable[[bytes], bytes]) -> Callable[[bytes, int], bytes]:
    def changed(lines: bytes, _: int) -> bytes:
        head, mark, rest = lines.partition(b"\n")
        return change(head + mark) + rest if b"percent_viewed" in head else lines

    return changed


def _swapped(line: bytes) -> bytes:
    return line.replace(b'"city"', b'"?"').replace(b'"country"', b'"city"').replace(b'"?"', b'"country"')


LANDED: dict[str, Callable[[bytes, int], bytes]] = {
    "drop": _first_line(lambda _: b""),
    "repeat": _first_line(lambda line: line + line),
    "swap": _first_line(_swapped),
    "round": _first_line(lambda line: re.sub(rb'("percent_viewed":\s*0\.\d)\d+', rb"\1", line)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_lands_otherwise_than_received_is_not_committed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, add = DirectoryLake(tmp_path, "lake"), Landing.add
    monkeypatch.setattr(Landing, "add", lambda self, lines, rows: add(self, LANDED[kind](lines, rows), rows))
    with moody(account()) as api, pytest.raises(DataRefused, match=r"wistia/events|part-00000"):
        api.extract(lake, AS_OF)
    assert raw_log(lake, EVENTS).head() is None


# --- normalisation: what is written is not what was landed


def account() -> InventedAccount:
    return InventedAccount(small(visitors=40, events=30))


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> DirectoryLake:
    lake = DirectoryLake(tmp_path_factory.mktemp("landed"), "lake")
    with moody(account()) as api:
        api.extract(lake, AS_OF)
    return lake


WRITTEN = {
    "drop": "select * from ({select}) offset 1",
    "repeat": "select * from ({select}) union all (select * from ({select}) limit 1)",
    "swap": "select * replace (country as city, city as country) from ({select})",
    "round": "select * replace (round(percent_viewed, 1) as percent_viewed) from ({select})",
}
JUDGED = {kind: WRITTEN[kind] for kind in ("swap", "round")}
"""Rows that the transform loses or repeats are lines that are missing or there twice."""
JUDGED |= {"drop": "select * from ({select}) where _raw_line > 1", "repeat": WRITTEN["repeat"]}


def _normalised(lake: DirectoryLake) -> None:
    normalise(lake, Settings(), KEY, RunClock(AS_OF), "run", Silent())


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_others_than_the_records_are_not_committed(
    kind: str, landed: DirectoryLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = DuckDBEngine._written

    def writing(self: DuckDBEngine, select: str, columns: Any, order: Any, key: str) -> Any:
        if key.startswith("staging/wistia__viewing_session/"):
            select = WRITTEN[kind].format(select=select)
        return write(self, select, columns, order, key)

    monkeypatch.setattr(DuckDBEngine, "_written", writing)
    with pytest.raises(DataRefused, match=EVENTS):
        _normalised(landed)
    assert staging_log(landed).head() is None


@pytest.mark.parametrize("kind", KINDS)
def test_records_that_are_others_than_the_lines_are_not_committed(
    kind: str, landed: DirectoryLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute = DuckDBEngine._compute

    def computing(self: DuckDBEngine, table: str, select: str) -> None:
        if table == "judged_wistia__viewing_session":
            select = JUDGED[kind].format(select=select)
        compute(self, table, select)

    monkeypatch.setattr(DuckDBEngine, "_compute", computing)
    with pytest.raises(DataRefused, match=EVENTS):
        _normalised(landed)
    assert staging_log(landed).head() is None


# --- load: what a statement leaves is not what it was to leave

STAGED, DELTA, FACT = "restricted.stg_wistia__viewing_session", "delta_fct_viewing_session", "core.fct_viewing_session"
DAYS, TOTAL = "core.visitor_media_day", "mart.media_daily_total"
STAGES = {
    "copy": (f"copy {STAGED}", STAGED, "session_id", ("country", "city"), "percent_viewed"),
    "model": (f"insert into {DELTA}", DELTA, "session_id", ("browser_version", "media_id"), "percent_viewed"),
    "merge": (f"insert into {FACT}", FACT, "session_id", ("geo_key", "device_key"), "percent_viewed"),
    "days": (f"insert into {DAYS}", DAYS, "visitor_key", ("greatest_percent_viewed", "watch_seconds"), "watch_seconds"),
    "mart": (f"insert into {TOTAL}", TOTAL, "media_id", ("percent_viewed_total", "watch_hours"), "watch_hours"),
}
"""The statement that is spoiled, what it fills, a column that tells rows apart, two to be swapped, one to round."""


def _spoilt(kind: str, table: str, key: str, pair: tuple[str, str], value: str) -> str:
    one, other = pair
    return {
        "drop": f"delete from {table} where {key} = (select max({key}) from {table})",
        "repeat": f"insert into {table} select * from {table} where {key} = (select max({key}) from {table})",
        "swap": f"update {table} set {one} = {other}, {other} = {one}",
        "round": f"update {table} set {value} = round({value}, 1)",
    }[kind]


def _sessions() -> Rows:
    places = [("DE", "Bonn"), ("FR", "Lyon"), ("US", "Reno")]
    return [
        {
            "session_id": f"s{number}",
            "media_id": f"m{number % 2}",
            "visitor_id": f"v{number}",
            "received_at": f"2026-01-0{1 + number % 2} 12:00:00",
            "percent_viewed": 0.123 + number / 10,
            "country": country,
            "city": city,
            "browser": f"Browser {number}",
            "browser_version": "1",
            "_extracted_at": "2026-01-03 13:00:00",
        }
        for number, (country, city) in enumerate(places)
    ]


def _medias() -> Rows:
    return [
        {
            "media_id": f"m{number}",
            "media_name": "Film",
            "duration_seconds": 101,
            "_extracted_at": "2026-01-01 10:00:00",
        }
        for number in (0, 1)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as opened:
        opened.stage({"media": _medias()})
        opened.load()
        opened.stage({"viewing_session": _sessions()})
        yield opened


def _spoiling(monkeypatch: pytest.MonkeyPatch, stage: str, kind: str) -> None:
    begins, *where = STAGES[stage]
    execute = Connection.execute

    def spoiling(connection: Connection, statement: str, parameters: Any = None) -> int:
        changed = execute(connection, statement, parameters)
        if statement.startswith(begins):
            execute(connection, _spoilt(kind, *where))  # type: ignore[arg-type]
        return changed

    monkeypatch.setattr(Connection, "execute", spoiling)


def _content(house: House) -> dict[str, list[Any]]:
    tables = (table for table in load_catalog() if table.startswith(("core.", "mart.")) and table != "core.dim_date")
    return {table: sorted(map(str, house.rows(f"select * from {table}"))) for table in tables}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", ["copy", "model", pytest.param("merge", marks=pytest.mark.long), "days", "mart"])
def test_what_a_statement_leaves_otherwise_is_not_published(
    stage: str, kind: str, made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    _spoiling(monkeypatch, stage, kind)
    with pytest.raises(DataRefused, match=r"load 2: "):
        made.load()
    monkeypatch.undo()
    assert made.value("select count(*) from audit.load_history") == 1


PROOFS = ("apply._prove_values", "apply._confirm", "apply.run_checks", "one_load.prove_copied", "apply._expect")


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", STAGES)
def test_without_its_proofs_a_load_would_end_in_other_tables(
    stage: str, kind: str, made: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loaded(house: House) -> dict[str, list[Any]]:
        house.empty()
        house.stage({"media": _medias()})
        house.load()
        house.stage({"viewing_session": _sessions()})
        with suppress(DataRefused):
            house.load()
        return _content(house)

    clean = loaded(made)
    for proof in PROOFS:
        monkeypatch.setattr(f"warehouse_sql.{proof}", lambda *_, **__: ())
    monkeypatch.setattr("warehouse_sql.apply._proved", lambda _, counts, __: counts)
    _spoiling(monkeypatch, stage, kind)
    # Of a row that is staged twice the delta takes one, so that the counts alone tell.
    is_absorbed = (stage, kind) == ("copy", "repeat")
    assert (loaded(made) == clean) is is_absorbed
    monkeypatch.undo()
    made.empty()
    made.stage({"media": _medias()})
    made.load()
    made.stage({"viewing_session": _sessions()})
