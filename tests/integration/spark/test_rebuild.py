"""The rebuild: all raw that loads consumed, once more, as those loads would have brought it."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest

from extract.clock import RunClock
from extract.errors import ConfigurationError, DataRefused
from extract.lake import DirectoryLake
from extract.privacy import PrivacyKey
from extract.progress import Silent
from extract.settings import Settings
from spark.forgotten import hash_of
from spark.jobs import rebuild as job
from spark.jobs.rebuild import rebuild
from spark.jobs.retention import Expiry, expired
from spark.manifest import Counts, RebuildManifest, publish_rebuild, rebuild_log, withdraw_rebuild
from tests.integration.spark.lakes import (
    ANOTHER,
    KEY,
    NOW,
    TEXT_OF_KEY,
    TOLERANT,
    land,
    new_lake,
    newest,
    quarantined,
    run,
    staged,
)
from tests.integration.spark.test_forgotten import EMAIL, ENGINES, QUICK, ask
from tests.integration.spark.test_normalise import EVENTS, SESSION, VISITOR, VISITORS, session, visitor


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return new_lake(tmp_path)


def rebuilt(lake: DirectoryLake, settings: Settings = TOLERANT, key: PrivacyKey = KEY) -> RebuildManifest:
    manifest = rebuild(lake, settings, key, RunClock(NOW), "rebuild", Silent())
    assert manifest
    return manifest


def test_of_each_load_the_newest_state_of_each_key_is_there_as_the_loads_had_it(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("v", 1), visitor("v", 2)])
    land(lake, VISITORS, [visitor("v", 3), visitor("w", 1)])
    run(lake)
    first = staged(lake, newest(lake), VISITOR)
    land(lake, EVENTS, [session("s")])
    run(lake)
    land(lake, VISITORS, [visitor("v", 4), visitor("bad", "many")])
    run(lake)
    manifest = rebuilt(lake)
    assert staged(lake, manifest, VISITOR) == sorted(
        [*first, *staged(lake, newest(lake), VISITOR)], key=lambda row: (row["visitor_id"], row["_raw_sequence"])
    )
    assert manifest.entities[VISITOR].counts == Counts(landed=6, normalised=3, quarantined=1, duplicates=2, rows=3)
    assert [row["reason"] for row in quarantined(lake, manifest, VISITORS)] == ["not_bigint:play_count"]
    assert (manifest.upto, manifest.staged_by) == (3, "normalise")
    assert len(staged(lake, manifest, SESSION)) == 1


def test_what_no_load_consumed_yet_is_not_in_it(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("v", 1)])
    run(lake)
    land(lake, VISITORS, [visitor("w", 1)])
    assert [row["visitor_id"] for row in staged(lake, rebuilt(lake), VISITOR)] == ["v"]


def test_the_same_rules_and_loads_are_not_worked_through_twice(
    lake: DirectoryLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rebuild(lake, TOLERANT, KEY, RunClock(NOW), "rebuild", Silent()) is None
    land(lake, VISITORS, [visitor("v", 1)])
    run(lake)
    assert [rebuilt(lake).sequence, rebuilt(lake).sequence] == [1, 1]
    monkeypatch.setattr(job, "rules", lambda: "others")
    assert rebuilt(lake).sequence == 2
    land(lake, VISITORS, [visitor("w", 1)])
    run(lake)
    assert rebuilt(lake).sequence == 3


def test_too_many_that_cannot_be_taken_stop_it(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor(f"v{number}", "many") for number in range(21)])
    run(lake)
    with pytest.raises(DataRefused, match="max_records"):
        rebuilt(lake, Settings())
    assert rebuild_log(lake).head() is None


def test_after_a_rebuild_under_another_key_was_published_loads_go_on_under_that_one(lake: DirectoryLake) -> None:
    another = PrivacyKey.of(ANOTHER)
    land(lake, VISITORS, [visitor("v", 1, visitor_identity={"email": "v@example.org"})])
    run(lake)
    assert rebuilt(lake).sequence == 1
    manifest = rebuilt(lake, key=another)
    assert manifest.sequence == 2
    hashes = [staged(lake, found, VISITOR)[0]["email_hash"] for found in (newest(lake), manifest)]
    assert len(set(hashes)) == 2
    land(lake, VISITORS, [visitor("w", 1)])
    with pytest.raises(ConfigurationError, match="privacy key"):
        run(lake, key=another)
    publish_rebuild(lake, 2)
    with pytest.raises(ConfigurationError, match="privacy key"):
        run(lake)
    withdraw_rebuild(lake, 2)
    assert run(lake).sequence == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_under_a_new_key_all_is_hashed_anew_and_whoever_was_forgotten_under_the_old_one_stays_away(
    lake: DirectoryLake, engine: Literal["duckdb", "spark"]
) -> None:
    ask(lake, visitor="gone", email=EMAIL)
    emails = {"gone": "g@example.org", "ada": EMAIL, "stays": "eda@example.org", "late": "l@example.org"}
    lines = [visitor(key, visitor_identity={"email": email}) for key, email in emails.items()]
    land(lake, VISITORS, lines[:3])
    run(lake)
    land(lake, VISITORS, lines[3:])
    run(lake)
    new = PrivacyKey.of(f"{ANOTHER} {TEXT_OF_KEY}")
    manifest = rebuilt(lake, Settings(engine=engine, spark_options=QUICK), new)
    hashes = {row["visitor_id"]: row["email_hash"] for row in staged(lake, manifest, VISITOR)}
    assert hashes == {key: hash_of(new, "email", emails[key]) for key in ("stays", "late")}
    assert hash_of(new, "email", "x") != hash_of(KEY, "email", "x")
    assert (manifest.privacy_key, manifest.forgotten) == (new.fingerprint, {VISITORS: 2})
    publish_rebuild(lake, manifest.sequence)
    land(lake, VISITORS, [visitor("gone"), visitor("new", visitor_identity={"email": "n@example.org"})])
    run(lake, Settings(engine=engine, spark_options=QUICK), key=new)
    (row,) = staged(lake, newest(lake), VISITOR)
    assert (row["visitor_id"], row["email_hash"]) == ("new", hash_of(new, "email", "n@example.org"))


def test_what_it_holds_is_kept_as_long_as_what_loads_hold_and_it_is_made_anew_then(lake: DirectoryLake) -> None:
    land(lake, VISITORS, [visitor("v", 1), visitor("bad", "many")])
    run(lake)
    manifest = rebuilt(lake)
    files = [file.key for held in (manifest.entities[VISITOR], manifest.quarantine[VISITORS]) for file in held.files]
    for days, layers in ((1, []), (3, ["quarantine", "quarantine", "staging"])):
        found = list(expired(lake, {}, {"all": 1}, {"all": 1}, NOW + timedelta(days=days)))
        assert sorted(each.layer for each in found) == layers
    assert all(Expiry(lake, RunClock(NOW), "expiry").let_go(each) for each in found)
    assert not [key for key in files if next(lake.list_after(key), None)]
    assert list(expired(lake, {}, {"all": 1}, {"all": 1}, NOW + timedelta(days=3))) == []
    again = rebuilt(lake)
    assert (again.sequence, len(staged(lake, again, VISITOR))) == (2, 1)
