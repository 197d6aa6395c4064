"""Records of persons who asked to be forgotten: dropped by both engines, whatever else is wrong with them."""

from pathlib import Path
from typing import Literal

import pytest

from extract.errors import ConfigurationError
from extract.lake import DirectoryLake
from extract.privacy import PrivacyKey
from extract.settings import Quarantine, Settings
from spark.forgotten import ForgetManifest, Subject, forgotten_log, hash_of
from spark.manifest import Counts
from tests.integration.spark.lakes import ANOTHER, KEY, TEXT_OF_KEY, land, new_lake, newest, quarantined, run, staged
from tests.integration.spark.test_normalise import EVENTS, SESSION, VISITOR, VISITORS, session, visitor

TOMBSTONE = '{"_meta":{"sent_at":"2026-01-08T00:00:00.000001Z"},"forgotten":true}'
EMAIL = "Ada@Example.org"
# Py4J leaves its sockets to the collector; here that is a warning, and not ours.
ON_SPARK = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
ENGINES = ["duckdb", pytest.param("spark", marks=ON_SPARK)]
QUICK = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return new_lake(tmp_path)


def ask(lake: DirectoryLake, key: PrivacyKey = KEY, **known: str) -> None:
    """Record a request."""
    subjects: dict[str, Subject] = {"visitor": "visitor", "email": "email", "user": "user"}
    hashes: dict[Subject, tuple[str, ...]] = {
        subjects[name]: (hash_of(key, subjects[name], text),) for name, text in known.items()
    }
    head = forgotten_log(lake).head()
    manifest = ForgetManifest(
        sequence=head.sequence + 1 if head else 1,
        run_id="ask",
        committed_at="2026-01-08T00:00:00Z",
        hashes=hashes,
        privacy_key=key.fingerprint,
    )
    assert forgotten_log(lake).commit(manifest)


@pytest.mark.parametrize("engine", ENGINES)
def test_they_are_dropped_and_counted_and_their_bad_records_are_not_kept(
    lake: DirectoryLake, engine: Literal["duckdb", "spark"]
) -> None:
    ask(lake, visitor="gone")
    ask(lake, email=" ADA@example.ORG\u00a0")
    land(
        lake,
        VISITORS,
        [
            visitor("stays"),
            visitor("gone"),
            visitor("gone", "many"),
            visitor("bad", "many"),
            visitor("ada", visitor_identity={"email": EMAIL}),
            visitor("twice", 1),
            visitor("twice", 2),
            visitor("eda", visitor_identity={"email": "eda@example.org"}),
            TOMBSTONE,
        ],
    )
    theirs = session("s1").replace('"event_key"', f'"email":"{EMAIL}","event_key"')
    land(
        lake, EVENTS, [theirs, session("s2"), session("s3").replace('"event_key"', '"visitor_key":"gone","event_key"')]
    )
    report = run(
        lake, Settings(engine=engine, spark_options=QUICK, quarantine=Quarantine(max_records=1, max_share=0.0))
    )
    assert report.entities == {
        VISITOR: Counts(landed=9, normalised=3, quarantined=1, duplicates=1, forgotten=4, rows=3),
        SESSION: Counts(landed=3, normalised=1, forgotten=2, rows=1),
    }
    manifest = newest(lake)
    assert [row["visitor_id"] for row in staged(lake, manifest, VISITOR)] == ["eda", "stays", "twice"]
    assert [row["session_id"] for row in staged(lake, manifest, SESSION)] == ["s2"]
    assert [row["reason"] for row in quarantined(lake, manifest, VISITORS)] == ["not_bigint:play_count"]
    assert (manifest.forgotten, manifest.forgotten_upto) == ({VISITORS: 4, EVENTS: 2}, 2)


@pytest.mark.parametrize("email", ["a@b.c", " \tA@b.C\u00a0\u3000\n", "Ä@b.c", "\u200ba@b.c", "a@b.c\x1c"])
def test_an_address_has_the_hash_that_python_and_the_engine_make(lake: DirectoryLake, email: str) -> None:
    land(lake, VISITORS, [visitor("v", visitor_identity={"email": email})])
    run(lake)
    assert staged(lake, newest(lake), VISITOR)[0]["email_hash"] == hash_of(KEY, "email", email)


def test_under_another_key_nobody_could_be_known_again(lake: DirectoryLake) -> None:
    another = PrivacyKey.of(ANOTHER)
    ask(lake, another, visitor="gone")
    land(lake, VISITORS, [visitor("gone")])
    with pytest.raises(
        ConfigurationError, match=f"request 1 .* fingerprint {another.fingerprint}, .* {KEY.fingerprint}:"
    ):
        run(lake)


@pytest.mark.parametrize("engine", ENGINES)
def test_who_was_forgotten_under_a_key_of_before_is_known_by_it_and_others_are_hashed_under_the_new_one(
    lake: DirectoryLake, engine: Literal["duckdb", "spark"]
) -> None:
    ask(lake, PrivacyKey.of(ANOTHER), visitor="gone", email=EMAIL)
    ask(lake, visitor="gone as well")
    emails = {"gone": "a@b.c", "ada": EMAIL, "gone as well": "a@b.c", "stays": "eda@example.org"}
    land(lake, VISITORS, [visitor(key, visitor_identity={"email": email}) for key, email in emails.items()])
    run(lake, Settings(engine=engine, spark_options=QUICK), key=PrivacyKey.of(f"{TEXT_OF_KEY} {ANOTHER}"))
    (row,) = staged(lake, newest(lake), VISITOR)
    assert (row["visitor_id"], row["email_hash"]) == ("stays", hash_of(KEY, "email", emails["stays"]))
    assert newest(lake).privacy_key == KEY.fingerprint
