"""The same answers as a real PostgreSQL 15, wherever Redshift is documented to agree with it."""

import datetime
import itertools
import math
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from sandbox.redshift import serve

_CORPUS = Path(__file__).parents[3] / "cases" / "redshift_portable" / "corpus.yaml"
_PLACES = os.pathsep.join(["/usr/lib/postgresql/15/bin", os.environ.get("PATH", "")])
_INITDB, _POSTGRES = (shutil.which(name, path=_PLACES) for name in ("initdb", "postgres"))
_VERSION = "15."


def statements() -> list[Any]:
    """Every template with every combination of its values."""
    found = []
    for group in yaml.safe_load(_CORPUS.read_text()):
        names = list(group["values"])
        for chosen in itertools.product(*group["values"].values()):
            text = group["template"].format(**dict(zip(names, chosen, strict=True)))
            found.append(pytest.param(text, id=f"{group['about']}: {text}"))
    return found


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    """A PostgreSQL 15 of our own, in a folder of its own, for these tests."""
    if _INITDB is None or _POSTGRES is None:
        pytest.skip("PostgreSQL 15 is not installed (initdb, postgres): apt-get install postgresql-15")
    shown = subprocess.run([_POSTGRES, "--version"], capture_output=True, text=True, check=True).stdout
    if _VERSION not in shown:
        pytest.skip(f"another PostgreSQL is installed: {shown.strip()}")
    # PostgreSQL refuses to run as root, and then its folder has to belong to whom it runs as.
    user = "nobody" if os.geteuid() == 0 else None
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        port = free.getsockname()[1]
        free.close()
        data = f"{folder}/data"
        how = ["-A", "trust", "-U", "tester", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([_INITDB, "-D", data, *how], check=True, capture_output=True, user=user, cwd="/")
        listening = ["-h", "127.0.0.1", "-p", str(port), "-k", "", "-c", "fsync=off", "-c", "timezone=UTC"]
        with subprocess.Popen(
            [_POSTGRES, "-D", data, *listening], user=user, cwd="/", stderr=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stderr is not None
                assert any("ready to accept connections" in line for line in server.stderr)
                with psycopg.connect(
                    host="127.0.0.1", port=port, user="tester", dbname="postgres", autocommit=True
                ) as connection:
                    yield connection
            finally:
                server.terminate()
                server.communicate()


@pytest.fixture(scope="module")
def redshift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    with (
        serve(None, tmp_path_factory.mktemp("lake")) as endpoint,
        psycopg.connect(
            host=endpoint.host, port=endpoint.port, user=endpoint.user, dbname=endpoint.database, autocommit=True
        ) as connection,
    ):
        yield connection


@pytest.mark.parametrize("statement", statements())
def test_the_answer_is_postgresql_s(
    postgres: psycopg.Connection[Any], redshift: psycopg.Connection[Any], statement: str
) -> None:
    expected = [[_plain(value) for value in row] for row in postgres.execute(statement.encode()).fetchall()]
    found = [[_plain(value) for value in row] for row in redshift.execute(statement.encode()).fetchall()]
    assert found == expected


def _plain(value: Any) -> Any:
    """A value without the kind of number that it is, and floats to 12 digits."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal | float):
        return "nan" if math.isnan(value) else f"{float(value):.12g}"
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    return value
