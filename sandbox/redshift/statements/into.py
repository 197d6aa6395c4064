"""SELECT … INTO [TEMP] [TABLE] name FROM …: CREATE TABLE AS in other words ("SELECT INTO")."""

from collections.abc import Iterator

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.lexer import Token, tokens
from sandbox.redshift.statements.table_definition import TableDefinition
from sandbox.redshift.statements.tables import CreateTable


def has_into(sql: str) -> bool:
    """Whether a query makes a table of its rows."""
    return "INTO" in sql.upper() and any(token.upper == "INTO" for token in _outside_parentheses(sql))


def select_into(sql: str) -> CreateTable:
    """The statement that makes the table."""
    into = next(token for token in _outside_parentheses(sql) if token.upper == "INTO")
    words = TokenCursor(sql[into.end :])
    temporary = words.take("TEMPORARY") or words.take("TEMP")
    _ = words.take("TABLE")
    name = words.table()
    query = sql[: into.start] + ("" if words.done else words.rest())
    return CreateTable(TableDefinition(name, temporary or name.name.startswith("#"), if_not_exists=False, query=query))


def _outside_parentheses(sql: str) -> Iterator[Token]:
    depth = 0
    for token in tokens(sql):
        depth += (token.text == "(") - (token.text == ")") if token.kind == "symbol" else 0
        if not depth:
            yield token
