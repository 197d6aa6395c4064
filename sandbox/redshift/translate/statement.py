"""One query or change, translated: the text for DuckDB and what the session must know of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlglot import exp

from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.names import TableName
from sandbox.redshift.remembered import Remembered
from sandbox.redshift.translate import (
    correlation,
    decimals,
    dynamic,
    padding,
    refusals,
    relations,
    rewrites,
    semistructured,
    stored_values,
    system_views,
    unknown,
    written,
)
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.translate.kept import of_this_code, of_this_user
from sandbox.redshift.translate.names import name_columns
from sandbox.redshift.translate.scopes import fold_names
from sandbox.redshift.translate.shown import Shown

_KINDS: dict[type[exp.Expr], str] = {
    exp.Select: "select",
    exp.Union: "select",
    exp.Except: "select",
    exp.Intersect: "select",
    exp.Subquery: "select",
    exp.Insert: "insert",
    exp.Update: "update",
    exp.Delete: "delete",
    exp.Merge: "merge",
}


@dataclass(frozen=True, slots=True)
class Translation:
    """What to run, and around it.

    Attributes:
        sql: DuckDB SQL with named parameters.
        kind: select, insert, update, delete or merge.
        parameters: names of the parameters that the text uses: `p1`… of the client, `s_…` of the session.
        reads: tables that it reads, those behind views too.
        named: relations that it names in order to read them.
        target: the table that it changes, if any.
        columns: names of the columns that it uses, '*' among them for a star.
        writes: columns that it gives values, but for DEFAULT; by position where INSERT has no list of columns.
        width: number of values that an INSERT without a list of columns gives, where its text says so.
        padded: lengths of result columns that are CHAR, by position, or by name where a star hides positions.
        changes: privileges that a MERGE needs for what it does to rows that match.
        terminates: positions of result columns that end sessions (PG_TERMINATE_BACKEND).
    """

    sql: str
    kind: str
    parameters: frozenset[str]
    reads: frozenset[TableName]
    named: frozenset[TableName]
    target: TableName | None
    columns: frozenset[str] = frozenset()
    writes: frozenset[str | int] = frozenset()
    terminates: tuple[int, ...] = ()
    width: int | None = None
    changes: tuple[str, ...] = ()
    padded: Mapping[int | str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """All of it as JSON can say it."""
        said = {part.name: getattr(self, part.name) for part in fields(self)}
        sets = {name: sorted(said[name], key=str) for name in ("parameters", "columns", "writes")}
        tables = {name: [(table.schema, table.name) for table in said[name]] for name in ("reads", "named")}
        target = self.target and (self.target.schema, self.target.name)
        return {**said, **sets, **tables, "target": target, "padded": list(self.padded.items())}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Translation":
        """What a document says."""
        sets = {name: frozenset(document[name]) for name in ("parameters", "columns", "writes")}
        tables = {name: frozenset(TableName(*parts) for parts in document[name]) for name in ("reads", "named")}
        rest = {
            "target": TableName(*document["target"]) if document["target"] else None,
            "terminates": tuple(document["terminates"]),
            "changes": tuple(document["changes"]),
            "padded": dict(document["padded"]),
        }
        return cls(**{**document, **sets, **tables, **rest})


_Key = tuple[str, tuple[str | None, ...], Shown]
_LONGEST = 200_000
"""Characters of a statement and its translation that are remembered."""
_REMEMBERED: Remembered[_Key, Translation] = Remembered(total=8_000_000, single=_LONGEST)


def translate(sql: str, casts: Sequence[str | None], shown: Shown) -> Translation:
    """Translates a query or change; remembered by text, parameter types and what is shown unless it is very long.

    What this process has not translated another may have (`kept.py`).

    Args:
        sql: one statement.
        casts: per parameter, the type to cast it to (None: leave it as it comes).
        shown: what stands behind names, to be put in where they are used.

    Raises:
        SqlError: what Redshift would answer to a statement that it cannot read or does not take.
    """
    key = (sql, tuple(casts), shown)
    found = _REMEMBERED.get(key)
    if found is None:
        found = _kept(key) if len(sql) < _LONGEST else translate_tree(parse(sql), casts, shown)
        _REMEMBERED.put(key, found, len(sql) + len(found.sql))
    return found


def _kept(key: _Key) -> Translation:
    sql, casts, shown = key
    kept, name = of_this_user(), repr((of_this_code(), sql, casts, shown.digest)).encode()
    document = kept.get(name)
    if document is not None:
        return Translation.of(document)
    found = translate_tree(parse(sql), casts, shown)
    kept.put(name, found.document())
    return found


def translate_tree(tree: exp.Expr, casts: Sequence[str | None], shown: Shown) -> Translation:
    """Translates a parsed statement, which is changed in doing so."""
    kind = _KINDS.get(type(tree))
    if kind is None:
        raise syntax_error(tree.key.upper())
    refusals.refuse(tree)
    if isinstance(tree, exp.Merge):
        refusals.refuse_merge(tree)
    if kind == "select":
        name_columns(tree)
    semistructured.unnest(tree)
    named = relations.tables_read(tree)
    used = written.used(tree)
    tree = relations.expand_views(tree, shown)
    relations.limit_target(tree, shown)
    fold_names(tree)
    dynamic.mark(tree, shown.supers)
    unknown.refuse(tree)
    correlation.refuse(tree)
    widths = padding.padded(tree, shown.kinds) if kind == "select" else {}
    reads = relations.tables_read(tree)
    if not any(map(system_views.is_system_view, reads)):  # the columns of these are not looked at
        decimals.mark(tree, shown.decimals)
    target = relations.target_of(tree)
    writes = written.columns(tree)
    terminates = rewrites.take_terminations(tree)
    width = written.width(tree)
    changes = written.changes(tree)
    tree = rewrites.rewrite(tree, casts)
    if target is not None:
        stored_values.convert(tree, shown.kinds(target))
    names = frozenset(node.name for node in tree.find_all(exp.Placeholder))
    text = rewrites.to_duckdb(tree)
    return Translation(text, kind, names, reads, named, target, used, writes, terminates, width, changes, widths)


def translate_expression(sql: str) -> str:
    """A scalar expression, such as a column's default, as DuckDB reads it.

    Raises:
        SqlError: what Redshift would answer.
    """
    tree = parse(f"SELECT {sql}")
    if not isinstance(tree, exp.Select) or len(tree.expressions) != 1 or tree.find(exp.Table):
        raise SqlError("42601", "invalid default expression")
    refusals.refuse(tree)
    return rewrites.to_duckdb(rewrites.outside_statements(rewrites.rewrite(tree, ())).expressions[0])
