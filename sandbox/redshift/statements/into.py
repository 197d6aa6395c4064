"""SELECT … INTO [TEMP] [TABLE] name FROM …: CREATE TABLE AS in other words ("SELECT INTO")."""

from collections.abc import Iterator

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import syntax_error
from sandbox.redshift.lexer import Token, tokens
from sandbox.redshift.statements.table_definition import TableDefinition
from sandbox.redshift.statements.tables import CreateTable


def has_into(sql: str) -> bool:
    """Whether a query makes a table of its rows; a change with common tables before it does not.

    Raises:
        SqlError: 42601 for MERGE, which takes no common tables ("MERGE": Usage notes).
    """
    if "INTO" not in sql.upper():
        return False
    words = [token.upper for token in _outside_parentheses(sql)]
    if words[0] == "WITH" and "MERGE" in words:
        raise syntax_error("MERGE")
    return "INTO" in words and "INSERT" not in words


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
