"""What a session sees behind names: views, whose text is put in their place when they are used."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sandbox.redshift import rights, row_security
from sandbox.redshift.catalog import Catalog, Document
from sandbox.redshift.names import TableName, quote
from sandbox.redshift.row_security import Filter
from sandbox.redshift.translate.stored_values import Kinds


@dataclass(frozen=True, slots=True)
class Body:
    """What stands behind a name.

    Attributes:
        text: a query in Redshift's SQL.
        columns: new names of its columns, or none.
        itself: the table that the query reads by the very name that it stands behind, if it does.
        limit: what limits the rows that are seen of it, and may be changed.
    """

    text: str
    columns: tuple[str, ...] = ()
    itself: TableName | None = None
    limit: Filter | None = None


class Shown:
    """Bodies by the name of what they stand behind; equal to what shows the same, to be part of a cache's key."""

    def __init__(
        self,
        bodies: dict[TableName, Body],
        search_path: Sequence[str],
        hidden: frozenset[str],
        supers: frozenset[tuple[str, str]] = frozenset(),
        decimals: frozenset[tuple[str, str]] = frozenset(),
        kinds: Mapping[TableName, Kinds] | None = None,
    ) -> None:
        """Takes the bodies.

        Args:
            bodies: by name with schema.
            search_path: where names without a schema are looked for.
            hidden: names without a schema that mean temporary tables.
            supers: columns that are a SUPER, each with the name of its table.
            decimals: columns that are a DECIMAL, likewise.
            kinds: of the columns of tables with a CHAR or SUPER; a temporary one has no schema.
        """
        self.supers = supers
        self.decimals = decimals
        self._kinds = dict(kinds or {})
        self._bodies = bodies
        self._search_path = tuple(search_path)
        self._hidden = hidden

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Shown) and self.digest == other.digest)

    def __hash__(self) -> int:
        return hash(self.digest)

    def __bool__(self) -> bool:
        return bool(self._bodies)

    @cached_property
    def digest(self) -> bytes:
        """Of all that is shown: what is equal has the same one, in each process."""
        bodies = sorted(_digest(name, body) for name, body in self._bodies.items())
        sets = [sorted(names) for names in (self._hidden, self.supers, self.decimals)]
        rest = (self._search_path, *sets, sorted(map(repr, self._kinds.items())))
        return hashlib.sha256(repr((bodies, rest)).encode()).digest()

    def body(self, name: TableName) -> Body | None:
        """What stands behind a name, or None for a table."""
        if name.schema is not None:
            return self._bodies.get(name)
        if name.name in self._hidden:
            return None
        found = (self._bodies.get(TableName(schema, name.name)) for schema in self._search_path)
        return next((body for body in found if body), None)

    def kinds(self, name: TableName) -> Kinds:
        """The columns of a table that has a CHAR or a SUPER among them; nothing for another."""
        places = [name] if name.schema is not None else [name, *(TableName(s, name.name) for s in self._search_path)]
        return next((self._kinds[place] for place in places if place in self._kinds), ())


@lru_cache(maxsize=1024)
def _digest(name: TableName, body: Body) -> bytes:
    return hashlib.sha256(repr((name, body)).encode()).digest()


NOTHING_SHOWN = Shown({}, (), frozenset())


def shown(
    catalog: Catalog,
    search_path: Sequence[str],
    temporary: frozenset[str],
    user: str,
    supers: frozenset[tuple[str, str]],
    decimals: frozenset[tuple[str, str]],
    temporary_kinds: Mapping[str, Kinds],
) -> Shown:
    """What a user sees of a catalog; the same object for the same arguments, and for all users without policies."""
    masks = catalog.derived(("masks", user), lambda: rights.masks(catalog, user))
    limits = catalog.derived(("filters", user), lambda: row_security.filters(catalog, user))
    seen_by = user if masks or limits else ""
    bodies = catalog.derived(("bodies", seen_by), lambda: _covered(_bodies(catalog), masks, limits))
    hidden = temporary & catalog.derived(("names", seen_by), lambda: frozenset(name.name for name in bodies))
    of_tables = catalog.derived("kinds", lambda: _kinds(catalog))
    named = catalog.derived("kinds by name", lambda: frozenset(name.name for name in of_tables))
    own = frozenset((TableName(None, name), kinds) for name, kinds in temporary_kinds.items() if kinds or name in named)
    key = (tuple(search_path), hidden, seen_by, supers, decimals, own)
    return catalog.derived(
        key, lambda: Shown(bodies, search_path, hidden, supers, decimals, {**of_tables, **dict(own)})
    )


def _kinds(catalog: Catalog) -> dict[TableName, Kinds]:
    relations = (pair for kind in ("table", "view") for pair in catalog.under(kind))
    given = ((TableName(*key), document.get("kinds")) for key, document in relations)
    return {name: tuple((column, kind) for column, kind in kinds) for name, kinds in given if kinds}


def _covered(
    bodies: dict[TableName, Body], masks: dict[TableName, dict[str, str]], limits: dict[TableName, Filter]
) -> dict[TableName, Body]:
    """Relations of which some rows or columns are seen through policies; those of rows come first."""
    covered = {
        relation: _cover(relation, bodies.get(relation), masks.get(relation, {}), limits.get(relation))
        for relation in masks.keys() | limits.keys()
    }
    return bodies | covered


def _cover(relation: TableName, body: Body | None, masks: dict[str, str], limit: Filter | None) -> Body:
    name = quote(relation.name)
    columns = f" ({', '.join(map(quote, body.columns))})" if body and body.columns else ""
    source = f"({body.text})" if body else relation.sql
    if limit is not None:
        source = f"(SELECT * FROM {source} AS {quote(limit.alias)}{columns} WHERE {limit.condition})"
        columns = ""
    replaced = ", ".join(f"{text} AS {quote(column)}" for column, text in masks.items())
    query = f"SELECT *{f' REPLACE ({replaced})' if replaced else ''} FROM {source} AS {name}{columns}"
    return Body(query, itself=None if body else relation, limit=limit)


def _bodies(catalog: Catalog) -> dict[TableName, Body]:
    views = ((TableName(*key), document) for key, document in catalog.under("view"))
    return {
        name: Body(text(document), tuple(document["names"])) for name, document in views if not document["materialised"]
    }


def text(view: Document) -> str:
    """The query of a view, with the tables that it is bound to under their names of now."""
    return "".join(piece if isinstance(piece, str) else _reference(piece) for piece in view["query"])


def _reference(reference: Document) -> str:
    name = ".".join(quote(part) for part in reference["relation"])
    if reference["columns"] is not None:
        columns = ", ".join(f"{quote(now)} AS {quote(then)}" for then, now in reference["columns"].items())
        name = f"(SELECT {columns} FROM {name})"
    return name if reference["alias"] is None else f"{name} AS {quote(reference['alias'])}"
