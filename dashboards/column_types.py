"""The types of the columns of tables and views, as sqlglot reads them from the migrations and the SQL."""

from functools import cache

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from warehouse_sql.catalog import DIALECT, load_catalog
from warehouse_sql.model import Load
from warehouse_sql.plan import build_order
from warehouse_sql.render import render


@cache
def types_of_tables() -> dict[str, dict[str, exp.DataType]]:
    """Return the types of all columns by table; of a view what follows from its SQL, else unknown."""
    schema = MappingSchema(dialect=DIALECT)
    known: dict[str, dict[str, exp.DataType]] = {}
    for table, columns in load_catalog().items():
        known[table] = {column.name: exp.DataType.build(column.type, dialect=DIALECT) for column in columns}
        schema.add_table(table, {name: kind.sql(dialect=DIALECT) for name, kind in known[table].items()})
    for model in build_order():
        if model.load is Load.VIEW:
            tree = sqlglot.parse_one(render(model.text), dialect=DIALECT)
            typed = annotate_types(qualify(tree, schema=schema, dialect=DIALECT), schema=schema, dialect=DIALECT)
            known[model.table] = _selected(typed)
            schema.add_table(
                model.table, {name: kind.sql(dialect=DIALECT) for name, kind in known[model.table].items()}
            )
    return known


def _selected(tree: exp.Expr) -> dict[str, exp.DataType]:
    """Return the columns that a SELECT gives; of unknown type where it does not follow."""
    selects = tree.selects if isinstance(tree, exp.Query) else []
    unknown = exp.DataType.build("unknown")
    return {
        select.alias_or_name: select.type if isinstance(select.type, exp.DataType) else unknown for select in selects
    }
