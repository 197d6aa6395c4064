"""The endpoint as users install it: nothing but what pyproject names for it can be imported."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from typing import Any

import pytest
import redshift_connector
import yaml
from packaging.requirements import Requirement

from sandbox.redshift.process import SERVICE
from tests.conftest import ROOT
from tests.integration.sandbox.redshift.test_conformance import CASES, place, plain, statements_of

_SERVE = """
import importlib.abc, sys
class Refusing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Refusing())
from sandbox.redshift.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def _installed(name: str, extras: frozenset[str], found: dict[str, set[str]]) -> dict[str, set[str]]:
    """A distribution and all that it brings along."""
    key = re.sub(r"[-_.]+", "-", name).lower()
    if extras <= found.get(key, set()) and key in found:
        return found
    found.setdefault(key, set()).update(extras)
    try:
        requires = distribution(name).requires or ()
    except PackageNotFoundError:
        return found
    for text in requires:
        wanted = Requirement(text)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            _installed(wanted.name, frozenset(wanted.extras), found)
    return found


def _refused() -> set[str]:
    """Modules that only other extras, and developers, have."""
    ours = _installed("reelhouse", frozenset({"local"}), {})
    names = {
        module: {re.sub(r"[-_.]+", "-", name).lower() for name in names}
        for module, names in packages_distributions().items()
    }
    return {module for module, names in names.items() if not names & ours.keys() and module not in _OURS}


_OURS = frozenset({"tests", "_virtualenv"})


@pytest.fixture(scope="module")
def cursor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Of a connection to an endpoint in a process that can import nothing else."""
    home = tmp_path_factory.mktemp("home")
    refused = _refused()
    assert {"numpy", "pandas", "pyarrow", "pyspark", "streamlit", "hypothesis"} <= refused
    assert not {"duckdb", "sqlglot", "boto3"} & refused
    text = f"REFUSED = frozenset({sorted(refused)!r})\n{_SERVE}"
    command = [sys.executable, "-c", text, "--home", str(home), "--idle", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            found = SERVICE.endpoint(home)
            while found is None and server.poll() is None:
                time.sleep(0.02)
                found = SERVICE.endpoint(home)
            assert found is not None, server.communicate()[0]
            with redshift_connector.connect(
                host="127.0.0.1", port=int(found["port"]), database="dev", user="awsuser", password="", ssl=False
            ) as connection:
                connection.autocommit = True
                yield connection.cursor()
        finally:
            server.terminate()


def test_every_function_answers(cursor: Any) -> None:
    """A function of DuckDB that is written in Python needs numpy, for one, which nobody is told to install."""
    asked = 0
    for case in (case for file in sorted(CASES.glob("*.yaml")) for case in yaml.safe_load(file.read_text())):
        statements = statements_of(case)
        if "rows" not in case or place(statements) == "cursor":
            continue
        for statement in ["begin", *statements]:
            cursor.execute(statement)
        assert [[plain(value) for value in row] for row in cursor.fetchall()] == case["rows"], case
        cursor.execute("rollback")
        asked += 1
    assert asked > 150


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_files_are_written_and_read(cursor: Any, form: str) -> None:
    options = {"json": "json 'auto'"}.get(form, form)
    for statement in (
        "drop table if exists t",
        "create table t (a int, b varchar(9), c decimal(5, 2), d timestamp, e char(3))",
        "insert into t values (1, 'one', 1.5, '2026-01-02 03:04:05', 'x'), (null, null, null, null, null)",
        f"unload ('select * from t') to 's3://lake/{form}/' iam_role default format {form} manifest",
        f"copy t from 's3://lake/{form}/manifest' iam_role default {options} manifest",
    ):
        cursor.execute(statement)
    cursor.execute("select count(*), count(a), sum(c) from t")
    assert [[plain(value) for value in row] for row in cursor.fetchall()] == [[4, 2, "3.00"]]
