"""CREATE, by what is created."""

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import not_imitated, syntax_error
from sandbox.redshift.session import Statement
from sandbox.redshift.statements.policies import CreatePolicy
from sandbox.redshift.statements.principals import CreatePrincipal, principal
from sandbox.redshift.statements.row_policies import CreateRowPolicy
from sandbox.redshift.statements.schemas import CreateSchema
from sandbox.redshift.statements.table_definition import read_table
from sandbox.redshift.statements.tables import CreateTable
from sandbox.redshift.statements.views import CreateMaterialisedView, CreateView

_NOT_IMITATED = frozenset(
    {
        "DATABASE",
        "DATASHARE",
        "EXTERNAL",
        "FUNCTION",
        "LIBRARY",
        "MODEL",
        "PROCEDURE",
    }
)


def create(sql: str) -> Statement:
    """The statement for CREATE …, by what is created."""
    words = TokenCursor(sql)
    words.expect("CREATE")
    replace = words.take("OR", "REPLACE")
    _ = words.take("LOCAL")
    temporary = words.take("TEMP") or words.take("TEMPORARY")
    if words.take("TABLE"):
        return CreateTable(read_table(words, temporary=temporary))
    if words.take("VIEW"):
        return CreateView(words, replace=replace)
    if words.take("MATERIALIZED", "VIEW"):
        return CreateMaterialisedView(words)
    if words.take("SCHEMA"):
        return CreateSchema(words)
    if words.take("MASKING", "POLICY"):
        return CreatePolicy(words)
    if words.take("RLS", "POLICY"):
        return CreateRowPolicy(words)
    kind = principal(words)
    if kind is not None:
        return CreatePrincipal(kind, words)
    if words.peek() in _NOT_IMITATED:
        raise not_imitated(f"CREATE {words.peek()}")
    raise syntax_error(words.peek())
