"""What each table and column means, as ``COMMENT ON`` puts it beside the data, where every client shows it.

The words are those of the model files and contracts; for the tables that neither describes, of ``tables.yaml``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import yaml

from spark.contracts import Contract, load_contracts
from warehouse_sql.model import HOME, Load, Model, load_models
from warehouse_sql.staging import staging_table

LOAD_COLUMN_ABOUT = "The load that brought the row or last changed it; 0 for what no load brought."


@dataclass(frozen=True, slots=True)
class Description:
    """What a table or view means, and each of its columns.

    Attributes:
        about: its grain and what to know about it.
        columns: what each column means, by name.
        is_view: whether it is a late-binding view.
    """

    about: str
    columns: dict[str, str]
    is_view: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """What is said of a table or view, or of one of its columns."""

    table: str
    column: str | None
    text: str
    is_view: bool = False

    @property
    def statement(self) -> str:
        """The statement that says it."""
        what = (
            f"column {self.table}.{self.column}"
            if self.column
            else f"{'view' if self.is_view else 'table'} {self.table}"
        )
        return f"comment on {what} is {_literal(self.text)}"


@cache
def descriptions() -> dict[str, Description]:
    """Return what every table and view of the warehouse means, by its name with its schema."""
    with (HOME / "tables.yaml").open(encoding="utf-8") as file:
        others = {name: Description(**given) for name, given in yaml.safe_load(file).items()}
    staged = {staging_table(contract): _of_contract(contract) for contract in load_contracts().values()}
    return {**others, **staged, **{model.table: _of_model(model) for model in load_models().values()}}


def comments_of(table: str) -> Iterator[Comment]:
    """Yield what is to be said of a table or view and of its columns.

    A late-binding view has no columns in the catalog that could be described, so they are told with the view
    (dbt-redshift leaves them out for the same reason).
    """
    described = descriptions()[table]
    if described.is_view:
        columns = "".join(f"\n{column}: {about}" for column, about in described.columns.items())
        yield Comment(table, None, described.about + columns, is_view=True)
        return
    yield Comment(table, None, described.about)
    yield from (Comment(table, column, about) for column, about in described.columns.items())


def comment_statements(table: str) -> Iterator[str]:
    """Yield the statements that describe a table or view and its columns."""
    return (comment.statement for comment in comments_of(table))


def _of_model(model: Model) -> Description:
    is_view = model.load is Load.VIEW
    columns = dict(model.columns) if is_view else {**dict(model.columns), "_load_sequence": LOAD_COLUMN_ABOUT}
    return Description(f"{_sentence(model.grain)} {model.notes}", columns, is_view)


def _of_contract(contract: Contract) -> Description:
    about = f"{_sentence(contract.grain)} Shows the last load, as it came from {contract.stream}."
    return Description(about, {column.name: column.about for column in contract.columns})


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
