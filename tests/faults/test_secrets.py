"""The token reaches the Authorization header and nothing else, whatever goes wrong."""

import gc
import gzip
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

import extract.http
from extract.errors import ReelhouseError
from extract.http import _Bearer
from extract.settings import load_secrets, load_settings
from extract.writer import StreamWriter
from orchestration import cli
from sandbox.wistia import process
from tests.integration.extract.account import AS_OF, Account, event, visitor
from tests.integration.extract.server import Answer, Answered, Asked, Served, served

TOKEN = "planted-t0ken-0123456789abcdef"
HEATMAP = "heatmap-s3cret"
CONFIG = """\
wistia: {{base_url: "{base_url}", requests_per_minute: 1000000}}
lake: "file:lake"
warehouse: "sandbox:."
"""
ECHO = f'{{"error": "{TOKEN}", "code": "{TOKEN}"}}'.encode()
REFLECTED = {"X-Token": TOKEN, "Server": TOKEN, "Retry-After": TOKEN, "WWW-Authenticate": f'Bearer "{TOKEN}"'}


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WISTIA_API_TOKEN", TOKEN)
    monkeypatch.setattr(extract.http, "ATTEMPTS", 2)
    monkeypatch.setattr(extract.http, "backoff", lambda *_: 0.0)
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def account() -> Account:
    account = Account(token=TOKEN)
    account.visitors = [visitor(1, AS_OF)]
    account.events = [event(1, AS_OF)]
    return account


