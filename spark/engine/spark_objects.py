"""Objects in tagged JSON, opened by the names that are known of them, in Spark's SQL. Pure: SELECTs from text to text.

An object has a column with its tagged value and one with its fields, a struct of the known names. One that has more
fields than those is made a map as well, which keeps what nobody knows and a name that stands twice, in the order of the
text.
"""

from collections.abc import Iterable, Mapping, Sequence

from spark.engine.tagged_json import is_object, literal

Path = tuple[str, ...]
"""Names from the line down to a value."""
Items = list[str]
"""Items of a SELECT."""
Known = Mapping[Path, Sequence[str]]
"""The names that are known, by the object in which they are looked for."""
OPTIONS = (
    "map('allowSingleQuotes', 'false', 'allowNonNumericNumbers', 'false', 'maxNestingDepth', '1000000', "
    "'maxStringLen', '2147483647')"
)
"""How Jackson reads."""


def opened(known: Known, carried: Sequence[str]) -> list[Items]:
    """Return the SELECTs that parse objects, outer ones first; the values of the outermost are among ``carried``."""
    selects: list[Items] = []
    kept = [*carried]
    for depth in sorted({len(path) for path in known}):
        paths = [path for path in known if len(path) == depth]
        if depth > 1:
            selects.append([*kept, *(f"{found_at(path)} as {value_name(path)}" for path in paths)])
            kept += [value_name(path) for path in paths]
        selects.append([*kept, *(f"{_fields(path, known[path])} as {_fields_name(path)}" for path in paths)])
        kept += [_fields_name(path) for path in paths]
    return selects


def taken_apart(known: Known, objects: Sequence[Path], carried: Sequence[str]) -> list[Items]:
    """Return the SELECTs that make maps of those of some objects that have more fields than are known."""
    kept = [*carried, *(_fields_name(path) for path in known)]
    more = (f"{_has_more(path, known[path])} as {_more_name(path)}" for path in objects)
    maps = (f"case when {_more_name(path)} then {_map(path)} end as {map_name(path)}" for path in objects)
    return [[*kept, *more], [*kept, *maps]]


def found_at(path: Path) -> str:
    """The tagged value of a known name; null where there is none."""
    return f"{_fields_name(path[:-1])}.{_backquoted('s' + path[-1])}"


def value_name(path: Path) -> str:
    """Name the column of a tagged value."""
    return _backquoted("value " + ".".join(path))


def map_name(path: Path) -> str:
    """Name the column of an object's map, which is null where all of its fields are known."""
    return _backquoted("map " + ".".join(path))


def _fields(path: Path, names: Iterable[str]) -> str:
    value, members = value_name(path), ", ".join(f"{_backquoted('s' + name)}: string" for name in names)
    return f"case when {is_object(value)} then from_json({value}, {literal(f'struct<{members}>')}, {OPTIONS}) end"


def _has_more(path: Path, names: Iterable[str]) -> str:
    """Whether an object may have more fields than are found by the names that are known."""
    value, there = value_name(path), " + ".join(f"int({found_at((*path, name))} is not null)" for name in names)
    # Without options of ours Jackson gives up on what is very long.
    return f"{is_object(value)} and coalesce(size(json_object_keys({value})) > {there}, true)"


def _map(path: Path) -> str:
    return f"from_json({value_name(path)}, 'map<string, string>', {OPTIONS})"


def _fields_name(path: Path) -> str:
    return _backquoted("fields " + ".".join(path))


def _more_name(path: Path) -> str:
    return _backquoted("more " + ".".join(path))


def _backquoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"
