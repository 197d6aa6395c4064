"""Errors as Redshift words them: SQLSTATE, message, detail."""

import re


class SqlError(Exception):
    """A statement that Redshift would refuse, ready to be sent as an ErrorResponse.

    Attributes:
        code: SQLSTATE, five characters.
        message: the primary message, as Redshift words it where that is known.
        detail: more lines for the reader, or None.
    """

    def __init__(self, code: str, message: str, detail: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail


QUERY_CANCELLED = "57014"
TERMINATED = SqlError("57P01", "terminating connection due to administrator command")


def syntax_error(near: str) -> SqlError:
    """The parser's refusal, pointing at a word."""
    return SqlError("42601", f'syntax error at or near "{near}"')


def unsupported(what: str) -> SqlError:
    """A feature that Redshift does not have: refused there as here."""
    return SqlError("0A000", f"{what} is not supported")


def not_imitated(what: str) -> SqlError:
    """A feature that Redshift has and this endpoint does not imitate; the message says which of the two."""
    return SqlError("0A000", f"{what} is not imitated by this sandbox endpoint (Redshift itself has it)")


def redshift_detail(message: str, code: int, context: str) -> str:
    """The block in which Redshift reports its internal errors (error, code, context)."""
    rule = "  " + "-" * 47
    return f"\n{rule}\n  error:  {message}\n  code:      {code}\n  context:   {context}\n{rule}"


def too_long(limit: str) -> SqlError:
    """A string longer in bytes than its column (Database Developer Guide, "Character types")."""
    message = "Value too long for character type"
    return SqlError("22001", message, redshift_detail(message, 8001, f"Value too long for type {limit}"))


def multibyte() -> SqlError:
    """A character of several bytes for a CHAR (Database Developer Guide, "Load error reference": 1220)."""
    message = "Multibyte character not supported for CHAR (Hint: try using VARCHAR)"
    return SqlError("22001", message, redshift_detail(message, 1220, "Value for type character"))


def plain(text: str) -> str:
    """Removes terminal escapes, which sqlglot and DuckDB put into their messages."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)
