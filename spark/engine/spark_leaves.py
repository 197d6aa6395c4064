"""The leaf frame in Spark's SQL. Pure: from a contract to the items of SELECTs that follow one another.

Each SELECT takes the columns of the one before. A line is parsed once, the record once more, and each inner object that
the contract looks into.
"""

from collections.abc import Callable, Iterable, Sequence

from spark.contracts import META, Column, Contract
from spark.engine.spark_objects import OPTIONS, Items, Known, Path, found_at, map_name, opened, taken_apart, value_name
from spark.engine.tagged_json import (
    has_fraction,
    is_nested,
    is_object,
    is_odd,
    is_other,
    is_string,
    json,
    kind,
    literal,
    plain_json,
    plain_text,
    quoted,
    scalars_tagged,
    text,
    without_last_commas,
)
from spark.leaves import (
    DUPLICATE_FIELD,
    FAULT,
    FORGOTTEN,
    MALFORMED_LINE,
    NOT_OBJECT,
    POSITION,
    RECORD,
    UNDECODABLE,
    UNKNOWN,
    Looked,
    kind_of,
    looked_into,
    text_of,
)

LINE = "line"
"""The bytes of a raw line, which Spark takes for text unseen."""
_EXTRACTED_AT = Column(name="_extracted_at", type="timestamp", path=(f"{META}sent_at",), about="The envelope's.")
_RECORD: Path = ("record",)
_ENVELOPE = {"meta": ("_meta",), "record": _RECORD, "bytes": ("bytes",), "forgotten": ("forgotten",)}
# Half of a surrogate pair is no character, however it is escaped.
_ESCAPE = r"\u"
_SURROGATE = r"\\u[dD][89a-fA-F]"
_PAIRED = (
    r"(?s)^(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F])|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+\z"
)
# UTF-8 as RFC 3629 has it, each byte read as the character of its number.
_UTF8 = (
    r"(?:[\x00-\x7f]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    r"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    r"|\xf4[\x80-\x8f][\x80-\xbf]{2})++|[\x80-\xff]"
)
_NOT_UTF8 = r"^[\x80-\xff]\z"


def parse(carried: Sequence[str], mark: str) -> list[Items]:
    """Return the SELECTs from raw lines to their envelopes: tagged values ``_meta``, ``_record`` and ``_bytes``.

    ``from_json`` stops reading where the outermost value ends. So the line is put between brackets, with a mark behind
    it that no line contains: then it is one value, or the whole is no JSON.

    Args:
        carried: columns that are kept.
        mark: letters and digits that were drawn by lot after the lines were written.
    """
    struct = ", ".join(f"s{path[0]}: string" for path in _ENVELOPE.values())
    schema = f"map<string, array<struct<{struct}, end: string>>>"

    def parsed(tagged: str) -> str:
        wrapped = f"""concat('{{"line":[', {tagged}, '],"end":[{{"end":"{mark}"}}]}}')"""
        return f"from_json({wrapped}, '{schema}', {OPTIONS})"

    def envelope(found: str) -> str:
        whole = f"size({found}) = 2 and size({found}['line']) = 1 and {found}['end'][0].end = '{mark}'"
        return f"case when {whole} then {found}['line'][0] end"

    scalars = scalars_tagged(f"case when {_is_unicode(LINE)} then {LINE} end")
    # Jackson refuses a last comma: it is looked for where there may be one, as that takes a pattern.
    again = f"case when parsed is null then {parsed('without')} end"
    return [
        [*carried, LINE, f"{scalars} as scalars"],
        [*carried, LINE, "scalars", f"{parsed('scalars')} as parsed"],
        [*carried, LINE, "parsed", f"case when parsed is null then {without_last_commas('scalars')} end as without"],
        [*carried, LINE, "parsed", f"{again} as again"],
        [*carried, LINE, f"coalesce({envelope('parsed')}, {envelope('again')}) as envelope"],
        [*carried, LINE, *(f"envelope.s{path[0]} as {value_name(path)}" for path in _ENVELOPE.values())],
    ]


def record_text(carried: Sequence[str]) -> Items:
    """Return the SELECT of the source's own text of a record, after those of ``parse``."""
    record, raw_bytes = value_name(_RECORD), value_name(_ENVELOPE["bytes"])
    # The extractor writes {"_meta":{...},"record":...}, and a quote inside a string of _meta is escaped.
    start = f"""instr({LINE}, '"record":') + 9"""
    text_of_record = (
        f"case when not {_is_utf8(LINE)} then {_with_escapes(LINE)} "
        f"when {record} is null then coalesce({text(raw_bytes)}, {LINE}) "
        f"""when startswith({LINE}, '{{"_meta":') """
        f"then trim(substr({LINE}, {start}, length({LINE}) - ({start}))) else {json(record)} end"
    )
    return [*carried, f"{text_of_record} as {RECORD}"]


