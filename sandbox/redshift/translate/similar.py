"""SIMILAR TO: patterns of SQL as regular expressions ("SIMILAR TO": its table of metacharacters)."""

import re

from sqlglot import exp

from sandbox.redshift.translate.calls import call

_WILD = {"%": ".*", "_": "."}
_LITERAL = frozenset(".^$")
_PART = re.compile(r"\[[^]]*\]|.", re.DOTALL)


def similar(node: exp.Expr) -> exp.Expr:
    """A text against a pattern, which it must match as a whole."""
    around = node.parent
    mark = around.expression.name if isinstance(around, exp.Escape) else "\\"
    pattern = node.expression
    if pattern.is_string:
        return call("regexp_full_match", node.this, expression(pattern.name, mark))
    wild = call("replace", call("replace", pattern, "%", ".*"), "_", ".")
    return call("regexp_full_match", node.this, wild)


def escape(node: exp.Expr) -> exp.Expr:
    """ESCAPE around a pattern that is a regular expression by now."""
    return node if isinstance(node.this, exp.Like | exp.ILike) else node.this


def expression(pattern: str, mark: str) -> str:
    """The regular expression of a pattern; what follows the mark is itself, and so is a point."""
    parts = iter(_PART.findall(pattern))
    found = []
    for part in parts:
        if part == mark:
            found.append(re.escape(next(parts, mark)))
        else:
            found.append("\\" + part if part in _LITERAL else _WILD.get(part, part))
    return "(?s)" + "".join(found)
