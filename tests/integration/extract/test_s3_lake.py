"""The lake in S3: answers that are lost, storages in trouble, and what is said to whoever has to mend it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import open_lake, s3
from extract.lake.s3 import S3Lake
from extract.lake.s3_errors import S3Refused
from tests.storage import CREDENTIALS, Fault, Storage, storage

PLANTED = re.compile("planted")
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


@pytest.fixture
def lake(server: Storage, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Lake]:
    """A lake in a bucket of its own; whoever waits between attempts does not."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    bucket = server.create()
    server.requests.clear()
    yield S3Lake(bucket, server.endpoint_url)
    left, server.faults = server.faults, []
    server.before = lambda _: None
    assert left == [], "not every fault was played"


def asked(server: Storage, method: str) -> int:
    return sum(request.method == method for request in server.requests)


LOST = {
    "the connection breaks off before it is stored": Fault("PUT"),
    "the connection breaks off after it was stored": Fault("PUT", served=True),
    "500 after it was stored": Fault("PUT", served=True, status=500, code="InternalError"),
    "500 before it is stored": Fault("PUT", status=500, code="InternalError"),
    "503 SlowDown": Fault("PUT", status=503, code="SlowDown"),
    "an answer without words": Fault("PUT", status=502),
}


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_commit_whose_answer_was_lost_is_ours(lake: S3Lake, server: Storage, fault: Fault) -> None:
    server.faults = [fault]
    assert lake.put_if_absent("m", b"ours")
    assert lake.get("m") == b"ours"


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_a_lost_answer_does_not_make_anothers_commit_ours(lake: S3Lake, server: Storage, fault: Fault) -> None:
    lake.put("m", b"theirs")
    server.faults = [fault]
    assert not lake.put_if_absent("m", b"ours")
    assert lake.get("m") == b"theirs"


@pytest.mark.parametrize("fault", LOST.values(), ids=LOST.keys())
def test_of_a_commit_no_answer_to_which_arrives_the_object_says_whose_it_is(
    lake: S3Lake, server: Storage, fault: Fault
) -> None:
    server.faults = [fault] * s3.ATTEMPTS
    if fault.served:
        assert lake.put_if_absent("m", b"ours")
    else:
        with pytest.raises(S3Refused, match="could not be written"):
            lake.put_if_absent("m", b"ours")
    assert asked(server, "PUT") == s3.ATTEMPTS


def test_a_conflict_with_another_writer_is_tried_again(lake: S3Lake, server: Storage) -> None:
    server.faults = [Fault("PUT", status=409, code="ConditionalRequestConflict")] * 3
    assert lake.put_if_absent("m", b"ours")
    assert lake.get("m") == b"ours"


def test_a_conflict_that_another_writer_won_is_lost(lake: S3Lake, server: Storage) -> None:
    lake.put("m", b"theirs")
    server.faults = [Fault("PUT", status=409, code="ConditionalRequestConflict")]
    assert not lake.put_if_absent("m", b"ours")


def test_conflicts_without_end_are_told(lake: S3Lake, server: Storage) -> None:
    server.faults = [Fault("PUT", status=409, code="ConditionalRequestConflict")] * s3.ATTEMPTS
    with pytest.raises(S3Refused, match="other writers of the same object"):
        lake.put_if_absent("m", b"ours")


def test_what_existed_and_is_gone_when_it_is_read_back_is_written_after_all(lake: S3Lake, server: Storage) -> None:
    server.faults = [Fault("PUT", status=412, code="PreconditionFailed")]
    assert lake.put_if_absent("m", b"ours")
    assert lake.get("m") == b"ours"


def test_a_storage_that_knows_no_conditional_writes_is_refused(
    lake: S3Lake, server: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "is_conditional", False)
    with pytest.raises(ConfigurationError, match="overwrites what exists although it is told not to"):
        lake.put_if_absent("m", b"ours")


def test_conditional_writes_are_proved_once(lake: S3Lake, server: Storage) -> None:
    for number in range(3):
        assert lake.put_if_absent(f"m{number}", b"ours")
    assert asked(server, "PUT") == 4


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_body_that_breaks_off_is_read_again(lake: S3Lake, server: Storage, share: float) -> None:
    lake.put("a", b"x" * 100_000)
    server.faults = [Fault("GET", served=True, share=share)] * 2
    assert lake.get("a") == b"x" * 100_000


def test_bodies_that_always_break_off_are_told(lake: S3Lake, server: Storage) -> None:
    lake.put("a", b"x" * 100_000)
    server.faults = [Fault("GET", served=True, share=0.5)] * s3.ATTEMPTS
    with pytest.raises(S3Refused, match="break off or arrive damaged"):
        lake.get("a")


@pytest.mark.parametrize("verb", ["get", "put", "put_file", "delete", "list_after"])
@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_a_storage_in_trouble_is_asked_again(
    lake: S3Lake, server: Storage, verb: str, code: str, tmp_path: Path
) -> None:
    lake.put("a", b"1")
    method = {"get": "GET", "list_after": "GET", "delete": "DELETE"}.get(verb, "PUT")
    server.faults = [Fault(method, status=503 if code == "SlowDown" else 500, code=code)] * (s3.ATTEMPTS - 1)
    do(lake, verb, tmp_path)


