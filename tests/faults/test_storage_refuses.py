"""Fault 12: the storage refuses in the middle of a run; what was committed is kept, and the next run completes it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ReelhouseError
from tests.conftest import house
from tests.end_to_end.test_s3_run import house_in_s3
from tests.faults.test_killed_at_commit import TODAY, YESTERDAY, account, content
from tests.storage import Fault, Request, Storage, storage

EXPIRED = (Fault("PUT", status=400, code="ExpiredToken"), "credentials have expired; log in again")
SLOW = (Fault("PUT", status=503, code="SlowDown"), "503 SlowDown, also when asked again")
GONE = (Fault("PUT"), "does not answer")
HALF = (Fault("PUT", served=True), "")
PLACES = {
    "raw parts": "/raw/wistia/events/date",
    "a raw manifest": "/raw/wistia/events/_manifests",
    "staging": "/staging/wistia__viewing_session/",
    "a staging manifest": "/staging/_manifests",
}
CASES = [
    ("raw parts", *EXPIRED),
    ("a raw manifest", *HALF),
    ("staging", *SLOW),
    ("a staging manifest", *GONE),
]


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    for built in house(tmp_path_factory.mktemp("unharmed"), account()):
        built.run(YESTERDAY)
        built.run(TODAY)
        yield content(built)


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


@pytest.mark.long
@pytest.mark.parametrize(
    ("place", "fault", "says"),
    [pytest.param(*case, id=case[0]) for case in CASES],
)
def test_s3_refuses_in_mid_run(
    place: str,
    fault: Fault,
    says: str,
    server: Storage,
    unharmed: dict[str, list[tuple[Any, ...]]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    for built in house_in_s3(tmp_path, account(), server):
        built.run(YESTERDAY)
        refused: list[Request] = []

        def refuse(request: Request, refused: list[Request] = refused) -> None:
            if request.method == "PUT" and PLACES[place] in request.path:
                refused.append(request)
                server.faults.append(fault)

        server.before = refuse
        if says:
            with pytest.raises(ReelhouseError, match=says) as stopped:
                built.run(TODAY)
            assert "planted" not in str(stopped.value)
        else:
            built.run(TODAY)  # the object was stored, whatever came of the answer
        server.before = lambda _: None
        assert refused
        assert built.run(TODAY).outcome in {"published", "nothing new"}
        assert content(built) == unharmed


class FullFrom:
    """A disk that is full from the n-th time on that something is to reach it."""

    def __init__(self, turn: int) -> None:
        self._left = turn
        self._fsync = os.fsync

    def __call__(self, handle: int) -> None:
        self._left -= 1
        if self._left <= 0:
            raise OSError(28, "No space left on device")
        self._fsync(handle)


@pytest.mark.parametrize("turn", [9, pytest.param(30, marks=pytest.mark.long)])
def test_the_disk_is_full_in_mid_run(
    turn: int, unharmed: dict[str, list[tuple[Any, ...]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for built in house(tmp_path, account()):
        built.run(YESTERDAY)
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", FullFrom(turn))
            with pytest.raises(ReelhouseError, match=r"the disk is full\. What was committed before is kept"):
                built.run(TODAY)
        assert not list((tmp_path / "lake").rglob(".put-*"))
        assert built.run(TODAY).outcome in {"published", "nothing new"}
        assert content(built) == unharmed
