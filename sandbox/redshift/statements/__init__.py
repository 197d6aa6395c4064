"""Statements by their first words."""

import re
from collections.abc import Callable, Sequence

from sandbox.redshift import lexer
from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.session import Statement
from sandbox.redshift.statements.accepted import Analyze, Comment, Vacuum
from sandbox.redshift.statements.alter import alter
from sandbox.redshift.statements.cancel import Cancel
from sandbox.redshift.statements.copy import Copy
from sandbox.redshift.statements.create import create
from sandbox.redshift.statements.cursors import Close, Declare, Fetch
from sandbox.redshift.statements.deduplicate import merge
from sandbox.redshift.statements.drop import drop
from sandbox.redshift.statements.explain import Explain
from sandbox.redshift.statements.grants import grant
from sandbox.redshift.statements.into import has_into, select_into
from sandbox.redshift.statements.policies import attach
from sandbox.redshift.statements.prepared import Deallocate, Execute, Prepare
from sandbox.redshift.statements.query import Translated, delete
from sandbox.redshift.statements.settings import SetConfig, Use, set_or_reset
from sandbox.redshift.statements.show import show
from sandbox.redshift.statements.transaction import Begin, End, Lock, Truncate
from sandbox.redshift.statements.unload import Unload
from sandbox.redshift.statements.views import Refresh

_BY_WORD: dict[str, Callable[[str], Statement]] = {
    "ABORT": End,
    "ALTER": alter,
    "ANALYZE": Analyze,
    "ATTACH": attach,
    "BEGIN": Begin,
    "CANCEL": Cancel,
    "CLOSE": Close,
    "COMMENT": Comment,
    "COMMIT": End,
    "COPY": Copy,
    "CREATE": create,
    "DEALLOCATE": Deallocate,
    "DETACH": attach,
    "DROP": drop,
    "END": End,
    "EXECUTE": Execute,
    "FETCH": Fetch,
    "GRANT": grant,
    "LOCK": Lock,
    "PREPARE": Prepare,
    "REFRESH": Refresh,
    "RESET": set_or_reset,
    "REVOKE": grant,
    "ROLLBACK": End,
    "SET": set_or_reset,
    "SHOW": show,
    "START": Begin,
    "TRUNCATE": Truncate,
    "UNLOAD": Unload,
    "USE": Use,
    "VACUUM": Vacuum,
}
_WITH_PARAMETERS: dict[str, Callable[[str, Sequence[int]], Statement]] = {
    "(": Translated,
    "DECLARE": Declare,
    "DELETE": delete,
    "EXPLAIN": Explain,
    "INSERT": Translated,
    "MERGE": merge,
    "SELECT": Translated,
    "UPDATE": Translated,
    "WITH": Translated,
}


_SETS = re.compile(r"SELECT\s+(pg_catalog\s*\.\s*)?set_config\s*\(", re.IGNORECASE)


def read(sql: str, oids: Sequence[int] = ()) -> Statement | None:
    """The statement that a text holds, or None for an empty one.

    Args:
        sql: the text; a semicolon at its end is allowed.
        oids: type OIDs of its parameters, 0 or 705 where unknown.

    Raises:
        SqlError: 42601 for several statements in one text, or for what cannot be read.
    """
    parts = lexer.split(sql)
    if not parts:
        return None
    if len(parts) > 1:
        raise SqlError("42601", "cannot insert multiple commands into a prepared statement")
    first = lexer.first(parts[0])
    word = first.upper
    if word == "SELECT" and _SETS.match(parts[0]):
        return SetConfig(parts[0])
    if word in ("SELECT", "WITH") and has_into(parts[0]):
        return select_into(parts[0])
    if word in _WITH_PARAMETERS:
        return _WITH_PARAMETERS[word](parts[0], oids)
    if word == "CALL":
        raise SqlError(
            "0A000", "stored procedures are not imitated by this sandbox endpoint (Redshift itself has them)"
        )
    if word not in _BY_WORD:
        raise syntax_error(first.text)
    return _BY_WORD[word](parts[0])
