"""What outlives a person who is erased holds counts, keys, instants and digests of whole objects, and no values.

Manifests, marks, receipts, reports and the books of the warehouse are never rewritten. Whoever adds a field to one of
them says here what it holds. No sum, least, greatest or example of what stood in records may be among them: what it
differs by before and after an erasure would be somebody's.
"""

import dataclasses
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, get_args, get_type_hints

import pytest
from pydantic import BaseModel

import orchestration.pipeline
import orchestration.retention
from extract.cursor import Cursor, Walk, write_cursor
from extract.days import Window
from extract.late_news import Review, Short
from extract.manifest import Manifest, Superseding
from extract.pagination import Reached
from orchestration.erasures import Receipt
from spark.forgotten import Freed
from spark.manifest import EntityEntry
from warehouse_sql.catalog import load_catalog
from warehouse_sql.check_log import LastResult
from warehouse_sql.model import load_models

HOLDS = {
    "how many": """
        already applied bytes consumed copied copied_count count counted counts deleted deleted_count dpus
        duplicate_count duplicates erased_rows exported files forgotten forgotten_count inserted
        inserted_count landed landed_count landing least normalised normalised_count objects purposes
        quarantined quarantined_count raw reads reasons received record_count records refused requests
        restated restated_day_count retried retries row_count rows s3 seconds staging superseded
        superseded_count total_objects total_quarantined total_rows unchanged unchanged_count unreadable
        updated updated_count values without
    """,
    "which one": """
        copy_manifest entity_name erasure_sequence field field_name first_sequence forgotten_upto format
        host json_kind key kind load_sequence manifest model_version name needs_version newest_load_before
        number old_key places position process_id rebuild rebuild_sequence refresh run_id runs sequence
        session_id sources staged_by statement_number stream stream_name sums_at table table_name time_zone
        upto upto_load version
    """,
    "when": """
        applied_at as_of began_at built_at checked_at closed_at closed_before committed_at completed_at
        erased_at finished_at first_seen first_seen_at floor kept_from let_go_at modified_at next patrolled
        published_at reached read set_aside_at started_at sweep sweeps watermark window
    """,
    "digest of a whole, or keyed hash": """
        checksum days etag fingerprint hashes old_sha256 privacy_key release_hash rules seen sha256 state
    """,
    "words of ours": """
        about complete definition error goes_on is_fatal not_reached note notes outcome reason refusal
        was_undone
    """,
    "of which only the shape is known here": """
        cursor_after proof replaced short walk
    """,
}
OF_CURSORS = "counted counts days floor next patrolled position reached read reads seen short walk watermark window"
KNOWN = {name: kind for kind, names in HOLDS.items() for name in names.split()}
TELLING = re.compile(
    r"(^|_)(sums?|totals?|min|max|mean|average|avg|least|greatest|median|examples?|samples?|values?)(_|$)"
)
EXCUSED = {
    "least": "requests that would have done",
    "values": "how many records had a value",
    "sums_at": "the key of an object that goes with the person",
    "total_objects": "a count",
    "total_rows": "a count",
    "total_quarantined": "counts",
}
READ_BESIDE = {(EntityEntry, "sums")}
"""Filled when it is read from an object that goes with the person, and empty in manifests."""


def kinds_of(root: type[Any]) -> Iterator[type[Any]]:
    """Yield a class and all below it."""
    yield root
    for kind in root.__subclasses__():
        yield from kinds_of(kind)


def fields_of(kind: type[Any]) -> dict[str, Any]:
    """Return the fields of a model or dataclass by name, with their types."""
    hints = get_type_hints(kind)
    names = kind.model_fields if issubclass(kind, BaseModel) else [field.name for field in dataclasses.fields(kind)]
    return {name: hints[name] for name in names}


def within(hint: Any) -> Iterator[type[Any]]:
    """Yield the models and dataclasses that a type speaks of."""
    if isinstance(hint, type) and (dataclasses.is_dataclass(hint) or issubclass(hint, BaseModel)):
        yield hint
    for inner in get_args(hint):
        yield from within(inner)


def leaves_of(kind: type[Any]) -> set[str]:
    """Return the fields that hold no other of the classes."""
    return {name for name, hint in fields_of(kind).items() if not list(within(hint))}


def reached(roots: list[type[Any]]) -> set[type[Any]]:
    """Return the classes of which objects are written, with those of which these are made."""
    found: set[type[Any]] = set()
    while roots:
        kind = roots.pop()
        if kind not in found:
            found.add(kind)
            roots += [inner for hint in fields_of(kind).values() for inner in within(hint)]
    return found


WRITTEN = reached([*kinds_of(Manifest), Superseding, Freed, Receipt, LastResult, orchestration.pipeline.RunReport])


@pytest.mark.parametrize("kind", sorted(WRITTEN, key=str))
def test_every_field_of_what_is_written_for_good_is_a_count_a_key_an_instant_or_a_digest(kind: type[Any]) -> None:
    unknown = {name for name in leaves_of(kind) if name not in KNOWN and (kind, name) not in READ_BESIDE}
    assert not unknown, "say in HOLDS what it holds; a value of a record may not outlive who it is about"


def test_the_books_of_the_warehouse_are_so_too() -> None:
    books = {table: columns for table, columns in load_catalog().items() if table.startswith("audit.")}
    assert len(books) > 10
    unknown = {f"{table}.{c.name}" for table, columns in books.items() for c in columns if c.name not in KNOWN}
    assert unknown == set()


def test_a_cursor_holds_instants_and_digests() -> None:
    """It is written as it comes: so one that has everything is written."""
    day, now = date(2026, 1, 8), datetime(2026, 1, 8, tzinfo=UTC)
    review = Review(days={day: ("d", 1)}, counts={day: {}}, short={day: Short({}, 1, day)}, patrolled=day, next=day)
    cursor = Cursor(now, "f", Walk(now, Window(day, day), now, Reached(1, now), now), review, now)
    written = write_cursor(cursor)
    names = {*written, *written["walk"], *written["review"], *written["review"]["short"]["2026-01-08"]} - {"review"}
    assert names - {"sweep"} == set(OF_CURSORS.split())


def test_no_name_is_said_to_hold_something_and_is_nowhere() -> None:
    books = {column.name for table, columns in load_catalog().items() if "audit." in table for column in columns}
    of_cursors = set(OF_CURSORS.split())
    assert set(KNOWN) - books - {name for kind in WRITTEN for name in leaves_of(kind)} == of_cursors


def test_no_name_speaks_of_values_unless_it_is_said_why() -> None:
    assert {name for name in KNOWN if TELLING.search(name)} == set(EXCUSED)
    assert {name for kind in WRITTEN for name in fields_of(kind)} & {"sums"} == {"sums"}, "or READ_BESIDE is too long"


def test_all_models_that_name_who_somebody_is_say_how_old_a_row_is() -> None:
    assert all(model.dated for model in load_models().values() if model.schema == "restricted")
