"""Redshift's grammar by sqlglot, with every function left as it was written.

sqlglot maps functions to its own notions while it parses, and loses what it does not know (the second key of
JSON_EXTRACT_PATH_TEXT, for one). Here its function tables are emptied, so each call arrives by name and is
looked up in `functions.py`: what is not there does not exist, as in Redshift.
"""

import logging
from typing import Any, ClassVar

import sqlglot
from sqlglot import TokenType, exp
from sqlglot.dialects.redshift import Redshift
from sqlglot.errors import SqlglotError
from sqlglot.parsers.redshift import RedshiftParser

from sandbox.redshift import lexer
from sandbox.redshift.errors import SqlError, plain, syntax_error

_SPECIAL_SYNTAX = ("CAST", "CONVERT", "DECODE", "EXTRACT", "POSITION", "SUBSTRING", "TRIM", "TRY_CAST")


COMMA = "comma"
"""Marks a join that was written as a comma."""


class _Parser(RedshiftParser):
    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
        name: parser for name, parser in RedshiftParser.FUNCTION_PARSERS.items() if name in _SPECIAL_SYNTAX
    }
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = RedshiftParser.NO_PAREN_FUNCTION_PARSERS | {
        "APPROXIMATE": lambda self: _approximate(self)
    }

    def _parse_join(self, *given: Any, **options: Any) -> exp.Join | None:
        """A join, which remembers whether it was written as a comma: that one alone needs no condition."""
        is_comma = bool(self._curr) and self._curr.token_type == TokenType.COMMA
        found: exp.Join | None = super()._parse_join(*given, **options)
        if found is not None:
            found.meta[COMMA] = is_comma
        return found


def _approximate(parser: RedshiftParser) -> exp.Expr | None:
    """APPROXIMATE COUNT(DISTINCT x), as a function of its own, or PERCENTILE_DISC, which is exact here."""
    found = parser._parse_function()  # noqa: SLF001 - how sqlglot's own dialects extend its parser
    called = found.this if isinstance(found, exp.WithinGroup) else found
    name = str(called.this).lower() if isinstance(called, exp.Anonymous) else ""
    argument = called.expressions[0] if called and len(called.expressions) == 1 else None
    if name == "count" and isinstance(argument, exp.Distinct) and len(argument.expressions) == 1:
        return exp.Anonymous(this="approximate count", expressions=argument.expressions)
    if name != "percentile_disc":
        parser.raise_error("APPROXIMATE takes COUNT(DISTINCT …) or PERCENTILE_DISC")
    return found


def _absolute(parser: RedshiftParser) -> exp.Expr:
    """The sign `@` before a value ("Mathematical operator symbols")."""
    return exp.Abs(this=parser._parse_unary())  # noqa: SLF001


_Parser.BITWISE = RedshiftParser.BITWISE | {TokenType.HASH: exp.BitwiseXor}
_Parser.UNARY_PARSERS = RedshiftParser.UNARY_PARSERS | {TokenType.PARAMETER: _absolute}


class WrittenRedshift(Redshift):
    """The Redshift dialect without any knowledge of functions, save those with a syntax of their own."""

    class Tokenizer(Redshift.Tokenizer):
        """With a sign of ours for the operator that begins names in Redshift."""

        KEYWORDS: ClassVar[dict[str, TokenType]] = Redshift.Tokenizer.KEYWORDS | {lexer.XOR: TokenType.HASH}

    Parser = _Parser


def parse(sql: str) -> exp.Expr:
    """Parses one statement.

    Raises:
        SqlError: 42601 where sqlglot cannot read it.
    """
    logger = logging.getLogger("sqlglot")
    logger.setLevel(logging.ERROR)  # it warns of each statement that it keeps as text
    try:
        tree = sqlglot.parse_one(lexer.for_parser(sql), read=WrittenRedshift)
    except SqlglotError as problem:
        raise _as_syntax_error(problem, sql) from None
    if isinstance(tree, exp.Command):
        raise syntax_error(sql.split(None, 1)[0])
    return tree


_WORDS = """
    + - * / % || = < > <= >= <> != :: , ( . and as between by case cross else from having ilike in inner insert into is
    join left like limit not offset on or order right select set then union update using values when where with
"""
_UNFINISHED = frozenset(_WORDS.split())


def _ends_too_soon(sql: str, near: str) -> bool:
    """Whether a text that cannot be read beyond some word ends there, where more has to come."""
    found = lexer.tokens(sql.rstrip("; \n"))
    depth = sum((token.text == "(") - (token.text == ")") for token in found if token.kind == "symbol")
    return bool(found) and found[-1].text == near and (depth > 0 or near.lower() in _UNFINISHED)


def _as_syntax_error(problem: SqlglotError, sql: str) -> SqlError:
    errors = getattr(problem, "errors", None)
    near = errors[0].get("highlight") if errors else None
    if near and _ends_too_soon(sql, near):
        return SqlError("42601", "syntax error at end of input")
    return syntax_error(near) if near else SqlError("42601", plain(str(problem)).split("\n", 1)[0])
