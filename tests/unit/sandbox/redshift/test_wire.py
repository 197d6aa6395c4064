"""The wire: whatever bytes come are a message or a protocol error, and what is sent keeps its lengths."""

import contextlib
import datetime
import struct
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.redshift.errors import SqlError
from sandbox.redshift.wire import backend, decode, encode, frontend, types

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
INT16 = st.integers(0, 2**15 - 1)


def _c(text: str) -> bytes:
    return text.encode() + b"\0"


@given(st.sampled_from([bytes([n]) for n in range(256)]), st.binary(max_size=60))
def test_any_bytes_are_a_message_or_a_protocol_error(kind: bytes, body: bytes) -> None:
    with contextlib.suppress(frontend.ProtocolError):
        frontend.message(kind, body)


@given(st.binary(min_size=4, max_size=80))
def test_any_startup_is_read_or_a_protocol_error(body: bytes) -> None:
    with contextlib.suppress(frontend.ProtocolError):
        frontend.startup(body)


@given(NAMES, NAMES, st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5))
def test_parse_round_trip(name: str, sql: str, oids: list[int]) -> None:
    body = _c(name) + _c(sql) + struct.pack(f">h{len(oids)}i", len(oids), *oids)
    assert frontend.message(b"P", body) == frontend.Parse(name, sql, tuple(oids))


@given(NAMES, NAMES, st.lists(INT16, max_size=3), st.lists(st.none() | st.binary(max_size=5), max_size=5))
def test_bind_round_trip(portal: str, name: str, formats: list[int], values: list[bytes | None]) -> None:
    fields = [struct.pack(">i", -1) if v is None else struct.pack(">i", len(v)) + v for v in values]
    codes = struct.pack(f">h{len(formats)}h", len(formats), *formats)
    body = _c(portal) + _c(name) + codes + struct.pack(">h", len(values)) + b"".join(fields) + codes
    assert frontend.message(b"B", body) == frontend.Bind(portal, name, tuple(formats), tuple(values), tuple(formats))


@given(st.data())
def test_a_message_cut_short_is_a_protocol_error(data: st.DataObject) -> None:
    body = _c("s") + _c("select $1") + struct.pack(">hi", 1, 23)
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(frontend.ProtocolError):
        frontend.message(b"P", body[:cut])


CELLS: dict[int, st.SearchStrategy[Any]] = {
    types.BOOLEAN: st.booleans(),
    types.BIGINT: st.integers(-(2**63), 2**63 - 1),
    types.SMALLINT: st.integers(-(2**15), 2**15 - 1),
    types.INTEGER: st.integers(-(2**31), 2**31 - 1),
    types.DOUBLE: st.floats(),
    types.VARCHAR: st.text(st.characters(exclude_categories=["Cs"])),
    types.NUMERIC: st.decimals(allow_nan=False, allow_infinity=False),
    types.DATE: st.dates(),
    types.TIME: st.times(),
    types.TIMESTAMP: st.datetimes(),
    types.INTERVAL: st.timedeltas(datetime.timedelta(-(10**6)), datetime.timedelta(10**6)),
    types.VARBYTE: st.binary(),
}


@pytest.mark.parametrize("form", [0, 1])
@pytest.mark.parametrize("oid", CELLS)
@given(data=st.data())
def test_rows_are_whole_messages(oid: int, form: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | CELLS[oid], min_size=1, max_size=4))
    columns = [types.Column("a", oid, -1, -1), types.Column("b", types.INTEGER, 4, -1)]
    sent = encode.data_rows([(value, 7) for value in values], encode.encoders(columns, [form, 1], 0))
    for value in values:
        kind, size, count, length = struct.unpack(">cihi", sent[:11])
        assert (kind, count) == (b"D", 2)
        assert (length == -1) == (value is None)
        assert sent[1 + size - 8 : 1 + size] == struct.pack(">ii", 4, 7)
        sent = sent[1 + size :]
    assert sent == b""


BINARY = [types.BIGINT, types.SMALLINT, types.INTEGER, types.BOOLEAN, types.DOUBLE, types.TIMESTAMP]


