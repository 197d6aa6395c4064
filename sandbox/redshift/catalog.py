"""What the warehouse knows of its objects beyond DuckDB's own catalog: views, owners, keys, rights, policies.

One table of JSON documents, each with a key: its kind, then the names of what it belongs to. It is written in the
session's transaction, so it is rolled back with it; sessions read a snapshot of it in memory.
"""

import json
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, TypeVar

import duckdb

from sandbox.redshift.names import TableName

Key = tuple[str, ...]
"""A kind; for what belongs to a relation its schema and name; what else tells documents of one kind apart."""
Document = dict[str, Any]
Made = TypeVar("Made")

OF_RELATIONS = frozenset({"table", "view", "grant", "mask", "protected", "row_policy"})
"""Kinds whose keys begin with a relation: they follow it when it is renamed, and go when it is dropped."""


class Catalog:
    """An immutable snapshot, hashed by identity, so that it can be part of a cache's key."""

    def __init__(self, documents: Mapping[Key, Document]) -> None:
        self.documents = dict(documents)
        self._derived: dict[Hashable, Any] = {}

    def get(self, *key: str) -> Document | None:
        """The document of a key."""
        return self.documents.get(key)

    def under(self, *prefix: str) -> Iterator[tuple[Key, Document]]:
        """All documents whose keys begin so: the rest of each key, and the document."""
        size = len(prefix)
        for key, document in self.documents.items():
            if key[:size] == prefix:
                yield key[size:], document

    def of_relation(self, name: TableName) -> Iterator[tuple[Key, Document]]:
        """All that belongs to a relation."""
        for key, document in self.documents.items():
            if key[0] in OF_RELATIONS and key[1:3] == (name.schema, name.name):
                yield key, document

    def changed(self, changes: Mapping[Key, Document | None]) -> "Catalog":
        """Another snapshot; None removes."""
        merged: dict[Key, Document | None] = {**self.documents, **changes}
        return Catalog({key: found for key, found in merged.items() if found is not None})

    def since(self, before: "Catalog") -> dict[Key, Document | None]:
        """What has changed since another snapshot."""
        gone: dict[Key, Document | None] = {key: None for key in before.documents if key not in self.documents}
        new = {key: found for key, found in self.documents.items() if before.documents.get(key) is not found}
        return gone | new

    def derived(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is made of this snapshot, made once."""
        if key not in self._derived:
            self._derived[key] = make()
        found: Made = self._derived[key]
        return found


def load(connection: duckdb.DuckDBPyConnection) -> Catalog:
    """The snapshot that a database holds."""
    rows = connection.execute("SELECT key, document FROM sandbox_internal.catalog").fetchall()
    return Catalog({tuple(json.loads(key)): json.loads(document) for key, document in rows})


def statements(key: Key, document: Document | None) -> Iterator[tuple[str, dict[str, str]]]:
    """What writes a document, as SQL and its parameters."""
    text = json.dumps(key)
    yield "DELETE FROM sandbox_internal.catalog WHERE key = $key", {"key": text}
    if document is not None:
        given = {"key": text, "document": json.dumps(document)}
        yield "INSERT INTO sandbox_internal.catalog VALUES ($key, $document)", given
