"""Parquet that held a person: rewritten by both engines into what it would be if the person had never been there."""

import hashlib
import json
from pathlib import Path
from typing import Literal

import pytest

from extract.clock import RunClock
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.settings import Settings
from spark.forgotten import read_forgotten
from spark.jobs.erase import Erased, Eraser, erased, reason_of
from spark.jobs.succession import Succession
from spark.manifest import staging_log, with_sums
from tests.integration.spark.lakes import KEY, NOW, land, new_lake, newest, quarantined, run, staged
from tests.integration.spark.test_forgotten import EMAIL, ENGINES, QUICK, TOMBSTONE, ask
from tests.integration.spark.test_normalise import EVENTS, SESSION, VISITOR, VISITORS, session, visitor


def landed(folder: Path, *, with_them: bool) -> DirectoryLake:
    """Return a lake in which somebody stands in files with others, alone in one, and among bad records; or does not."""
    folder.mkdir()
    lake = new_lake(folder)

    def theirs(line: str) -> str:
        return line if with_them else TOMBSTONE

    by_address = visitor("ada", visitor_identity={"email": EMAIL, "name": "Ada Lovelace ü"})
    by_key = session("s2").replace('"event_key"', '"visitor_key":"gone","event_key"')
    others = [visitor("stays", visitor_identity={"email": "eda@example.org"}), visitor("bad", "many")]
    land(lake, VISITORS, [others[0], theirs(visitor("gone")), others[1], theirs(visitor("gone", "many"))])
    land(lake, EVENTS, [session("s1"), theirs(by_key)])
    run(lake)
    land(lake, VISITORS, [theirs(by_address)])
    run(lake)
    return lake


def erase(lake: DirectoryLake, engine: Literal["duckdb", "spark"], run_id: str) -> Erased:
    """Erase, and return what that run did."""
    others = erased(lake).runs
    succession = Succession(lake, RunClock(NOW), run_id, reason_of(2))
    settings = Settings(engine=engine, spark_options=QUICK)
    Eraser(succession, KEY, read_forgotten(lake, KEY), Silent()).erase(settings, {})
    return erased(lake, others)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_left_is_what_would_be_there_without_them(tmp_path: Path, engine: Literal["duckdb", "spark"]) -> None:
    lake, without = landed(tmp_path / "with", with_them=True), landed(tmp_path / "without", with_them=False)
    named = {
        key
        for load in staging_log(lake).after(0)
        for entry in load.entities.values()
        for key in (*entry.beside, *(file.key for file in entry.files))
    }
    ask(lake, visitor="gone", email=EMAIL)
    found = erase(lake, engine, "eraser")
    assert dict(found.rows) == {VISITORS: 3, EVENTS: 1}
    assert dict(found.objects) == {"raw": 3, "staging and quarantine": 10}
    for made, wanted in zip(staging_log(lake).after(0), staging_log(without).after(0), strict=True):
        for entity in (VISITOR, SESSION):
            assert staged(lake, made, entity) == staged(without, wanted, entity)
        assert quarantined(lake, made, VISITORS) == quarantined(without, wanted, VISITORS)
        for entity, entry in made.entities.items():
            assert entry.counts == wanted.entities[entity].counts
            sums = with_sums(without, wanted.entities[entity]).sums
            assert sums
            assert (with_sums(lake, entry).sums, entry.sums) == (sums, {})
            for file in entry.files:
                data = lake.get(file.key)
                assert (len(data), hashlib.sha256(data).hexdigest()) == (file.bytes, file.sha256)
            copied = json.loads(lake.get(entry.copy_manifest))["entries"]
            assert [item["url"].rpartition("/lake/")[2] for item in copied] == [file.key for file in entry.files]
    assert newest(lake).entities == {}
    assert newest(lake).total_quarantined == newest(without).total_quarantined
    assert not named & {info.key for info in lake.list_after("")}
    assert erase(lake, engine, "another") == Erased()