def leaves(contract: Contract) -> list[Items]:
    """Return the SELECTs from envelopes to the leaf frame of a contract."""
    looked = looked_into(contract)
    columns = [*(column for column in contract.record_columns if column.path), _EXTRACTED_AT]
    look = _Lookups()
    items = [*POSITION, f"{_fault(looked)} as {FAULT}", f"{_unknown(looked)} as {UNKNOWN}"]
    for column in columns:
        items += _leaf(column, look, _as_it_stands_unless(column, contract))
    items += [f"{_object(looked[0], looked, look)} as {text_of('_extra')}", f"'string' as {kind_of('_extra')}"]
    known = _known_names(looked, look.paths)
    objects = [(*_RECORD, *found.path) for found in looked]
    envelope = [value_name(path) for path in _ENVELOPE.values()]
    kept = [*POSITION, *_kept(objects)]
    return [*opened(known, [*POSITION, *envelope]), *taken_apart(known, objects, kept), *look.items(objects), items]


def _known_names(looked: Sequence[Looked], paths: Iterable[Path]) -> Known:
    """The names that are looked for, by the object in which; of the envelope those that lead to the paths."""
    known: dict[Path, Sequence[str]] = {(*_RECORD, *found.path): found.known for found in looked}
    steps = {(path[:depth], path[depth]) for path in paths if path[0] == "_meta" for depth in range(1, len(path))}
    for holder, name in sorted(steps):
        known[holder] = [*known.get(holder, ()), name]
    return known


def _kept(objects: Iterable[Path]) -> list[str]:
    """What faults are told from: values of the envelope and of objects."""
    return [value_name(path) for path in (_ENVELOPE["bytes"], _ENVELOPE["forgotten"], *objects)]


class _Rarely:
    """Values that are not what they seem in few records: of those records a list is made of what they are.

    What is the same for every value is planned and compiled once then; but a list is computed by what Spark interprets,
    ten times slower than what it compiles.
    """

    def __init__(self, name: str, made: Callable[[str], str]) -> None:
        self._name, self._made = name, made
        self._values: dict[tuple[str, str], int] = {}

    def of(self, value: str, test: str) -> str:
        """What is made of a value where a test is passed."""
        return f"{self._name}[{self._values.setdefault((value, test), len(self._values))}]"

    def items(self) -> Items:
        if not self._values:
            return []
        some = " or ".join(test for _, test in self._values)
        values = ", ".join(f"case when {test} then {value} end" for value, test in self._values)
        return [f"case when {some} then transform(array({values}), v -> {self._made('v')}) end as {self._name}"]


class _Lookups:
    """All values that the frame of a contract needs, by what is asked about them."""

    def __init__(self) -> None:
        self._values: dict[Path, None] = {}
        self._texts, self._jsons = _Rarely("texts", text), _Rarely("jsons", json)

    @property
    def paths(self) -> Iterable[Path]:
        return self._values

    def kind(self, path: Path) -> str:
        """The JSON kind of a value; null where there is none."""
        return kind(self._value(path))

    def text(self, path: Path, unless: Callable[[str], str]) -> str:
        """A value as text, which stands in it unless a test is passed; null for the JSON null."""
        value = self._value(path)
        return plain_text(value, unless(value), self._texts.of(value, unless(value)))

    def json(self, path: Path) -> str:
        """A value as JSON text."""
        value = self._value(path)
        return plain_json(value, is_odd(value), self._jsons.of(value, is_odd(value)))

    def items(self, objects: Sequence[Path]) -> list[Items]:
        kept = [*POSITION, *_kept(objects), *(map_name(path) for path in objects)]
        values = {value_name(path): found_at(path) for path in self._values}
        named = (f"{value} as {name}" for name, value in values.items() if name not in kept)
        return [[*kept, *named], [*dict.fromkeys([*kept, *values]), *self._texts.items(), *self._jsons.items()]]

    def _value(self, path: Path) -> str:
        self._values.setdefault(path)
        return value_name(path)


def _as_it_stands_unless(column: Column, contract: Contract) -> Callable[[str], str]:
    """Which tagged values of a column have another text than the one that stands in them."""
    if contract.fan_out and column.name in contract.fan_out.arrays:
        return is_other
    # How a double is written changes nothing in what it is, and of an integer a fraction is none.
    return {"double": is_nested, "bigint": has_fraction, "integer": has_fraction}.get(column.kind, is_other)


