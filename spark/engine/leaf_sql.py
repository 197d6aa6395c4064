"""The leaf frame in DuckDB's SQL. Pure: from a contract to the text of one SELECT.

A path is looked up in the whole raw line, and all paths at once: DuckDB parses the JSON once for each of the lists
below, and once for each path otherwise (four times slower for twenty columns). Fields are looked at one by one only
where there are more of them than the contract finds: where as many are there as it finds, it knows each, and none
stands twice.
"""

from collections.abc import Iterable, Sequence

from spark.contracts import META, Column, Contract
from spark.leaves import (
    DUPLICATE_FIELD,
    FAULT,
    FORGOTTEN,
    MALFORMED_LINE,
    NOT_OBJECT,
    POSITION,
    UNDECODABLE,
    UNKNOWN,
    Looked,
    kind_of,
    looked_into,
    text_of,
)

_EXTRACTED_AT = Column(name="_extracted_at", type="timestamp", path=(f"{META}sent_at",), about="The envelope's.")
_KINDS = {
    "VARCHAR": "string",
    "BIGINT": "number",
    "UBIGINT": "number",
    "HUGEINT": "number",
    "DOUBLE": "number",
    "BOOLEAN": "boolean",
    "OBJECT": "object",
    "ARRAY": "array",
}
"""The JSON kinds of values; the JSON null is none."""


class _Paths:
    """Paths that one list function looks up; each is asked for by its place in the list."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, pointer: str) -> int:
        return self._places.setdefault(pointer, len(self._places) + 1)

    def sql(self) -> str:
        return _list(self._places)


def literal(text: str) -> str:
    """Write a text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def pointer(names: tuple[str, ...]) -> str:
    """Write the path of a value in a record as a JSON pointer (RFC 6901) into a raw line."""
    return "/" + "/".join(name.replace("~", "~0").replace("/", "~1") for name in ("record", *names))


def _pointer_of(path: str) -> str:
    if path.startswith(META):
        return "/" + path.replace(".", "/")
    return pointer(tuple(path.split(".")))


class _Lookups:
    """All paths that the frame of a contract needs, by what is asked about them."""

    def __init__(self) -> None:
        self._types, self._texts, self._jsons, self._fields = _Paths(), _Paths(), _Paths(), _Paths()

    def type(self, pointer: str) -> str:
        """What DuckDB calls the JSON kind of a value; null where there is none."""
        return f"types[{self._types.place(pointer)}]"

    def kind(self, pointer: str) -> str:
        """What contracts call it."""
        return f"kinds[{self._types.place(pointer)}]"

    def text(self, pointer: str) -> str:
        """A value as text: strings without quotes and escapes, all else as JSON text; null for the JSON null."""
        return f"texts[{self._texts.place(pointer)}]"

    def json(self, pointer: str) -> str:
        """A value as JSON text."""
        return f"jsons[{self._jsons.place(pointer)}]::varchar"

    def object(self, pointer: str) -> int:
        """The place of an object among those of which the fields are looked at."""
        return self._fields.place(pointer)

    def sql(self) -> str:
        return f"""\
    json_type(line, {self._types.sql()}) as types,
    json_extract_string(line, {self._texts.sql()}) as texts,
    json_extract(line, {self._jsons.sql()}) as jsons,
    json_keys(line, {self._fields.sql()}) as fields"""


def leaf_select(contract: Contract, lines: str) -> str:
    """Return the SELECT that makes the leaf frame of a contract from the table ``lines`` of raw lines."""
    look = _Lookups()
    looked = looked_into(contract)
    for found in looked:
        look.object(pointer(found.path))
    items = [*POSITION, f"{_fault(looked, look)} as {FAULT}", f"{_unknown(looked)} as {UNKNOWN}"]
    for column in contract.record_columns:
        items += _leaf(column, look) if column.path else []
    items += [f"{_object(looked[0], looked, look)} as {text_of('_extra')}", f"'string' as {kind_of('_extra')}"]
    items += _leaf(_EXTRACTED_AT, look)
    selected = ",\n  ".join(items)
    has_more = " or ".join(_has_more_fields(found, look) for found in looked)
    return f"""\
with looked_up as (
  select {", ".join(POSITION)}, line,
{look.sql()}
  from {lines}
), counted as (
  select *, list_transform(types, lambda type: {_our_kind("type")}) as kinds, {has_more} as has_more
  from looked_up
), examined as (
  select *,
    case when has_more then list_transform(fields, lambda names: {_repeats("names")}) end as repeated,
    case when has_more then {_unknown_entries(looked)} end as unknown
  from counted
), written as (
  select *, case when has_more then list_transform(unknown, lambda entries: {_members("entries")}) end as members
  from examined
)
select
  {selected}
from written"""  # noqa: S608


