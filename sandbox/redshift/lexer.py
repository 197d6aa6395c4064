"""Redshift SQL cut into tokens: enough to split, classify and rewrite text before any parser sees it."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.redshift.errors import SqlError
from sandbox.redshift.names import folded
from sandbox.redshift.remembered import Remembered
from sandbox.redshift.reserved import RESERVED

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*)
    | (?P<string>[eE]?'(?:[^'\\]|''|\\.)*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<param>\$\d+)
    | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*)\$.*?\$(?P=tag)\$|\$\$.*?\$\$)
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<word>[^\W\d][\w$]*|\#[\w$#]+)
    | (?P<symbol>::|<=|>=|<>|!=|\|\||.)
    """,
    re.VERBOSE | re.DOTALL,
)


_AFTER_AS = frozenset({"as", "oid", "select", "with"})
"""Reserved words that mean something else after AS, or are names already."""

XOR = "#&#"
"""How the sign `#` is written for sqlglot, to which it begins the name of a temporary table."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its kind (string, quoted, param, dollar, number, word or symbol), text and place."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The text in capitals for a bare word or symbol; quoted things never equal a keyword."""
        return self.text.upper() if self.kind in ("word", "symbol") else self.text

    @property
    def name(self) -> str:
        """As an identifier: unquoted and folded to lower case, as Redshift folds quoted names too."""
        text = self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text
        return folded(text)

    @property
    def value(self) -> str:
        """As a string literal: without its quotes, escapes resolved."""
        if self.kind == "dollar":
            return self.text[self.text.index("$", 1) + 1 : self.text.rindex("$", 0, -1)]
        body = self.text[self.text.index("'") + 1 : -1].replace("''", "'")
        return re.sub(r"\\(.)", r"\1", body, flags=re.DOTALL)


# Tokens weigh about fifty times their text.
_KEPT: Remembered[str, tuple[Token, ...]] = Remembered(total=500_000, single=50_000)


def tokens(sql: str) -> tuple[Token, ...]:
    """All tokens of a text without blanks and comments; remembered unless the text is very long.

    Raises:
        SqlError: 42601 for a string, name or comment that does not end.
    """
    found = _KEPT.get(sql)
    if found is None:
        found = _read(sql)
        _KEPT.put(sql, found, len(sql))
    return found


def first(sql: str) -> Token:
    """The first token of a text that begins with one."""
    match = _match(sql, 0)
    return _token(match, 0, match.end())


def _match(sql: str, at: int) -> re.Match[str]:
    match = _TOKEN.match(sql, at)
    if match is None:
        raise SqlError("42601", f"unexpected character at position {at + 1}")
    return match


def _token(match: re.Match[str], start: int, end: int) -> Token:
    kind = match.lastgroup or "symbol"
    return Token("dollar" if kind == "tag" else kind, match[0], start, end)


def _read(sql: str) -> tuple[Token, ...]:
    found: list[Token] = []
    at = 0
    while at < len(sql):
        match = _match(sql, at)
        end = _comment_end(sql, at) if match[0] == "/*" else match.end()
        token = _token(match, at, end)
        if token.kind == "symbol" and token.text in "'\"":
            raise SqlError("42601", f"unterminated quoted text at or near {sql[at : at + 20]!r}")
        if token.kind not in ("space", "comment"):
            found.append(token)
        at = end
    return tuple(found)


def _comment_end(sql: str, start: int) -> int:
    depth = 0
    for mark in re.compile(r"/\*|\*/").finditer(sql, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    raise SqlError("42601", "unterminated /* comment")


def split(sql: str) -> list[str]:
    """The statements of a text, separated by semicolons outside quotes and comments; empty ones dropped."""
    parts: list[list[Token]] = [[]]
    for token in tokens(sql):
        if token.text == ";" and token.kind == "symbol":
            parts.append([])
        else:
            parts[-1].append(token)
    return [sql[part[0].start : part[-1].end] for part in parts if part]


def for_parser(sql: str) -> str:
    """Writes what sqlglot does not read in another way.

    `$1` becomes `:p1`, because its Redshift tokenizer reads `$1,$` as a dollar quote; the schema before the name of
    a type, as psql writes it, goes: `x::pg_catalog.text`; `#` between two values is an operator; and an interval of
    several parts is a cast; a reserved word that names a column of a result is in quotes.
    """
    edits = [(token.start, token.end, f":p{token.text[1:]}") for token in _parameters(sql)]
    edits += [(start, end, "") for start, end in _schemas_of_types(sql)] if "pg_catalog." in sql else []
    edits += [*_operators(sql)] if "#" in sql else []
    edits += [*_spans(sql)] if "interval" in sql.lower() else []
    edits += [*_labels(sql)]
    pieces, at = [], 0
    for start, end, new in sorted(edits):
        pieces += [sql[at:start], new]
        at = end
    return "".join([*pieces, sql[at:]])


_ONE_UNIT = re.compile(r"\s*[+-]?\d+(\.\d+)?\s*[a-z]*\s*", re.IGNORECASE)


def _spans(sql: str) -> Iterator[tuple[int, int, str]]:
    """INTERVAL '1 day 02:00', of which sqlglot would read the first part alone, as the text cast to one."""
    for word, text in itertools.pairwise(tokens(sql)):
        if word.upper == "INTERVAL" and text.kind == "string" and not _ONE_UNIT.fullmatch(text.value):
            yield word.start, text.end, f"CAST({text.text} AS INTERVAL)"


_AS_RESERVED = re.compile(r"\bAS\s+(" + "|".join(sorted(RESERVED - _AFTER_AS)) + r")\b", re.IGNORECASE)


def _labels(sql: str) -> Iterator[tuple[int, int, str]]:
    """SELECT … AS column: any word may follow AS in a list of items, as in PostgreSQL's grammar."""
    if not _AS_RESERVED.search(sql):
        return
    clauses = [""]
    for token, following in itertools.pairwise([*tokens(sql), Token("symbol", "", len(sql), len(sql))]):
        if token.text == "(":
            clauses.append("")
        elif token.text == ")":
            clauses = clauses[:-1] or [""]
        elif token.upper in ("SELECT", "FROM"):
            clauses[-1] = token.upper
        elif token.upper == "AS" and clauses[-1] == "SELECT" and following.upper.lower() in RESERVED - _AFTER_AS:
            yield following.start, following.end, f'"{following.name}"'


def _operators(sql: str) -> Iterator[tuple[int, int, str]]:
    """XOR, which sqlglot has not; a name that begins with `#` is a word."""
    for token in tokens(sql):
        if token.text == "#" and token.kind == "symbol":
            yield token.start, token.end, f" {XOR} "


def _schemas_of_types(sql: str) -> Iterator[tuple[int, int]]:
    found = tokens(sql)
    for before, schema, dot in zip(found, found[1:], found[2:], strict=False):
        if before.upper in ("::", "AS") and schema.upper == "PG_CATALOG" and dot.text == ".":
            yield schema.start, dot.end


def parameter_count(sql: str) -> int:
    """The highest `$n` of a statement; those in a PREPARE are its own."""
    found = highest_parameter(sql)
    return 0 if found and first(sql).upper == "PREPARE" else found


def highest_parameter(sql: str) -> int:
    """The highest `$n` of a text, 0 where there is none."""
    return max((int(token.text[1:]) for token in _parameters(sql)), default=0)


def _parameters(sql: str) -> list[Token]:
    return [token for token in tokens(sql) if token.kind == "param"] if "$" in sql else []