@pytest.mark.parametrize("verb", ["get", "put", "put_file", "put_if_absent", "delete", "list_after"])
def test_a_denial_names_the_object_and_the_right(lake: S3Lake, server: Storage, verb: str, tmp_path: Path) -> None:
    method = {"get": "GET", "list_after": "GET", "delete": "DELETE"}.get(verb, "PUT")
    server.faults = [Fault(method, status=403, code="AccessDenied")]
    with pytest.raises(S3Refused) as refused:
        do(lake, verb, tmp_path)
    right = {"get": "GetObject", "list_after": "ListBucket", "delete": "DeleteObject"}.get(verb, "PutObject")
    assert f"s3:{right}" in str(refused.value)
    assert f"s3://{lake.bucket}/" in str(refused.value)
    assert "What was committed before is kept" in str(refused.value)
    assert not PLANTED.search(str(refused.value))


def do(lake: S3Lake, verb: str, folder: Path) -> Any:
    """Use a verb on the object ``a``."""
    (folder / "local").write_bytes(b"1")
    arguments: dict[str, Any] = {"put": b"1", "put_if_absent": b"1", "put_file": folder / "local"}
    done = getattr(lake, verb)("a", *([arguments[verb]] if verb in arguments else []))
    return list(done) if verb == "list_after" else done


def test_a_large_file_goes_in_parts_and_none_stays_behind(lake: S3Lake, server: Storage, tmp_path: Path) -> None:
    with (tmp_path / "local").open("wb") as file:
        file.truncate(40 * MEBIBYTE)
    lake.put_file("a", tmp_path / "local")
    parts = [request for request in server.requests if "partNumber" in request.query]
    assert len(parts) == 3
    assert all(part.bytes <= 16 * MEBIBYTE for part in parts)
    server.requests.clear()
    server.faults = [Fault("PUT", status=403, code="AccessDenied")]
    with pytest.raises(S3Refused, match="s3:PutObject"):
        lake.put_file("b", tmp_path / "local")
    assert [request.query.partition("=")[0] for request in server.requests if request.method == "DELETE"] == [
        "uploadId"
    ]
    assert [info.key for info in lake.list_after("")] == ["a"]


REFUSED = {
    "no such bucket": (Fault("GET", status=404, code="NoSuchBucket"), "there is no such bucket; create it"),
    "denied": (Fault("GET", status=403, code="AccessDenied"), "it needs s3:ListBucket"),
    "an unknown key": (Fault("GET", status=403, code="InvalidAccessKeyId"), "credentials are not accepted"),
    "a wrong secret": (Fault("GET", status=403, code="SignatureDoesNotMatch"), "credentials are not accepted"),
    "expired": (Fault("GET", status=400, code="ExpiredToken"), "credentials have expired; log in again"),
    "a wrong clock": (Fault("GET", status=403, code="RequestTimeTooSkewed"), "clock of this machine"),
    "anything else": (Fault("GET", status=400, code="Whatever"), r"400 Whatever"),
}


@pytest.mark.parametrize(("fault", "says"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_with_a_bucket_is_told_when_it_is_opened(
    lake: S3Lake, server: Storage, fault: Fault, says: str
) -> None:
    server.faults = [fault]
    with pytest.raises(ConfigurationError, match=says) as refused:
        open_lake(f"s3://{lake.bucket}", server.endpoint_url)
    assert f"lake: s3://{lake.bucket} cannot be used" in str(refused.value)
    assert not PLANTED.search(str(refused.value))


def test_a_bucket_in_another_region_is_told_with_its_region(lake: S3Lake, server: Storage) -> None:
    where = {"x-amz-bucket-region": "eu-west-1"}
    server.faults = [Fault("GET", status=301, code="PermanentRedirect", headers=where)] * 2
    with pytest.raises(ConfigurationError, match="another region; set AWS_REGION to eu-west-1"):
        open_lake(f"s3://{lake.bucket}", server.endpoint_url)
    server.faults.clear()


def test_a_storage_in_lasting_trouble_is_no_wrong_configuration(lake: S3Lake, server: Storage) -> None:
    server.faults = [Fault("GET", status=503, code="SlowDown")] * s3.ATTEMPTS
    with pytest.raises(S3Refused, match="503 SlowDown, also when asked again") as refused:
        open_lake(f"s3://{lake.bucket}", server.endpoint_url)
    assert refused.value.exit_code == ReelhouseError.exit_code


def test_opening_asks_once(lake: S3Lake, server: Storage) -> None:
    open_lake(f"s3://{lake.bucket}/", server.endpoint_url)
    assert len(server.requests) == 1


def test_no_network(lake: S3Lake) -> None:
    with pytest.raises(ConfigurationError, match=r"http://127\.0\.0\.1:9 does not answer .*look at the network"):
        open_lake(f"s3://{lake.bucket}", "http://127.0.0.1:9")


def test_no_credentials(lake: S3Lake, server: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    with pytest.raises(ConfigurationError, match=r"no AWS credentials .*aws sso login"):
        open_lake(f"s3://{lake.bucket}", server.endpoint_url)


@pytest.mark.parametrize(
    "variables",
    [{"AWS_PROFILE": "nobody"}, {"AWS_CONFIG_FILE": __file__}, {"AWS_DEFAULT_REGION": "no such region"}],
    ids=["profile", "file", "region"],
)
def test_a_wrong_aws_configuration(
    variables: dict[str, str], lake: S3Lake, server: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="AWS configuration cannot be used"):
        open_lake(f"s3://{lake.bucket}", server.endpoint_url)


def test_engines_and_copy_read_the_object_at_its_address(lake: S3Lake) -> None:
    assert lake.engine_path("a/b") == lake.url("a/b") == f"s3://{lake.bucket}/a/b"
