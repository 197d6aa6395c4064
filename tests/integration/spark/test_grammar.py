"""The grammar against an oracle of its own: what it accepts is typed so, what it refuses is never typed.

The oracle reads text with Python's own parsers and knows nothing of the table of patterns.
"""

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.settings import Settings
from spark.contracts import parse_contract
from spark.engine import open_engine, using
from spark.engine.duckdb_engine import DuckDBEngine
from spark.leaves import leaf_columns
from spark.transforms.steps import judge
from tests.integration.spark.lakes import KEY, new_lake

KINDS = ("bigint", "integer", "double", "boolean", "date", "timestamp")
CONTRACT = parse_contract(
    "test__any.yaml",
    "{entity: test__any, stream: test/any, grain: one row per line, key: [k], version: [], columns: ["
    "{name: k, type: varchar(9), path: k, required: true, about: Key.},"
    "{name: r_varchar, type: varchar(8), path: v, required: true, about: Any.},"
    "{name: r_bigint, type: bigint, path: v, required: true, about: Any.},"
    + ",".join(f"{{name: a_{kind}, type: {kind}, path: v, about: Any.}}" for kind in KINDS)
    + ", {name: a_varchar, type: varchar(8), path: v, about: Any.}"
    + ", {name: e_varchar, type: varchar(8), path: v, empty_is_null: true, about: Any.}]}",
)


def whole(low: int, high: int, digits: int) -> Callable[[str], int | None]:
    def read(text: str) -> int | None:
        body = text.removeprefix("-")
        if not body or len(body) > digits or any(letter not in "0123456789" for letter in body):
            return None
        return int(text) if low <= int(text) <= high else None

    return read


def real(text: str) -> float | None:
    mantissa, mark, exponent = text.replace("E", "e").partition("e")
    if mark and not _digits(exponent[1:] if exponent[:1] in {"+", "-"} else exponent):
        return None
    whole_part, point, fraction = mantissa.removeprefix("-").partition(".")
    if not _digits(whole_part) or (point and not _digits(fraction)):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _digits(text: str) -> bool:
    return bool(text) and all(letter in "0123456789" for letter in text)


def day(text: str) -> date | None:
    if len(text) != 10 or not _digits(text.replace("-", "")) or text[4] + text[7] != "--":
        return None
    try:
        found = date(int(text[:4]), int(text[5:7]), int(text[8:]))
    except ValueError:
        return None
    return found if found.year >= 1900 else None


def instant(text: str) -> datetime | None:
    match = re.fullmatch(r"(.{10})T(..):(..):(..)(?:\.([0-9]+))?(Z|[+-]..:..)", text, re.DOTALL)
    if not match or day(match[1]) is None or len(match[5] or "") > 9 or not _digits(match[2] + match[3] + match[4]):
        return None
    zone = timedelta()
    if match[6] != "Z":
        if not _digits(match[6][1:3] + match[6][4:]) or int(match[6][4:]) > 59:
            return None
        zone = timedelta(hours=int(match[6][1:3]), minutes=int(match[6][4:]))
        if zone > timedelta(hours=14):
            return None
    try:
        local = datetime.fromisoformat(text[:19]).replace(microsecond=int((match[5] or "0").ljust(6, "0")[:6]))
        moved = local + (zone if match[6][0] == "-" else -zone)
    except (ValueError, OverflowError):
        return None
    return moved if moved.year >= 1900 else None


def short(text: str) -> str | None:
    return text if len(text.encode()) <= 8 and "\0" not in text else None


def blank(text: str) -> bool:
    """Python also calls the four separators of ASCII white space, which Unicode's property does not."""
    return all(letter.isspace() and letter not in "\x1c\x1d\x1e\x1f" for letter in text)


ORACLE: dict[str, Callable[[str], Any]] = {
    "r_varchar": short,
    "r_bigint": whole(-(2**63), 2**63 - 1, 19),
    "a_bigint": whole(-(2**63), 2**63 - 1, 19),
    "a_integer": whole(-(2**31), 2**31 - 1, 10),
    "a_double": real,
    "a_boolean": {"true": True, "false": False}.get,
    "a_date": day,
    "a_timestamp": instant,
    "a_varchar": short,
    "e_varchar": lambda text: short(text) or None,
}