def _leaf(column: Column, look: _Lookups, unless: Callable[[str], str]) -> Items:
    paths = [_path(path) for path in column.path]
    texts = [f"nullif({look.json(path)}, 'null')" if column.json_text else look.text(path, unless) for path in paths]
    kinds = [f"nullif({look.kind(path)}, 'null')" for path in paths]
    return [
        f"coalesce({', '.join(texts)}) as {text_of(column.name)}",
        f"coalesce({', '.join(kinds)}) as {kind_of(column.name)}",
    ]


def _path(path: str) -> Path:
    """The path of a contract as it is in a line."""
    names = tuple(path.split("."))
    return names if path.startswith(META) else (*_RECORD, *names)


def _fault(looked: Sequence[Looked]) -> str:
    """Why a line is no record that a contract can be laid over; null if it is one."""
    record = value_name(_RECORD)
    cases = [
        f"when {record} is null and {value_name(_ENVELOPE['forgotten'])} is not null then '{FORGOTTEN}'",
        f"when {record} is null and {is_string(value_name(_ENVELOPE['bytes']))} then '{UNDECODABLE}'",
        f"when {record} is null then '{MALFORMED_LINE}'",
        f"when not {is_object(record)} then '{NOT_OBJECT}'",
    ]
    for found in looked:
        path = (*_RECORD, *found.path)
        where = ":" + ".".join(found.path) if found.path else ""
        value, keys = value_name(path), f"map_keys({map_name(path)})"  # null where all fields are known
        if found.path:
            cases.append(f"when not {is_object(value)} and {value} <> 'nulls' then {literal(NOT_OBJECT + where)}")
        cases.append(f"when size(array_distinct({keys})) < size({keys}) then {literal(DUPLICATE_FIELD + where)}")
    return "case " + " ".join(cases) + " end"


def _unknown_fields(found: Looked) -> str:
    known = ", ".join(literal("s" + name) for name in found.known)
    return f"filter(map_entries({map_name((*_RECORD, *found.path))}), field -> field.key not in ({known}))"


def _unknown(looked: Sequence[Looked]) -> str:
    """The fields that no contract knows, as a list of ``kind path``."""
    lists = []
    for found in looked:
        holder = literal(" " + "".join(f"{name}." for name in found.path))
        seen = f"concat({kind('field.value')}, {holder}, substr(field.key, 2))"
        lists.append(f"coalesce(transform({_unknown_fields(found)}, field -> {seen}), array())")
    return f"concat({', '.join(lists)})"


def _object(found: Looked, looked: Sequence[Looked], look: _Lookups) -> str:
    """JSON text of the fields of an object that no column takes; null if there are none.

    First the unmapped fields in the order of the contract, then the unknown ones in that of the record, then the inner
    objects that have such fields.
    """
    path = (*_RECORD, *found.path)
    members = [f"concat({_name(name)}, {look.json((*path, name))})" for name in found.unmapped]
    member = f"concat({quoted('substr(field.key, 2)')}, ':', {json('field.value')})"
    members.append(f"transform({_unknown_fields(found)}, field -> {member})")
    members += [
        f"concat({_name(inner.path[-1])}, {_object(inner, looked, look)})"
        for inner in looked
        if inner.path in found.inner
    ]
    return f"concat('{{', nullif(concat_ws(',', {', '.join(members)}), ''), '}}')"


def _name(name: str) -> str:
    return literal(f'"{name}":')


def _is_utf8(line: str) -> str:
    return f"decode(cast({line} as binary), 'UTF-8') = {line}"


def _is_unicode(line: str) -> str:
    # To look for two bytes takes a tenth of the time of a pattern.
    perhaps = f"contains({line}, {literal(_ESCAPE)}) and {line} rlike {literal(_SURROGATE)}"
    lone = f"{perhaps} and not {line} rlike {literal(_PAIRED)}"
    return f"{_is_utf8(line)} and not ({lone})"


def _with_escapes(line: str) -> str:
    r"""A line with ``\xff`` in place of each byte that is not UTF-8, as Python's ``backslashreplace`` writes it."""
    pieces = f"regexp_extract_all(decode(cast({line} as binary), 'ISO-8859-1'), {literal(_UTF8)}, 0)"
    escaped = r"concat('\\x', lower(hex(encode(t, 'ISO-8859-1'))))"
    return (
        f"array_join(transform({pieces}, t -> case when t rlike {literal(_NOT_UTF8)} "
        f"then {escaped} else decode(encode(t, 'ISO-8859-1'), 'UTF-8') end), '')"
    )
