"""The leaf frame: the form in which every engine hands raw records to the transforms.

One row a line. Every column of a contract comes as two: its text and its JSON kind, both null where the record has no
such value or the JSON null; the text of an array is JSON without blanks. Columns that a fan-out makes have no leaf.
Beside them stand ``_fault`` (why a line is no record at all, or null), ``_unknown`` (the fields that the contract does
not know, each as ``kind path``), the JSON text for ``_extra``, and where the line is.
"""

from dataclasses import dataclass

from spark.contracts import META, Contract

FAULT = "_fault"
UNKNOWN = "_unknown"
RECORD = "_record"
RAW_OBJECT = "_raw_object"
POSITION = ("_raw_sequence", "_raw_part", "_raw_line")
"""Where a line is: manifest, object, line. Together they name a line of the whole lake of a stream."""
RawPlace = tuple[int, int, int]
"""Raw sequence, part and line of a record."""

FORGOTTEN = "forgotten"
"""Of a raw line: a record stood there, of somebody who asked to be forgotten; of a record: it is one of theirs."""
MALFORMED_LINE = "malformed_line"
UNDECODABLE = "undecodable"
NOT_OBJECT = "not_object"
DUPLICATE_FIELD = "duplicate_field"


def text_of(column: str) -> str:
    """Name the leaf that holds a column's text."""
    return f"{column}__text"


def kind_of(column: str) -> str:
    """Name the leaf that holds the JSON kind of a column's value."""
    return f"{column}__kind"


def leaf_columns(contract: Contract) -> list[str]:
    """Return the names of the columns of a contract's leaf frame, in their order."""
    leaves = [column.name for column in contract.record_columns if column.name not in POSITION]
    return [*POSITION, FAULT, UNKNOWN, *(name for leaf in leaves for name in (text_of(leaf), kind_of(leaf)))]


@dataclass(frozen=True, slots=True)
class Looked:
    """An object inside a record into which a contract looks; the record itself has the empty path.

    Attributes:
        path: names from the record to the object.
        known: the fields that a column, an inner object or the list of unmapped fields accounts for.
        unmapped: those of them that go to ``_extra``.
        inner: paths of the objects in it that the contract looks into as well.
    """

    path: tuple[str, ...]
    known: tuple[str, ...]
    unmapped: tuple[str, ...]
    inner: tuple[tuple[str, ...], ...]


def looked_into(contract: Contract) -> tuple[Looked, ...]:
    """Return the objects that a contract looks into, outer ones first."""
    mapped = {tuple(p.split(".")) for column in contract.mapped for p in column.path if not p.startswith(META)}
    unmapped = [tuple(path.split(".")) for path in contract.unmapped]
    objects = {path[:depth] for path in (*mapped, *unmapped) for depth in range(len(path))} | {()}
    return tuple(
        _looked(path, objects, mapped, unmapped) for path in sorted(objects, key=lambda path: (len(path), path))
    )


def _looked(
    path: tuple[str, ...],
    objects: set[tuple[str, ...]],
    mapped: set[tuple[str, ...]],
    unmapped: list[tuple[str, ...]],
) -> Looked:
    inner = tuple(sorted(found for found in objects if found and found[:-1] == path))
    leftover = tuple(found[-1] for found in unmapped if found[:-1] == path)
    known = {found[-1] for found in mapped if found[:-1] == path} | {found[-1] for found in inner} | set(leftover)
    return Looked(path, tuple(sorted(known)), leftover, inner)
