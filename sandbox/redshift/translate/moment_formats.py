"""Formats of dates and times ("Datetime format strings"; PostgreSQL: data type formatting functions).

Patterns are read whatever their capitals are; those of names say by theirs how the name is written. Any other text
stands for itself, in double quotes too.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from sandbox.redshift.errors import not_imitated

_CODES = {
    "HH24": "%H", "HH12": "%I", "HH": "%I", "MI": "%M", "SS": "%S", "MS": "%g", "US": "%f", "YYYY": "%Y", "YY": "%y",
    "IYYY": "%G", "IW": "%V", "MM": "%m", "DDD": "%j", "DD": "%d", "MONTH": "%B", "MON": "%b", "DAY": "%A", "DY": "%a",
    "AM": "%p", "PM": "%p",
}  # fmt: skip
"""Patterns that are one of strftime's."""
_COMPUTED = frozenset({"YYY", "Y", "CC", "Q", "WW", "W", "D", "J", "SSSS"})
"""Patterns that the macro `rs_of_moment` computes."""
_OTHER = frozenset({"A.M.", "P.M.", "BC", "AD", "RM", "TZ"})
"""Patterns that are not imitated."""
_NAMES = frozenset({"MONTH", "MON", "DAY", "DY", "AM", "PM"})
_PADDED = frozenset({"MONTH", "DAY"})
_LONGEST = 9
"""Letters of "September" and "Wednesday", to which names are padded."""
_PIECE = re.compile(
    "|".join(
        [
            r'"(?P<quoted>[^"]*)"',
            r"(?P<fm>FM)?(?P<pattern>{})(?P<th>TH)?".format(
                "|".join(sorted(map(re.escape, {*_CODES, *_COMPUTED, *_OTHER}), key=len, reverse=True))
            ),
            r"(?P<plain>.)",
        ]
    ),
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text as it is, or a pattern with its spelling; `tight`: without padding."""

    pattern: str
    spelled: str
    tight: bool = False
    ordinal: str = ""


def _pieces(form: str) -> Iterator[_Piece]:
    for found in _PIECE.finditer(form):
        if found["pattern"]:
            yield _Piece(found["pattern"].upper(), found["pattern"], bool(found["fm"]), found["th"] or "")
        else:
            yield _Piece("", found["quoted"] if found["quoted"] is not None else found["plain"])


def strptime_format(form: str) -> str:
    """A format by which texts are read, as DuckDB's strptime writes it.

    Raises:
        SqlError: 0A000 for a pattern that strptime lacks.
    """
    return "".join(map(_code, _pieces(form)))


def _code(piece: _Piece) -> str:
    if not piece.pattern:
        return piece.spelled.replace("%", "%%")
    if piece.pattern not in _CODES:
        raise not_imitated(f"the pattern {piece.spelled} of a format of dates")
    return _CODES[piece.pattern]


def written(value: exp.Expr, form: str) -> exp.Expr:
    """A date or time as a text.

    Raises:
        SqlError: 0A000 for a pattern that is not imitated.
    """
    parts: list[exp.Expr] = []
    codes = ""
    for piece in _pieces(form):
        if not piece.pattern or (piece.pattern in _CODES and not _needs_more(piece)):
            codes += _code(piece)
            continue
        parts += [_strftime(value, codes)] if codes else []
        codes = ""
        parts.append(_computed(value, piece))
    parts += [_strftime(value, codes)] if codes or not parts else []
    whole = parts[0]
    for part in parts[1:]:
        whole = exp.DPipe(this=whole, expression=part, safe=False)
    return exp.Paren(this=whole) if len(parts) > 1 else whole


def _needs_more(piece: _Piece) -> bool:
    return piece.tight or bool(piece.ordinal) or (piece.pattern in _NAMES and not _as_strftime(piece))


def _as_strftime(piece: _Piece) -> bool:
    """Whether a name is written as strftime writes it."""
    if piece.pattern in ("AM", "PM"):
        return piece.spelled.isupper()
    return piece.pattern not in _PADDED and piece.spelled == piece.spelled.capitalize()


def _strftime(value: exp.Expr, codes: str) -> exp.Expr:
    return _call("strftime", value.copy(), exp.Literal.string(codes))


def _computed(value: exp.Expr, piece: _Piece) -> exp.Expr:
    if piece.pattern in _COMPUTED:
        text: exp.Expr = _call("rs_of_moment", value.copy(), exp.Literal.string(piece.pattern))
    elif piece.pattern in _CODES:
        text = _strftime(value, _CODES[piece.pattern])
    else:
        raise not_imitated(f"the pattern {piece.spelled} of a format of dates")
    if piece.pattern in _NAMES:
        return _spelled(text, piece)
    if piece.tight:
        text = _call("rs_without_zeros", text)
    return _call("rs_ordinal", text, exp.Literal.string(piece.ordinal)) if piece.ordinal else text


def _spelled(text: exp.Expr, piece: _Piece) -> exp.Expr:
    if piece.pattern in _PADDED and not piece.tight:
        text = _call("rpad", text, exp.Literal.number(_LONGEST), exp.Literal.string(" "))
    if piece.spelled.isupper():
        return _call("upper", text)
    return _call("lower", text) if piece.spelled.islower() else text


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=list(arguments))
