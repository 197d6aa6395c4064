"""Fault 39: secrets and persons are planted, things go wrong, and nothing that is said or remembered shows them."""

import logging
import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import boto3
import duckdb
import pytest

from extract.errors import ReelhouseError
from extract.progress import Silent
from orchestration import cli
from orchestration.pipeline import load_stage, normalise_stage
from sandbox.privacy import ensure_key
from tests.faults.persons import ADA, AS_OF, Home, encoded, holding, line, session, visitor
from tests.integration.spark.lakes import land
from tests.leaks import Scan
from tests.storage import storage

TOKEN, PASSWORD = "planted-t0ken-0123456789abcdef", "planted-passw0rd"
PERSON = (ADA[2], *ADA[4:], "bob@example.org")
"""What identifies somebody; keys and ids that the sources gave are no secret of a report, and are in none either."""
HOLDERS = ("raw/", "landing/", "staging/wistia__v", "staging/streampulse__user", "quarantine/")
"""Objects that are there to hold persons: what landed, what is staged for restricted, and what could not be taken."""
COMMANDS = (
    ("normalise",),
    ("load",),
    ("status",),
    ("doctor",),
    ("quarantine", "list"),
    ("quarantine", "replay"),
    ("warehouse", "plan"),
    ("warehouse", "check"),
    ("contracts",),
    ("privacy",),
    ("replay",),
    ("forget", "--email", ADA[2]),
    ("forget", "--email", "nobody", "--yes"),
    ("warehouse", "sql", "select broken from core.dim_visitor where visitor_id = 'x'"),
    ("forget",),
)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WISTIA_API_TOKEN", TOKEN)
    monkeypatch.setenv("REDSHIFT_PASSWORD", PASSWORD)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def command(home: Home, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run a command as a person does, but in this process."""
    where = ["--json"] if arguments == ("contracts",) else ["--home", str(home.folder), "--as-of", AS_OF.isoformat()]
    monkeypatch.setattr(sys, "argv", ["reelhouse", *arguments, *where])
    with suppress(SystemExit):
        cli.main()


def remembered(home: Home) -> dict[str, bytes]:
    """Return what a pipeline remembers and tells: manifests, reports, receipts, marks, logs; Parquet of no persons."""
    found = {key: data for key, data in home.objects().items() if "/_" in key or not key.startswith(HOLDERS)}
    found |= {path.name: path.read_bytes() for path in home.folder.glob("*.log")}
    return found


def test_no_command_shows_or_remembers_a_secret_or_a_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home = Home(tmp_path)
    home.plant()
    secrets = (TOKEN, PASSWORD, ensure_key(tmp_path))
    for arguments in COMMANDS:
        command(home, monkeypatch, *arguments)
    said = capfd.readouterr()
    told = {"stdout": said.out, "stderr": said.err, "log": caplog.text}
    assert "quarantine" in said.out
    assert "permission" in said.err or "42703" in said.err
    assert holding(told, (*PERSON, *secrets)) == {}
    assert holding(remembered(home), (*PERSON, *secrets)) == {}
    everything = home.objects() | {path.name: path.read_bytes() for path in home.folder.glob("*.log")}
    assert holding(everything, secrets) == {}


def frames(error: BaseException) -> str:
    """Return a traceback, with what led to it."""
    shown = traceback.TracebackException.from_exception(error)
    return "".join(shown.format())


@pytest.mark.long
@pytest.mark.parametrize("fault", ["too many bad records", "an object that was changed", "a value that is too long"])
def test_no_error_shows_a_person(tmp_path: Path, fault: str) -> None:
    home = Home(tmp_path)
    if fault == "too many bad records":
        bad = [visitor(f"ada-{n}", "ada@example.org", f"ada@example.org {n}", "Ada Lovelace") for n in range(30)]
        land(home.lake, "wistia/visitors", [*bad, line({"e": "ada@example.org"})])
    elif fault == "an object that was changed":
        manifest = land(home.lake, "wistia/events", [session("s1", "ada-key", "ada@example.org", "192.0.2.77")])
        home.lake.put(manifest.objects[0].key, b"ada@example.org 192.0.2.77")
    else:
        plain = visitor("ada-key", "ada@example.org " * 100, name="Ada Lovelace " * 100)
        broken = [f'{{"_meta":{{}},"bytes":"{encoded(b"ada@example.org")}"}}'] * 40
        land(home.lake, "wistia/visitors", [plain, *broken])
    with pytest.raises(ReelhouseError) as refused:
        normalise_stage(home.context(), Silent())
        load_stage(home.context(), Silent())
    assert holding({"message": str(refused.value), "traceback": frames(refused.value)}, PERSON) == {}
    assert holding(remembered(home), PERSON) == {}


def test_the_scan_of_all_tests_of_faults_sees_what_leaks_and_where_persons_may_stand(tmp_path: Path) -> None:
    scan = Scan(tmp_path)
    (tmp_path / "others").mkdir()
    (tmp_path / "others" / "log").write_text("ada@example.org")
    scan.skip()
    lake = tmp_path / "home" / "lake" / "raw" / "wistia" / "visitors"
    written = {
        lake / "part-00000.jsonl": "ada@example.org",
        lake / "_manifests" / "000000000001.json": "192.0.2.77",
        tmp_path / "home" / "privacy.key": "0123456789abcdef" * 2,
        tmp_path / "home" / "redshift.log": "with " + "0123456789abcdef" * 2,
    }
    for file, text in written.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    packed = tmp_path / "home" / "days.parquet"
    addresses = "select if(n = 250, 'ada@example.org', md5(n::text)) as address from range(500) as numbers (n)"
    duckdb.execute(f"copy ({addresses} union all select 'zzz') to '{packed}' (compression zstd)")
    assert b"ada@example.org" not in packed.read_bytes()
    report = pytest.TestReport(
        "a", ("a", 1, "a"), {}, "passed", None, "call", [("Captured stdout call", "Ada Lovelace")]
    )
    with storage() as stored:
        client, bucket = boto3.client("s3", endpoint_url=stored.endpoint_url), stored.create()
        for key in ("raw/wistia/visitors/part-00000.jsonl", "runs/a.json"):
            client.put_object(Bucket=bucket, Key=key, Body=b"192.0.2.77")
        assert list(scan.look(report, is_over=False)) == ["output: Ada Lovelace"]
        found = sorted(scan.look(report, is_over=True))
        client.delete_object(Bucket=bucket, Key="runs/a.json")
    for file in (*written, tmp_path / "others" / "log", packed):
        file.unlink()
    assert found == [
        f"/{bucket}/runs/a.json: 192.0.2.77",
        "home/days.parquet: ada@example.org",
        "home/lake/raw/wistia/visitors/_manifests/000000000001.json: 192.0.2.77",
        "home/redshift.log: a secret: 012345…",
        "output: Ada Lovelace",
    ]