def _leaf(column: Column, look: _Lookups) -> list[str]:
    pointers = [_pointer_of(path) for path in column.path]
    texts = [f"nullif({look.json(found)}, 'null')" if column.json_text else look.text(found) for found in pointers]
    kinds = [look.kind(found) for found in pointers]
    return [f"{_first(texts)} as {text_of(column.name)}", f"{_first(kinds)} as {kind_of(column.name)}"]


def _first(values: Sequence[str]) -> str:
    """The first that is not null."""
    return f"coalesce({', '.join(values)})" if len(values) > 1 else values[0]


def _our_kind(theirs: str) -> str:
    cases = " ".join(f"when '{duckdb}' then '{kind}'" for duckdb, kind in _KINDS.items())
    return f"case {theirs} {cases} end"


def _fault(looked: tuple[Looked, ...], look: _Lookups) -> str:
    """Why a line is no record that a contract can be laid over; null if it is one."""
    record = look.type(pointer(()))
    cases = [
        f"when {record} is null and {look.type('/forgotten')} = 'BOOLEAN' then '{FORGOTTEN}'",
        f"when {record} is null and {look.type('/bytes')} = 'VARCHAR' then '{UNDECODABLE}'",
        f"when {record} is null then '{MALFORMED_LINE}'",
        f"when {record} <> 'OBJECT' then '{NOT_OBJECT}'",
    ]
    for found in looked:
        place = pointer(found.path)
        where = ":" + ".".join(found.path) if found.path else ""
        if found.path:
            cases.append(f"when {look.type(place)} not in ('OBJECT', 'NULL') then '{NOT_OBJECT}{where}'")
        cases.append(f"when repeated[{look.object(place)}] then '{DUPLICATE_FIELD}{where}'")
    return "case " + " ".join(cases) + " end"


def _has_more_fields(found: Looked, look: _Lookups) -> str:
    """Whether an object has more fields than are found by the names that the contract knows."""
    there = " + ".join(f"({look.type(pointer((*found.path, name)))} is not null)::integer" for name in found.known)
    return f"len(fields[{look.object(pointer(found.path))}]) > {there or 0}"


def _repeats(fields: str) -> str:
    """Whether a name stands twice in a list. Comparing each with each is three times faster for a few dozen names."""
    return (
        f"case when len({fields}) <= 64 "
        f"then len(list_filter({fields}, lambda name, i: list_position({fields}, name) <> i)) > 0 "
        f"else list_unique({fields}) < len({fields}) end"
    )


def _unknown_entries(looked: tuple[Looked, ...]) -> str:
    """Of each object the fields that the contract does not know, with their values; nothing where a name stands twice.

    An object is taken apart once. To look up each name in the line would parse the line for each of them: of a record
    of 4,000 unknown fields that took two seconds.
    """
    objects = f"json_extract(line, {_list(pointer(found.path) for found in looked)})"
    known = ", ".join(_list(found.known) for found in looked)
    entries = "map_entries(try_cast(object as map(varchar, json)))"
    unknown = f"list_filter({entries}, lambda entry: not list_contains([{known}][place], entry.key))"
    return f"list_transform({objects}, lambda object, place: {unknown})"


def _unknown(looked: tuple[Looked, ...]) -> str:
    """The fields that no contract knows, as a list of ``kind path``."""
    holders = _list([" " + "".join(f"{name}." for name in found.path) for found in looked])
    kind = f"coalesce({_our_kind('json_type(entry.value)')}, 'null')"
    told = f"list_transform(entries, lambda entry: {kind} || {holders}[place] || entry.key)"
    return f"case when has_more then flatten(list_transform(unknown, lambda entries, place: {told})) else [] end"


def _members(entries: str) -> str:
    """JSON text of fields with their values, in their order; null if there are none."""
    member = "to_json(entry.key)::varchar || ':' || coalesce(entry.value::varchar, 'null')"
    return f"nullif(array_to_string(list_transform({entries}, lambda entry: {member}), ','), '')"


def _list(texts: Iterable[str]) -> str:
    return f"([{', '.join(map(literal, texts))}]::varchar[])"


def _object(found: Looked, looked: tuple[Looked, ...], look: _Lookups) -> str:
    """JSON text of the fields of an object that no column takes; null if there are none.

    First the unmapped fields in the order of the contract, then the unknown ones in that of the record, then the inner
    objects that have such fields.
    """
    members = [f"{_name(name)} || {look.json(pointer((*found.path, name)))}" for name in found.unmapped]
    members.append(f"members[{look.object(pointer(found.path))}]")
    members += [
        f"{_name(inner.path[-1])} || {_object(inner, looked, look)}" for inner in looked if inner.path in found.inner
    ]
    return f"'{{' || nullif(concat_ws(',', {', '.join(members)}), '') || '}}'"


def _name(name: str) -> str:
    return literal(f'"{name}":')
