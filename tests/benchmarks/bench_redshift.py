"""The endpoint against what lies under it: the engine without a wire, and the driver without a server."""

import contextlib
import itertools
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import redshift_connector

from sandbox.redshift import Endpoint, serve
from sandbox.redshift.process import ensure
from sandbox.redshift.translate.shown import NOTHING_SHOWN
from sandbox.redshift.translate.statement import translate

Result = tuple[str, str, str]

_ROWS = 100_000
_STATEMENTS = 2_000
_DIGITS = " union all ".join(f"select {n} as n" for n in range(10))
_WIDE = """
create table wide as select i, i * 7::bigint as b, 'text ' || i::varchar as s, i / 3.0::double precision as f,
    dateadd(second, i, '2024-01-01') as ts, i % 2 = 0 as odd, 'another text' as s2, i as i2, ts as ts2, f as f2
from (select a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n as i from d a, d b, d c, d, d e) x
"""
_QUERY = """
with recent as (select k, v, row_number() over (partition by k order by v desc) as rn from t)
select k, nvl(v, 0) as v, dateadd(day, 1, getdate()) as tomorrow from recent where rn = 1 order by k desc
"""


def run() -> list[Result]:
    """Returns name, ratio, and what it is compared with."""
    with tempfile.TemporaryDirectory() as folder:
        endpoint = ensure(Path(folder))
        try:
            with _session(endpoint) as session:
                found = [*_statements(session), *_load(Path(folder), session)]
        finally:
            os.kill(endpoint.pid, signal.SIGTERM)
            with contextlib.suppress(ChildProcessError):  # collected already, by who started it
                os.waitpid(endpoint.pid, 0)
        return found + _fetch() + _translation() + _clean()


@contextmanager
def _session(endpoint: Endpoint) -> Iterator[Any]:
    connection = redshift_connector.connect(
        host=endpoint.host, port=endpoint.port, database=endpoint.database, user=endpoint.user, password="", ssl=False
    )
    connection.autocommit = True
    try:
        yield connection.cursor()
    finally:
        connection.close()


def _seconds(act: Callable[[], Any], times: int = 3) -> float:
    """The best of a few runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        act()
        found.append(time.perf_counter() - start)
    return min(found)


def _statements(session: Any) -> list[Result]:
    engine = duckdb.connect()

    def served() -> None:
        for _ in range(_STATEMENTS):
            session.execute("select 1")

    def bare() -> None:
        for _ in range(_STATEMENTS):
            engine.execute("select 1").fetchall()

    ratio = _seconds(served) / _seconds(bare)
    engine.close()
    return [("prepared `select 1` through the driver", f"{ratio:.2f} x", "the same in DuckDB in process")]


def _processor_seconds(act: Callable[[], Any], times: int = 3) -> float:
    """The least processor time of all threads of this process; what else the machine does counts little."""
    found = []
    for _ in range(times):
        start = time.process_time()
        act()
        found.append(time.process_time() - start)
    return min(found)


def _fetch() -> list[Result]:
    """Driver and endpoint in one process, so that its processor time is the work of both."""

    def fetch(cursor: Any) -> None:
        cursor.execute("select * from wide")
        assert len(cursor.fetchall()) == _ROWS

    with tempfile.TemporaryDirectory() as folder, serve(None, Path(folder)) as endpoint, _session(endpoint) as session:
        session.execute(f"create table d as {_DIGITS}")
        session.execute(_WIDE)
        whole = _processor_seconds(lambda: fetch(session))
        with _replaying(endpoint) as canned, _session(canned) as replayed:
            fetch(replayed)  # through to the endpoint, and recorded
            decoding = _processor_seconds(lambda: fetch(replayed))
    what = "the driver's own processor time to decode the same bytes"
    return [(f"fetch of {_ROWS:,} rows of 10 columns, processor time of both sides", f"{whole / decoding:.2f} x", what)]


@contextmanager
def _replaying(endpoint: Endpoint) -> Iterator[Endpoint]:
    """A server that passes a session on to the endpoint, and answers what was asked before from memory."""
    listener = socket.create_server(("127.0.0.1", 0))

    def converse() -> None:
        client, _ = listener.accept()
        upstream = socket.create_connection((endpoint.host, endpoint.port))
        known: dict[bytes, bytes] = {}
        with client, upstream:
            while asked := client.recv(1 << 16):
                if asked[:1] == b"X":
                    return
                # The driver waits for each answer, so one request is one piece, up to its Sync or start-up packet.
                while not asked.endswith(b"S\0\0\0\x04") and asked[:1] != b"\0":
                    asked += client.recv(1 << 16)
                if asked not in known:
                    upstream.sendall(asked)
                    known[asked] = _answer(upstream)
                client.sendall(known[asked])

    threading.Thread(target=converse, daemon=True).start()
    try:
        yield Endpoint("127.0.0.1", listener.getsockname()[1], endpoint.database, endpoint.user)
    finally:
        listener.close()


def _answer(upstream: socket.socket) -> bytes:
    found = bytearray()
    while found[-6:-1] != b"Z\0\0\0\x05":
        found += upstream.recv(1 << 20)
    return bytes(found)


def _load(folder: Path, session: Any) -> list[Result]:
    columns = (
        "i::bigint AS id, md5(i::VARCHAR) AS k, 'name ' || i AS name, TIMESTAMP '2024-01-01' AS ts, i % 7 AS plays"
    )
    path = folder / "lake" / "visitors.parquet"
    path.parent.mkdir()
    with duckdb.connect() as engine:
        engine.execute(f"COPY (SELECT {columns} FROM range(110000) t(i)) TO '{path}' (FORMAT parquet)")
        engine.execute(
            "CREATE TABLE v (id BIGINT NOT NULL, k VARCHAR NOT NULL, name VARCHAR, ts TIMESTAMP, plays BIGINT)"
        )

        def bare() -> None:
            engine.execute("DELETE FROM v")
            engine.execute(f"INSERT INTO v SELECT * FROM read_parquet('{path}')")

        plain = _seconds(bare)
    session.execute(
        "create table v (id bigint not null, k varchar(64) not null, name varchar(200), ts timestamp, plays bigint)"
    )

    def served() -> None:
        session.execute("delete from v")
        session.execute("copy v from 's3://lake/visitors.parquet' iam_role default format as parquet")

    what = "DELETE and INSERT from read_parquet in process, without lengths to check"
    return [("DELETE and COPY of 110,000 visitors", f"{_seconds(served) / plain:.2f} x", what)]


def _clean() -> list[Result]:
    def serve_and_end() -> None:
        with tempfile.TemporaryDirectory() as folder, serve(None, Path(folder)):
            pass

    serve_and_end()
    ratio = _processor_seconds(serve_and_end) / 0.1
    return [("a clean endpoint for a test, with its end", f"{ratio:.2f} x", "100 ms of processor time")]


def _translation() -> list[Result]:
    views = NOTHING_SHOWN

    unseen = (f"{_QUERY} limit {number}" for number in itertools.count())

    def fresh() -> None:
        translate(next(unseen), (), views)

    def known() -> None:
        for _ in range(1000):
            translate(_QUERY, (), views)

    share = _seconds(known) / 1000 / _seconds(fresh)
    return [("translation of a statement seen before", f"{share:.4f} x", "the first translation of it")]
