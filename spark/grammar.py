"""Which text is a value of which type. One table for all engines.

Engines differ in what they take for a number or an instant: for one of them ``'1.7'`` is the integer 2, for another it
is nothing, ``'1_000'`` is 1000, ``'epoch'`` is a timestamp. So the text of a leaf is judged here first, by its JSON
kind, a pattern, its length and its range; an engine then types what cannot be misunderstood.

Patterns are in the part of the language that Java, RE2 and Python share, and match the whole text.
"""

from dataclasses import dataclass
from typing import Literal

from spark.contracts import Kind

JsonKind = Literal["string", "number", "boolean", "object", "array", "null"]

EXTRA_LIMIT = 65_000
"""Bytes of ``_extra``: what a VARCHAR holds, less what JSON_PARSE and a later rename may need."""

# All that Unicode calls White_Space (PropList.txt). Engines trim less: Spark blanks alone, DuckDB U+00A0 but no tab.
_WHITE_SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
NOT_BLANK = f"[^{_WHITE_SPACE}]"
"""What a text must have somewhere to be a value where one is required."""
TRIMMED = f"^[{_WHITE_SPACE}]*((?s:.*?))[{_WHITE_SPACE}]*$"
"""The first group is a text without the white space around it."""

_YEAR = "(?:19[0-9]{2}|[2-9][0-9]{3})"
_DATE = f"{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
_ZONE = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

ADDRESS = rf"[^@{_WHITE_SPACE}]@[^@{_WHITE_SPACE}]"
"""What a text has where an e-mail address may stand in it."""

# The forms in which files tell instants and dates. ``transforms/texts`` writes each of them as the grammar has it;
# whether it is an instant at all, the grammar judges then.
INSTANT = rf"^{_DATE}T{_TIME}{_ZONE}\z"
"""An instant as the grammar has it."""
LOCAL_INSTANT = rf"^{_DATE}[T ][0-9:]{{8}}(?:\.[0-9]{{1,9}})?\z"
"""ISO 8601 or SQL, to the second, without a zone."""
ISO_INSTANT = (
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2})(:[0-9]{2})?(?:[.,]([0-9]{1,9}))? ?([Zz]|[+-][0-9:]{2,5})?\z"
)
"""Any other instant of ISO 8601's extended form: date, hour and minute, second, its fraction, zone."""
SLASHED_INSTANT = r"^[0-9]{2}/[0-9]{2}/[0-9]{4} [0-9]{2}:[0-9]{2}(:[0-9]{2})?\z"
"""``DD/MM/YYYY HH:MM``; its group is the second, if it is told."""
SLASHED_DATE = r"^[0-9]{2}/[0-9]{2}/[0-9]{4}\z"
"""``DD/MM/YYYY``."""
EPOCH = r"^([0-9]{9,10}?)([0-9]{3})?(?:\.([0-9]{1,6})[0-9]*)?\z"
"""Seconds since 1970, or milliseconds: of 9 or 10 digits the former, of 12 or 13 the latter; that is from 1973 to 2286.

Its groups are the seconds, the milliseconds beyond them, and the fraction of the last unit.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """What text may become a value of a type.

    Attributes:
        kinds: JSON kinds that it may have had. Files of comma-separated text know strings only, so numbers may be
            strings; what is a number may also be kept as text.
        pattern: of the whole text; None where every text will do.
        nul: whether the character NUL may stand in the text.
        low: smallest value, in years for dates and timestamps; None where the type has none.
        high: greatest value, likewise.
    """

    kinds: tuple[JsonKind, ...]
    pattern: str | None = None
    nul: bool = True
    low: float | None = None
    high: float | None = None


GRAMMAR: dict[Kind, Rule] = {
    # COPY refuses a NUL in a VARCHAR; its length is a matter of the contract.
    "varchar": Rule(("string", "number"), nul=False),
    # Beyond 64 or 32 bits an engine has no value of the type, and the text is refused for that.
    "bigint": Rule(("number", "string"), pattern="-?[0-9]{1,19}"),
    "integer": Rule(("number", "string"), pattern="-?[0-9]{1,10}"),
    "double": Rule(
        ("number", "string"),
        pattern=r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
        low=-1.7976931348623157e308,
        high=1.7976931348623157e308,
    ),
    "boolean": Rule(("boolean", "string"), pattern="true|false"),
    "date": Rule(("string",), pattern=_DATE, low=1900, high=9999),
    # Digits beyond microseconds are cut, not rounded. The year is judged again once the instant is in UTC.
    "timestamp": Rule(("string",), pattern=f"{_DATE}T{_TIME}{_ZONE}", low=1900, high=9999),
}