def command(home: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run a command as a person does, but in this process; return its exit code."""
    where = ["--home", str(home), "--as-of", AS_OF.isoformat(), "--json"]
    monkeypatch.setattr(sys, "argv", ["reelhouse", *arguments, *where])
    try:
        cli.main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def written(home: Path) -> str:
    """Return everything in a folder: names, and contents, unpacked."""
    pieces = []
    for path in home.rglob("*"):
        pieces.append(str(path).encode())
        if path.is_file():
            data = path.read_bytes()
            pieces += [data, gzip.decompress(data) if path.suffix == ".gz" else b""]
    return b"\n".join(pieces).decode("latin-1")


def spoilt(answered: Answered) -> Callable[[Account], Answer]:
    """Answer the list of visitors so, and everything else well."""
    return lambda account: lambda asked: answered if asked.path.endswith("/visitors") else account.answer(asked)


FAILURES: dict[str, Callable[[Account], Answer]] = {
    "401": spoilt(Answered(ECHO, 401, REFLECTED)),
    "403": spoilt(Answered(ECHO, 403, REFLECTED)),
    "400": spoilt(Answered(ECHO, 400, REFLECTED)),
    "404": spoilt(Answered(ECHO, 404, REFLECTED)),
    "429": spoilt(Answered(ECHO, 429, REFLECTED, content_type="text/plain")),
    "500": spoilt(Answered(ECHO, 500, REFLECTED)),
    "503": spoilt(Answered(TOKEN.encode(), 503, REFLECTED, content_type="text/html")),
    "error object with a good status": spoilt(Answered(ECHO, 200, REFLECTED)),
    "plain text with a good status": spoilt(Answered(TOKEN.encode(), 200, REFLECTED, content_type="text/plain")),
    "reset": spoilt(Answered(reset=True)),
    "cut": spoilt(Answered(b"[" + ECHO * 9 + b"]", 200, REFLECTED, sent=40)),
    "everything refused": lambda _: lambda _: Answered(ECHO, 401, REFLECTED),
    "nothing wrong": lambda account: account.answer,
}


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_printed_or_written_holds_it(
    failure: str, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(FAILURES[failure](account)) as server:
        (tmp_path / "reelhouse.yaml").write_text(CONFIG.format(base_url=server.base_url))
        code = command(tmp_path, monkeypatch, "extract" if failure == "nothing wrong" else "run")
        assert (code == 0) == (failure == "nothing wrong")
        assert server.asked
        assert all(asked.headers["Authorization"] == f"Bearer {TOKEN}" for asked in server.asked)
        assert not any(TOKEN in asked.path + str(asked.parameters) for asked in server.asked)
    printed = "".join(capfd.readouterr())
    assert printed
    assert TOKEN not in printed + written(tmp_path)
    assert HEATMAP not in printed + written(tmp_path)
    assert "Traceback" not in printed
    if failure != "everything refused":
        assert list(tmp_path.rglob("*.gz")), "there was something to look through"
    if failure not in {"nothing wrong", "404"}:
        assert list(tmp_path.rglob("runs/*.json"))


def test_a_redirection_to_another_host_does_not_take_it_there(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def redirect(other: Served) -> Callable[[Asked], Answered]:
        return lambda _: Answered(b"", 302, {"Location": f"{other.base_url}/medias?token={TOKEN}"})

    with served(account.answer) as other, served(redirect(other)) as server:
        (tmp_path / "reelhouse.yaml").write_text(CONFIG.format(base_url=server.base_url))
        assert command(tmp_path, monkeypatch, "run") == 3
        assert other.asked == []
    assert TOKEN not in "".join(capfd.readouterr()) + written(tmp_path)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_broken_tls_and_a_host_that_is_not_there(
    scheme: str,
    account: Account,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with served(account.answer) as server:
        address = server.base_url.replace("http", scheme) if scheme == "https" else "http://127.0.0.1:9/v1"
        (tmp_path / "reelhouse.yaml").write_text(CONFIG.format(base_url=address))
        assert command(tmp_path, monkeypatch, "run") == 2
        assert server.asked == []
    printed = "".join(capfd.readouterr())
    assert "cannot be reached" in printed
    assert TOKEN not in printed + written(tmp_path)


@pytest.mark.parametrize(
    "config",
    [
        f"wistia: {{token: {TOKEN}}}",
        f'wistia: {{token: "{TOKEN}',
        f"wistia:\n  token: {TOKEN}: x\n",
        f"wistia: {{timeout: {TOKEN}}}",
        f"wistia: {TOKEN}",
        f"wistia: *{TOKEN}",
        f"wistia: !{TOKEN} x",
        TOKEN,
        f"wistia: {{base_url: 'https://{TOKEN}@api.wistia.com/v1'}}",
        f"wistia: {{base_url: 'https://api.wistia.com/v1?api_password={TOKEN}'}}",
        f"wistia: {{base_url: 'https://api.wistia.com/{TOKEN}'}}",
        f"wistia: {{medias: {TOKEN}}}",
    ],
)
def test_a_token_in_a_wrong_place_of_the_configuration_is_not_repeated(config: str, tmp_path: Path) -> None:
    file = tmp_path / "reelhouse.yaml"
    file.write_text(config)
    with pytest.raises(ReelhouseError) as raised:
        load_settings(file)
    assert TOKEN not in "".join(traceback.format_exception(raised.value))


def test_a_crash_shows_none_in_a_traceback_with_all_local_values(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("a fault of reelhouse itself")

    with served(account.answer) as server:
        (tmp_path / "reelhouse.yaml").write_text(CONFIG.format(base_url=server.base_url))
        monkeypatch.setattr(StreamWriter, "land", crash)
        with pytest.raises(RuntimeError) as raised:
            command(tmp_path, monkeypatch, "run")
    frames = raised.tb.tb_next and raised.tb.tb_next.tb_next  # without those of the test, which knows the token
    shown = "".join(traceback.TracebackException(RuntimeError, raised.value, frames, capture_locals=True).format())
    assert "self = <extract" in shown
    assert TOKEN not in shown + "".join(capfd.readouterr()) + written(tmp_path)


def test_no_object_of_a_run_shows_it_or_can_be_pickled_with_it(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: dict[str, list[str]] = {}
    pickled: dict[str, list[bytes]] = {}
    gc.collect()
    earlier = {id(thing): thing for thing in gc.get_objects()}  # what other tests left behind is none of this run

    def look(self: StreamWriter, *_: object) -> None:
        for thing in gc.get_objects():
            if id(thing) not in earlier and str(type(thing).__module__).partition(".")[0] in {
                "extract",
                "orchestration",
            }:
                shown.setdefault(type(thing).__name__, []).append(f"{thing!r} {thing} {getattr(thing, '__dict__', '')}")
                try:
                    pickled.setdefault(type(thing).__name__, []).append(pickle.dumps(thing))
                except (TypeError, AttributeError, pickle.PicklingError):
                    continue
        raise RuntimeError("enough")

    with served(account.answer) as server:
        (tmp_path / "reelhouse.yaml").write_text(CONFIG.format(base_url=server.base_url))
        monkeypatch.setattr(StreamWriter, "land", look)
        with pytest.raises(RuntimeError):
            command(tmp_path, monkeypatch, "run")
    assert shown.keys() >= {"Http", "_Bearer", "Secrets", "Context", "Settings", "Fetcher", "StreamWriter"}
    assert not [name for name, texts in shown.items() if any(TOKEN in text for text in texts)]
    assert pickled
    assert not [name for name, data in pickled.items() if any(TOKEN.encode() in one for one in data)]


@pytest.mark.parametrize("holder", [load_secrets, lambda: _Bearer(SecretStr(TOKEN))])
def test_what_holds_it_refuses_to_be_pickled(holder: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(holder())


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows what a process was given")
def test_a_process_of_the_sandbox_is_not_given_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDSHIFT_PASSWORD", TOKEN)
    simulator = process.ensure(tmp_path, profile="small", idle=5)
    try:
        given = [Path(f"/proc/{simulator.pid}/{what}").read_bytes() for what in ("environ", "cmdline")]
        assert all(given)
        assert not any(TOKEN.encode() in data for data in given)
        assert TOKEN not in written(tmp_path)
    finally:
        os.kill(simulator.pid, signal.SIGTERM)