near_numbers = st.from_regex(r"[+-]?[0-9]{0,20}(\.[0-9]{0,3})?([eE][+-]?[0-9]{0,4})?[ df_]?", fullmatch=True)
near_instants = st.from_regex(
    r"([0-9]{4}|1900|9999)-(0[0-9]|1[0-3])-([0-3][0-9])"
    r"([T t]([01][0-9]|2[0-5]):[0-6][0-9]:[0-6][0-9](\.[0-9]{0,10})?(Z|z|[+-](0[0-9]|1[0-9]):?[0-6][0-9]|))?\n?",
    fullmatch=True,
)
texts = st.one_of(
    near_numbers,
    near_instants,
    st.datetimes(datetime(1899, 12, 31), datetime(9999, 12, 31, 23, 59, 59)).map(lambda at: at.isoformat() + "Z"),  # noqa: DTZ001
    st.integers(-(2**70), 2**70).map(str),
    st.sampled_from([2**63, 2**63 - 1, -(2**63), -(2**63) - 1, 2**31, -(2**31)]).map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["true", "false", "True", "TRUE", "t", "1", "yes", "on", "NaN", "inf", "infinity", "epoch", "null"]
    ),
    st.sampled_from(["1_000", "0x1F", "1d", "1e2", "٣", "1,5", "today", "now", "24:00:00", "2026-02-29", "2024-02-29"]),
    st.text(max_size=12),
    st.text(st.sampled_from([letter for letter in map(chr, range(0x10000)) if letter.isspace()]), max_size=4),
)


@pytest.fixture(scope="module")
def typer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[list[str]], list[dict[str, Any]]]]:
    """Types texts as strings of a record would be typed, by the shared steps on the real engine."""
    folder = tmp_path_factory.mktemp("engine")
    with open_engine(Settings(), new_lake(folder), folder, KEY) as engine, using(engine):
        assert isinstance(engine, DuckDBEngine)
        yield _typer(engine)


def _typer(engine: DuckDBEngine) -> Callable[[list[str]], list[dict[str, Any]]]:
    connection: duckdb.DuckDBPyConnection = engine._connection
    connection.execute("create table texts (number bigint, text varchar)")
    given = {"k__text": "'k'", "_extra__text": "null::varchar", "_extracted_at__text": "'2026-01-08T00:00:00Z'"}
    given |= {
        "_raw_sequence": "1",
        "_raw_part": "0",
        "_raw_line": "number",
        "_fault": "null::varchar",
        "_unknown": "[]",
    }
    items = ", ".join(
        f"{given.get(name, 'text' if name.endswith('__text') else repr('string'))} as {name}"
        for name in leaf_columns(CONTRACT)
    )
    leaves = engine._view("leaves", f"select {items} from texts", leaf_columns(CONTRACT))
    judged = leaves.transform(judge(CONTRACT))
    select = judged.sql(dialect="duckdb", optimize=False)

    def typed(values: list[str]) -> list[dict[str, Any]]:
        connection.execute("delete from texts")
        connection.executemany("insert into texts values (?, ?)", list(enumerate(values)))
        found = connection.execute(f"select * from ({select}) order by _raw_line")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return typed


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(texts, min_size=1, max_size=20))
def test_the_engine_types_what_the_oracle_accepts_and_nothing_else(
    typer: Callable[[list[str]], list[dict[str, Any]]], values: list[str]
) -> None:
    for value, row in zip(values, typer(values), strict=True):
        expected = {name: read(value) for name, read in ORACLE.items()}
        assert {name: row[name] for name in ORACLE} == expected, repr(value)
        refused = "r_varchar" if blank(value) else next((name for name in expected if expected[name] is None), "")
        reason, _, column = (row["_reason"] or "").partition(":")
        assert (column, reason == "missing") == (refused, blank(value)), repr(value)


def test_the_oracle_is_not_asleep() -> None:
    assert instant("2026-01-06T23:33:24.5+02:30") == datetime(2026, 1, 6, 21, 3, 24, 500_000)  # noqa: DTZ001
    assert instant("2026-01-06T23:33:24+14:01") is None
    assert real("-1.5e3") == -1500.0
    assert real("1e999") is None
