"""What PG_GET_LATE_BINDING_VIEW_COLS tells: the columns of late-binding views, found as it is asked."""

from collections.abc import Iterator
from typing import Any

import duckdb

from sandbox.redshift import catalog
from sandbox.redshift.engine_errors import type_named
from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import TableName
from sandbox.redshift.record import Row
from sandbox.redshift.session import Session
from sandbox.redshift.statements.widths import lengths
from sandbox.redshift.translate import rewrites, system_views
from sandbox.redshift.translate.shown import text
from sandbox.redshift.translate.statement import translate
from sandbox.redshift.types import MAX_VARCHAR

_COLUMNS = "view_schema VARCHAR, view_name VARCHAR, col_name VARCHAR, col_type VARCHAR, col_num INTEGER"


def show(session: Session) -> None:
    """Makes a temporary table of them; views whose tables are missing have none."""
    rows = [row for key, view in session.catalog.under("view") for row in _of_view(session, TableName(*key), view)]
    given: dict[str, Any] = {"rows": rows}
    session.run(
        f'CREATE OR REPLACE TEMPORARY TABLE "{system_views.LATE_COLUMNS} now" AS '
        f"SELECT unnest(CAST($rows AS STRUCT({_COLUMNS})[]), recursive := true)",
        given,
    )


def _of_view(session: Session, name: TableName, view: catalog.Document) -> Iterator[Row]:
    if view["bound"] or view["materialised"]:
        return
    try:
        found = translate(text(view), (), session.shown())
        query = rewrites.with_session_literals(found, session.session_values())
        # Aside, since an error would end the transaction.
        with session.warehouse.root.cursor() as aside:
            described: list[tuple[Any, ...]] = aside.execute(f"DESCRIBE {query}").fetchall()
    except (SqlError, duckdb.Error):
        return
    own = [str(row[0]).lower() for row in described]
    names = [*view["names"], *own[len(view["names"]) :]]
    texts = lengths(session, text(view), names)
    for at, (column, row) in enumerate(zip(names, described, strict=True)):
        char = found.padded.get(at, found.padded.get(own[at]))
        yield {
            "view_schema": name.schema, "view_name": name.name, "col_name": column, "col_num": at + 1,
            "col_type": _type(str(row[1]), char, texts.get(column, MAX_VARCHAR)),
        }  # fmt: skip


def _type(engine: str, char: int | None, length: int) -> str:
    if engine == "VARCHAR":
        return f"character({char})" if char else f"character varying({length})"
    return engine.replace("DECIMAL", "numeric").replace(" ", "") if engine.startswith("DECIMAL") else type_named(engine)
