"""`reelhouse sandbox …` in the foreground, and the fixtures that other projects import."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redshift_connector
from redshift_connector.error import Error

from sandbox.redshift import Endpoint
from sandbox.redshift.pytest import redshift_endpoint, redshift_lake

__all__ = ["redshift_endpoint", "redshift_lake"]


@contextmanager
def serving(home: Path, *arguments: str, until: str) -> Iterator[list[str]]:
    """What the command has said when it is ready; it is interrupted as by Ctrl-C when the context ends."""
    command = [sys.executable, "-m", "orchestration", "sandbox", *arguments, "--home", str(home)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as server:
        assert server.stdout is not None
        said = []
        try:
            for line in server.stdout:
                said.append(line)
                if until in line:
                    break
            yield said
        finally:
            server.send_signal(signal.SIGINT)
            rest = server.stdout.read()
    assert server.returncode == 0, [*said, rest]
    assert "Traceback" not in rest


def query(home: Path, statement: str, password: str = "") -> list[list[object]]:
    port = json.loads((home / "endpoint.json").read_text())["port"]
    with redshift_connector.connect(
        host="127.0.0.1", port=port, database="dev", user="awsuser", password=password, ssl=False
    ) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def test_an_endpoint_alone_keeps_what_was_committed(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("Secret1\n")
    with serving(tmp_path / "home", "redshift", "--password-file", str(password), until="Ctrl-C") as said:
        assert "Secret1" not in "".join(said)
        assert any(line.startswith("Redshift ") for line in said)
        query(tmp_path / "home", "create table t as select 1 as a", "Secret1")
    with serving(tmp_path / "home", "redshift", "--serializable", until="Ctrl-C"):
        assert query(tmp_path / "home", "select a from t") == [[1]]
        assert query(tmp_path / "home", "show transaction_isolation") == [["SERIALIZABLE"]]
    assert not (tmp_path / "home" / "endpoint.json").exists()


def test_all_of_it_with_a_local_s3(tmp_path: Path) -> None:
    with serving(tmp_path, "--s3", until="Ctrl-C") as said:
        assert [line.split()[0] for line in said if not line.startswith(" ")] == ["Wistia", "S3", "Redshift", "Ctrl-C"]
        with pytest.raises(Error, match="bucket does not exist"):
            query(tmp_path, "unload ('select 1 as a') to 's3://nosuchbucket/x' iam_role default")
    assert not (tmp_path / "s3.json").exists()


def test_a_second_one_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, "redshift", until="Ctrl-C"):
        again = [sys.executable, "-m", "orchestration", "sandbox", "redshift", "--home", str(tmp_path)]
        second = subprocess.run(again, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert "already running" in second.stderr


@pytest.mark.parametrize("number", [1, 2])
def test_the_fixture_is_clean_for_each_test(number: int, redshift_endpoint: Endpoint, redshift_lake: Path) -> None:
    (redshift_lake / "bucket").mkdir()
    (redshift_lake / "bucket" / "rows.csv").write_text(f"{number}\n")
    with redshift_connector.connect(
        host=redshift_endpoint.host, port=redshift_endpoint.port, database=redshift_endpoint.database,
        user=redshift_endpoint.user, password="", ssl=False,
    ) as connection:  # fmt: skip
        cursor = connection.cursor()
        cursor.execute("create table t (a int)")
        cursor.execute("copy t from 's3://bucket/rows.csv' iam_role default csv")
        cursor.execute("select a from t")
        assert cursor.fetchall() == ([number],)
        connection.commit()
