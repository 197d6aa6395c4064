"""Rows of files: each kind of file and of dirt, through the whole extraction."""

import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml

from extract.lake import DirectoryLake
from tests.integration.extract.landing import Landing

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases/extract/streampulse_rows.yaml").read_text(encoding="utf-8"))


def content(case: dict[str, Any]) -> bytes:
    if "latin" in case:
        return str(case["latin"]).encode("latin-1")
    members = [member.encode() for member in case.get("members", [case.get("text", "")])]
    if not case["file"].endswith(".gz"):
        return b"".join(members)
    data = b"".join(gzip.compress(member, 0 if case.get("stored") else 9) for member in members)
    return data[: len(data) - case.get("cut", 0)]


def expected(row: dict[str, Any], encoding: str) -> dict[str, Any]:
    return {"bytes": row["bytes"].encode(encoding)} if "bytes" in row else row


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_rows_of_a_file(case: dict[str, Any], tmp_path: Path) -> None:
    landing = Landing(DirectoryLake(tmp_path, "lake"))
    feed = case["file"].partition(".")[0]
    landing.drop(f"{feed}/{case['file']}", content(case))
    landing.drop("content_metadata/good.csv", b"content_id,title\nbeside,it\n")
    report = landing.extract()
    (stream,) = (stream for stream in report.streams if stream.stream == f"streampulse/{feed}")
    records = [record for record in landing.records(stream.stream) if record != {"content_id": "beside", "title": "it"}]
    if "refused" in case:
        assert [case["refused"] in refused for refused in stream.refused] == [True]
        assert records == []
    elif "raw" in case:
        texts = [line.decode().partition(',"record":')[2][:-1] for line in landing.lines(stream.stream)]
        assert texts == case["raw"]
    else:
        assert stream.refused == ()
        assert records == [expected(row, "latin-1" if "latin" in case else "utf-8") for row in case["then"]]


def test_a_line_says_where_it_comes_from(tmp_path: Path) -> None:
    landing = Landing(DirectoryLake(tmp_path, "lake"))
    landing.drop('playback/the "first".csv', b"playback_id,user_id\np1,u1\n\np2\n")
    landing.extract()
    ((manifest,),) = (landing.manifests(),)
    (file,) = manifest.files
    head = '{"_meta":{"key":"landing/streampulse/playback/the \\"first\\".csv"'
    told = f'"etag":"{file.etag}","last_modified":"{file.modified_at}"'
    first, second = (line.decode() for line in landing.lines())
    assert first.startswith(f'{head},{told},"row":1,"sent_at":"')
    assert first.endswith('"},"record":{"playback_id":"p1","user_id":"u1"}}')
    assert second.startswith(f'{head},{told},"row":2,"sent_at":"')
    assert (file.rows, file.unreadable, file.bytes) == (2, 1, 30)
