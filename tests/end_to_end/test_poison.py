"""Poison records: quarantined with a reason, counted in the status, and the rest is loaded."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from extract.errors import DataRefused
from extract.manifest import ObjectEntry, RawManifest, raw_log
from extract.progress import Silent
from orchestration.pipeline import extract_stage, load_stage, normalise_stage
from orchestration.status import read_status
from sandbox.wistia.recorded import RecordedAccount
from tests.conftest import House, house

NOW = datetime(2026, 1, 8, 2, tzinfo=UTC)
STREAM = "wistia/visitors"


def visitor(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "visitor_key": key,
        "created_at": "2026-01-07T21:03:42.000Z",
        "last_active_at": "2026-01-07T21:03:24.000Z",
        "last_event_key": "e1",
        "load_count": 1,
        "play_count": 1,
        "identifying_event_key": None,
        "visitor_identity": {"name": "", "email": None, "org": {"name": None, "title": None}},
        "user_agent_details": {"browser": "Chrome", "browser_version": "141", "platform": "Windows", "mobile": False},
        **changes,
    }


GOOD = [visitor(f"good-{number}") for number in range(3)]
BAD = [
    visitor("", play_count=7),
    visitor("no-number", play_count="many"),
    visitor("no-instant", last_active_at="yesterday"),
    visitor("too-big", load_count=2**63),
]


def corrupt_a_line(built: House) -> None:
    """Rot that the manifest vouches for: one landed line is no JSON, and size and hash say so."""
    lake = built.context(NOW).lake
    (manifest,) = raw_log(lake, STREAM).after(0)
    (entry,) = manifest.objects
    lines = gzip.decompress(lake.get(entry.key)).splitlines(keepends=True)
    torn = [line[: len(line) // 2] + b"\n" if b'"torn"' in line else line for line in lines]
    data = gzip.compress(b"".join(torn))
    lake.put(entry.key, data)
    known = ObjectEntry(key=entry.key, bytes=len(data), rows=entry.rows, sha256=hashlib.sha256(data).hexdigest())
    vouching: RawManifest = manifest.model_copy(update={"objects": (known,)})
    lake.put("raw/wistia/visitors/_manifests/000000000001.json", vouching.model_dump_json().encode())


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    account = RecordedAccount([], {NOW: [visitor("torn"), *GOOD, *BAD]})
    for built in house(tmp_path_factory.mktemp("poison"), account):
        context = built.context(NOW)
        extract_stage(context, Silent())
        corrupt_a_line(built)
        normalise_stage(context, Silent())
        load_stage(context, Silent())
        yield built


def test_the_rest_is_loaded(poisoned: House) -> None:
    rows = poisoned.query("select visitor_id from core.dim_visitor where visitor_key > 0 order by 1")
    assert [key for (key,) in rows] == ["good-0", "good-1", "good-2"]


def test_each_is_counted_in_the_status_under_its_reason(poisoned: House) -> None:
    assert read_status(poisoned.context(NOW)).quarantined == {
        STREAM: {
            "malformed_line": 1,
            "missing:visitor_id": 1,
            "not_bigint:load_count": 1,
            "not_bigint:play_count": 1,
            "not_timestamp:last_active_at": 1,
        }
    }


def test_bytes_that_differ_from_their_manifest_stop_the_run_before_anything_is_published(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for built in house(tmp_path_factory.mktemp("rot"), RecordedAccount([], {NOW: GOOD})):
        context = built.context(NOW)
        extract_stage(context, Silent())
        (manifest,) = raw_log(context.lake, STREAM).after(0)
        context.lake.put(manifest.objects[0].key, gzip.compress(b"{}\n"))
        with pytest.raises(DataRefused, match=r"raw/wistia/visitors/.*part-00000"):
            normalise_stage(context, Silent())
        assert not list(context.lake.list_after("staging/_manifests/"))


def test_more_than_the_share_and_the_number_stops_the_batch_and_the_report_says_so(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bad = [visitor(f"bad-{number}", play_count="many") for number in range(21)]
    for built in house(tmp_path_factory.mktemp("threshold"), RecordedAccount([], {NOW: [*GOOD, *bad]})):
        with pytest.raises(DataRefused, match=r"21 of 24 records.*max_share"):
            built.run(NOW)
        status = read_status(built.context(NOW))
        assert status.last_run
        assert status.last_run["outcome"] == "failed"
        assert "max_share" in status.last_run["error"]
        assert json.dumps(status.last_run["extraction"])


def test_an_empty_account_is_a_success(tmp_path_factory: pytest.TempPathFactory) -> None:
    for built in house(tmp_path_factory.mktemp("empty"), RecordedAccount([], {})):
        built.run(NOW)
        assert built.run(NOW).outcome == "nothing new"