@pytest.mark.parametrize("oid", BINARY)
@given(data=st.data())
def test_binary_values_come_back(oid: int, data: st.DataObject) -> None:
    value = data.draw(st.floats(allow_nan=False) if oid == types.DOUBLE else CELLS[oid])
    (field,) = encode.encoders([types.Column("a", oid, -1, -1)], [1], 0)[0]([value])
    assert decode.parameters([field[4:]], [1], [oid]) == [value]


@given(st.binary(max_size=20), st.sampled_from([*BINARY, types.NUMERIC, types.DATE, types.INTERVAL, 705, 0]), INT16)
def test_any_parameter_is_a_value_or_an_error(raw: bytes, oid: int, form: int) -> None:
    try:
        decode.parameters([raw], [form], [oid])
    except SqlError as refused:
        assert refused.code == "22P03"


def test_numbers_of_values_and_formats_are_checked() -> None:
    for values, formats, oids in (([b"1"], [], []), ([b"1"], [0, 0, 0], [23]), ([], [], [23])):
        with pytest.raises(SqlError) as refused:
            decode.parameters(values, formats, oids)
        assert refused.value.code == "08P01"


def test_an_integer_that_does_not_fit_is_out_of_range() -> None:
    with pytest.raises(SqlError) as refused:
        encode.data_rows([(2**63,)], encode.encoders([types.Column("a", types.BIGINT, 8, -1)], [1], 0))
    assert refused.value.code == "22003"


@pytest.mark.parametrize(
    ("oid", "value", "text"),
    [
        (types.BOOLEAN, True, b"t"),
        (types.DOUBLE, 2.0, b"2"),
        (types.DOUBLE, float("-inf"), b"-Infinity"),
        (types.NUMERIC, Decimal("1E+3"), b"1000"),
        (types.TIMESTAMP, datetime.datetime.fromisoformat("2024-01-01 10:00:00.500"), b"2024-01-01 10:00:00.5"),
        (types.VARBYTE, b"\x01\xff", b"01ff"),
    ],
)
def test_values_as_text(oid: int, value: Any, text: bytes) -> None:
    (field,) = encode.encoders([types.Column("a", oid, -1, -1)], [0], 0)[0]([value])
    assert field == struct.pack(">i", len(text)) + text


def test_an_error_carries_its_fields() -> None:
    sent = backend.error(SqlError("42601", "no", "because"))
    assert sent == b"E" + struct.pack(">i", len(sent) - 1) + b"SERROR\0C42601\0Mno\0Dbecause\0\0"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**12), max_value=10**12))
@pytest.mark.parametrize(("precision", "size"), [(18, 8), (38, 16)])
def test_numbers_in_binary_are_scaled_integers(precision: int, size: int, value: Decimal) -> None:
    column = types.column("a", f"DECIMAL({precision},5)")
    (field,) = encode.encoders([column], [1], 2)[0]([value])
    assert field[:4] == struct.pack(">i", size)
    assert Decimal(int.from_bytes(field[4:], signed=True)).scaleb(-5) == value


@given(st.dates(), st.times())
def test_dates_and_times_in_binary(day: datetime.date, at: datetime.time) -> None:
    columns = [types.column("a", "DATE"), types.column("b", "TIME")]
    (date,), (time,) = (
        encode_one([value]) for encode_one, value in zip(encode.encoders(columns, [1, 1], 2), (day, at), strict=True)
    )
    assert datetime.date(2000, 1, 1) + datetime.timedelta(days=struct.unpack(">i", date[4:])[0]) == day
    passed = datetime.timedelta(microseconds=struct.unpack(">q", time[4:])[0])
    assert (datetime.datetime(2000, 1, 1) + passed).time() == at  # noqa: DTZ001


@given(st.binary(max_size=40))
def test_any_digest_is_read_or_a_protocol_error(body: bytes) -> None:
    with contextlib.suppress(frontend.ProtocolError):
        frontend.digest_answer(body)
