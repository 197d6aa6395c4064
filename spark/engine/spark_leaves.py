"""The leaf frame in Spark's SQL. Pure: from a contract to the items of SELECTs that follow one another.

Each SELECT takes the columns of the one before. A line is parsed once, the record once more, and each inner object that
the contract looks into; a map that ``from_json`` makes keeps a name that stands twice, in the order of the text.
"""

from collections.abc import Iterable, Sequence

from spark.contracts import META, Column, Contract
from spark.engine.tagged_json import (
    is_object,
    is_other,
    is_string,
    json,
    kind,
    literal,
    plain_text,
    quoted,
    tagged,
    text,
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
Path = tuple[str, ...]
Items = list[str]

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
_OPTIONS = (
    "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'maxNestingDepth', '1000000', "
    "'maxStringLen', '2147483647')"
)


def parse(carried: Sequence[str]) -> list[Items]:
    """Return the SELECTs from raw lines to their envelopes: tagged values ``_meta``, ``_record`` and ``_bytes``.

    ``from_json`` stops reading where the outermost value ends. So the line is put between brackets, with its own MD5
    behind it, which no line can contain: then it is one value, or the whole is no JSON.
    """
    struct = ", ".join(f"s{path[0]}: string" for path in _ENVELOPE.values())
    schema = f"map<string, array<struct<{struct}, end: string>>>"
    wrapped = """concat('{"line":[', tagged, '],"end":[{"end":"', digest, '"}]}')"""
    whole = "size(parsed) = 2 and size(parsed['line']) = 1 and parsed['end'][0].end = digest"
    return [
        [*carried, LINE, f"case when {_is_unicode(LINE)} then {LINE} end as unicode"],
        [*carried, LINE, f"{tagged('unicode')} as tagged", "md5(unicode) as digest"],
        [*carried, LINE, "digest", f"from_json({wrapped}, '{schema}', {_OPTIONS}) as parsed"],
        [*carried, LINE, f"case when {whole} then parsed['line'][0] end as envelope"],
        [*carried, LINE, *(f"envelope.s{path[0]} as {_value_name(path)}" for path in _ENVELOPE.values())],
    ]


def record_text(carried: Sequence[str]) -> Items:
    """Return the SELECT of the source's own text of a record, after those of ``parse``."""
    record, raw_bytes = _value_name(_RECORD), _value_name(_ENVELOPE["bytes"])
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
        items += _leaf(column, look)
    items += [f"{_object(looked[0], looked, look)} as {text_of('_extra')}", f"'string' as {kind_of('_extra')}"]
    holders = [(*_RECORD, *found.path) for found in looked]
    holders += sorted({path[:depth] for path in look.paths if path[0] == "_meta" for depth in range(1, len(path))})
    return [*_opened(holders), *look.items(holders), items]


def _opened(holders: Iterable[Path]) -> list[Items]:
    """The SELECTs that parse objects into maps, outer ones first."""
    selects: list[Items] = []
    known = [_value_name(path) for path in _ENVELOPE.values()]
    by_depth: dict[int, list[Path]] = {}
    for path in holders:
        by_depth.setdefault(len(path), []).append(path)
    for _, paths in sorted(by_depth.items()):
        inner = [path for path in paths if len(path) > 1]
        if inner:
            selects.append([*POSITION, *known, *(f"{_found(path)} as {_value_name(path)}" for path in inner)])
            known += [_value_name(path) for path in inner]
        selects.append([*POSITION, *known, *(f"{_map(path)} as {_map_name(path)}" for path in paths)])
        known += [_map_name(path) for path in paths]
    return selects


def _map(path: Path) -> str:
    value = _value_name(path)
    return f"case when {is_object(value)} then from_json({value}, 'map<string, string>', {_OPTIONS}) end"


def _found(path: Path) -> str:
    """The tagged value at a path; null where there is none."""
    return f"{_map_name(path[:-1])}[{literal('s' + path[-1])}]"


def _value_name(path: Path) -> str:
    return "`value " + ".".join(path).replace("`", "``") + "`"


def _map_name(path: Path) -> str:
    return "`map " + ".".join(path).replace("`", "``") + "`"


class _Lookups:
    """All values that the frame of a contract needs, by what is asked about them.

    What is the same for every value is planned and compiled once, over a list of them; but a list is computed by what
    Spark interprets, ten times slower than what it compiles. So strings, truth values and nulls, which most are, are
    told by expressions of each value's own.
    """

    def __init__(self) -> None:
        self._scalars: dict[Path, int] = {}
        self._jsons: dict[Path, int] = {}

    @property
    def paths(self) -> Iterable[Path]:
        return (*self._scalars, *self._jsons)

    def kind(self, path: Path) -> str:
        """The JSON kind of a value; null where there is none."""
        self._scalars.setdefault(path, len(self._scalars))
        return kind(_value_name(path))

    def text(self, path: Path) -> str:
        """A value as text; null for the JSON null."""
        place = self._scalars.setdefault(path, len(self._scalars))
        return plain_text(_value_name(path), f"others[{place}]")

    def json(self, path: Path) -> str:
        """A value as JSON text."""
        return f"jsons[{self._jsons.setdefault(path, len(self._jsons))}]"

    def items(self, holders: Iterable[Path]) -> list[Items]:
        kept = [_value_name(_ENVELOPE[name]) for name in ("bytes", "forgotten")]
        kept += [name for path in holders for name in (_value_name(path), _map_name(path))]
        found = {_value_name(path): _found(path) for path in self._scalars}
        others = ", ".join(f"case when {is_other(name)} then {name} end" for name in found)
        return [
            [*POSITION, *kept, *(f"{value} as {name}" for name, value in found.items() if name not in kept)],
            [
                *POSITION,
                *dict.fromkeys([*kept, *found]),
                f"transform(array({others}), v -> {text('v')}) as others",
                f"transform(array({', '.join(map(_found, self._jsons))}), v -> {json('v')}) as jsons",
            ],
        ]


def _leaf(column: Column, look: _Lookups) -> Items:
    paths = [_path(path) for path in column.path]
    texts = [f"nullif({look.json(path)}, 'null')" if column.json_text else look.text(path) for path in paths]
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
    record = _value_name(_RECORD)
    cases = [
        f"when {record} is null and {_value_name(_ENVELOPE['forgotten'])} is not null then '{FORGOTTEN}'",
        f"when {record} is null and {is_string(_value_name(_ENVELOPE['bytes']))} then '{UNDECODABLE}'",
        f"when {record} is null then '{MALFORMED_LINE}'",
        f"when not {is_object(record)} then '{NOT_OBJECT}'",
    ]
    for found in looked:
        path = (*_RECORD, *found.path)
        where = ":" + ".".join(found.path) if found.path else ""
        value, keys = _value_name(path), f"map_keys({_map_name(path)})"
        if found.path:
            cases.append(f"when not {is_object(value)} and {value} <> 'nulls' then {literal(NOT_OBJECT + where)}")
        cases.append(f"when size(array_distinct({keys})) < size({keys}) then {literal(DUPLICATE_FIELD + where)}")
    return "case " + " ".join(cases) + " end"


def _unknown_fields(found: Looked) -> str:
    known = ", ".join(literal("s" + name) for name in found.known)
    return f"filter(map_entries({_map_name((*_RECORD, *found.path))}), field -> field.key not in ({known}))"


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
