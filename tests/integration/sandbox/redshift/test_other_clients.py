"""psql and psycopg: the simple protocol, text results, other formats of parameters."""

import shutil
import subprocess

import psycopg
import pytest

from sandbox.redshift import Endpoint

_PSQL = ("psql", "-X", "-A")


def test_psycopg(endpoint: Endpoint) -> None:
    with psycopg.connect(
        host=endpoint.host, port=endpoint.port, user=endpoint.user, dbname=endpoint.database, autocommit=True
    ) as connection:
        row = connection.execute("select %s + 1, %s, %s, 1.50::decimal(5, 2)", (1, "a", None)).fetchone()
        assert row is not None
        assert [str(value) for value in row] == ["2", "a", "None", "1.50"]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_psql(endpoint: Endpoint) -> None:
    script = """
        create table t (a int, b varchar(5), c boolean, d timestamp, e double precision, f date);
        insert into t values (1, 'x', true, '2024-01-01 10:00:00.5'
          , 2, '2024-01-01'), (2, null, false, null, 0.1, null);
        select * from t order by a; select nosuch; -- the end
        select count(*) from t;
    """
    shown = subprocess.run(
        [*_PSQL, "-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user, "-d", endpoint.database],
        input=script, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert shown.stdout.splitlines() == [
        "CREATE TABLE",
        "INSERT 0 2",
        "a|b|c|d|e|f",
        "1|x|t|2024-01-01 10:00:00.5|2|2024-01-01",
        "2||f||0.1|",
        "(2 rows)",
        "count",
        "2",
        "(1 row)",
    ]
    assert 'column "nosuch" does not exist' in shown.stderr


def test_several_statements_in_one_simple_query(endpoint: Endpoint) -> None:
    command = [*_PSQL, "-t", "-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user]
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    shown = subprocess.run(
        [*command, "-d", endpoint.database, "-c", "begin; create table t (a int); select 1; select nosuch; select 2"],
        capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert "1" in shown.stdout
    assert "2" not in shown.stdout
    assert "nosuch" in shown.stderr


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_what_psql_shows_of_the_database(endpoint: Endpoint) -> None:
    script = "create table t (a int); create view v as select a from t; create user reader password disable;\n"
    shown = subprocess.run(
        [*_PSQL, "-t", "-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user, "-d", endpoint.database],
        input=script + "\\dn\n\\dt\n\\dv\n\\d\n\\l\n\\du\n", capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    assert shown.stderr == ""
    table, view = "public|t|table|awsuser", "public|v|view|awsuser"
    expected = ["public|awsuser", table, view, table, view, "dev|awsuser|UTF8|C|C||libc|"]
    assert shown.stdout.splitlines()[3:9] == expected
    assert [line.split("|")[0] for line in shown.stdout.splitlines()[9:]] == ["awsuser", "reader"]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not installed")
def test_what_psql_shows_of_a_relation(endpoint: Endpoint) -> None:
    """Of psql 13 to 17, which ask in different ways: what each of them shows."""
    script = r"""
        create table t (id int identity(1, 1) primary key, a varchar(10) not null default 'x', d decimal(10, 2));
        create view v as select id, a from t; create user reader password disable;
        comment on table t is 'a table'; comment on column t.a is 'a column';
        grant select, insert on t to reader; grant usage on schema public to reader;
        \d t
        \d+ t
        \d+ v
        \dt+
        \dn+
        \du+
        \df
        \l+
        \z
        \dC int*
        \dd
        \do
        \dc
        \dD
    """
    shown = subprocess.run(
        [*_PSQL, "-h", endpoint.host, "-p", str(endpoint.port), "-U", endpoint.user, "-d", endpoint.database],
        input="\n".join(line.strip() for line in script.splitlines()),
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert shown.stderr == ""
    lines = shown.stdout.splitlines()
    for expected in (
        "a|character varying(10)||not null|'x'",
        "d|numeric(10,2)|||",
        '"t_pkey" PRIMARY KEY, btree (id)',
        "reader=ar/awsuser|",
        "reader=U/awsuser|",
        "integer|bigint||yes",
    ):
        assert any(expected in line for line in lines), expected
    assert [line for line in lines if line.startswith('id|integer||not null|"identity"(') and "'1,1'::text)" in line]
    assert [line for line in lines if line.startswith("a|character varying(10)") and line.endswith("|a column")]
    assert [line for line in lines if line.startswith("public|t|table|awsuser|") and line.endswith("|a table")]
    assert "select id, a from public.t" in lines
