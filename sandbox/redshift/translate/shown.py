"""What a session sees behind names: views, whose text is put in their place when they are used."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.redshift import rights
from sandbox.redshift.catalog import Catalog, Document
from sandbox.redshift.names import TableName, quote


@dataclass(frozen=True, slots=True)
class Body:
    """What stands behind a name.

    Attributes:
        text: a query in Redshift's SQL.
        columns: new names of its columns, or none.
        itself: the table that the query reads by the very name that it stands behind, if it does.
    """

    text: str
    columns: tuple[str, ...] = ()
    itself: TableName | None = None


class Shown:
    """Bodies by the name of what they stand behind; hashed by identity, to be part of a cache's key."""

    def __init__(self, bodies: dict[TableName, Body], search_path: Sequence[str], hidden: frozenset[str]) -> None:
        """Takes the bodies.

        Args:
            bodies: by name with schema.
            search_path: where names without a schema are looked for.
            hidden: names without a schema that mean temporary tables.
        """
        self._bodies = bodies
        self._search_path = tuple(search_path)
        self._hidden = hidden

    def __bool__(self) -> bool:
        return bool(self._bodies)

    def body(self, name: TableName) -> Body | None:
        """What stands behind a name, or None for a table."""
        if name.schema is not None:
            return self._bodies.get(name)
        if name.name in self._hidden:
            return None
        found = (self._bodies.get(TableName(schema, name.name)) for schema in self._search_path)
        return next((body for body in found if body), None)


NOTHING_SHOWN = Shown({}, (), frozenset())


def shown(catalog: Catalog, search_path: Sequence[str], temporary: frozenset[str], user: str) -> Shown:
    """What a user sees of a catalog; the same object for the same arguments, and for all users without masks."""
    masked = catalog.derived(("masks", user), lambda: rights.masks(catalog, user))
    seen_by = user if masked else ""
    bodies = catalog.derived(("bodies", seen_by), lambda: _bodies(catalog) | _masked(masked))
    hidden = temporary & catalog.derived(("names", seen_by), lambda: frozenset(name.name for name in bodies))
    return catalog.derived((tuple(search_path), hidden, seen_by), lambda: Shown(bodies, search_path, hidden))


def _masked(masks: dict[TableName, dict[str, str]]) -> dict[TableName, Body]:
    """Relations of which some columns are seen through a policy."""
    return {
        relation: Body(
            f"SELECT * REPLACE ({', '.join(f'{text} AS {quote(name)}' for name, text in columns.items())}) "
            f"FROM {relation.sql}",
            itself=relation,
        )
        for relation, columns in masks.items()
    }


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
