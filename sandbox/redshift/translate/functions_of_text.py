"""Functions of texts and of JSON in texts: the rules by which they become DuckDB's."""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.errors import SqlError
from sandbox.redshift.translate.calls import Build, call, cast, exactly
from sandbox.redshift.translate.functions_of_numbers import is_computed


def elements(array: exp.Expr) -> exp.Expr:
    """The elements of an array of the catalog, which is a text here."""
    return call("string_split", call("trim", array.copy(), "{}"), ",")


_NUMBERS = (exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.CurrentDate, exp.CurrentTimestamp)


def as_text(item: exp.Expr) -> exp.Expr:
    """What is no text by its form as one; of a column the engine decides, and VARBYTE stays what it is."""
    if isinstance(item, exp.Column):
        return call("rs_written", item)
    number = isinstance(item, exp.Literal) and not item.is_string
    of_type = isinstance(item, exp.Cast) and item.to.this in exp.DataType.NUMERIC_TYPES | exp.DataType.TEMPORAL_TYPES
    of_session = isinstance(item, exp.Placeholder) and not item.name.startswith("p")
    named = isinstance(item, exp.Anonymous) and str(item.this).startswith(
        ("date_", "rs_date", "rs_getdate", "rs_last_day")
    )
    computed = isinstance(item, _NUMBERS) or is_computed(item)
    return cast(item, "VARCHAR") if number or of_type or of_session or named or computed else item


_MOST_ELEMENTS = 5
"""Of a path ("JSON_EXTRACT_PATH_TEXT function": up to five levels)."""


def _json_extract_path_text(arguments: Sequence[exp.Expr]) -> exp.Expr:
    document, *path = arguments
    lenient = bool(path) and isinstance(path[-1], exp.Boolean) and bool(path.pop().this)
    if not path:
        raise SqlError("42883", "function json_extract_path_text() needs a path")
    if len(path) > _MOST_ELEMENTS:
        raise SqlError("42883", f"function json_extract_path_text() takes {_MOST_ELEMENTS} path elements at most")
    if not all(isinstance(part, exp.Literal) for part in path):
        raise SqlError("0A000", "JSON_EXTRACT_PATH_TEXT takes literal path elements in this sandbox endpoint")
    pointer = "$" + "".join('."' + part.name.replace('"', '\\"') + '"' for part in path)
    return call("rs_json_text_or_null" if lenient else "rs_json_text", document, pointer)


def _concat(arguments: Sequence[exp.Expr]) -> exp.Expr:
    left, right = exactly(2, "concat", arguments)
    return exp.Paren(this=exp.DPipe(this=left, expression=right, safe=False))


def _counted(name: str) -> Build:
    """Characters or bytes; of a column, whose VARBYTE has them too, the engine decides ("LEN function")."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        (value,) = exactly(1, name, arguments)
        if isinstance(value, exp.Column):
            return call(f"rs_{name}", value)
        return call({"octet_length": "strlen"}.get(name, name), as_text(value))

    return build


def _split_part(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Parts count from 1 ("SPLIT_PART function: must be an integer greater than 0")."""
    text, mark, part = exactly(3, "split_part", arguments)
    if isinstance(part, exp.Neg) or (isinstance(part, exp.Literal) and part.name == "0"):
        raise SqlError("22023", "field position must be greater than zero")
    return call("split_part", text, mark, part)


def _padded(name: str) -> Build:
    """With blanks, where nothing else is said."""

    def build(arguments: Sequence[exp.Expr]) -> exp.Expr:
        given = [*arguments, exp.Literal.string(" ")] if len(arguments) == 2 else list(arguments)
        return call(name, *exactly(3, name, given))

    return build


def _without_blanks(name: str) -> Build:
    """One argument takes blanks alone ("RTRIM function"), where DuckDB takes every space of Unicode."""
    return lambda given: call(name, *given, *([exp.Literal.string(" ")] if len(given) == 1 else []))


def _rtrim(given: Sequence[exp.Expr]) -> exp.Expr:
    """RTRIM of a column, which keys and sums of columns are made of row by row, looks for a blank before it cuts."""
    text, *characters = given
    blank = exp.Literal.string(" ")
    if isinstance(text, exp.Column) and characters in ([], [blank]):
        return call("rs_unpadded", text)
    return call("rtrim", text, *(characters or [blank]))


def _substring(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Characters before the first are counted too, as in PostgreSQL."""
    return call("rs_substring", *arguments) if len(arguments) == 3 else call("rs_substring_from", *arguments)


def _listagg(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """LISTAGG leaves out NULL and empty strings ("LISTAGG function"); distinct texts differ by more than blanks."""
    first, *rest = arguments
    distinct = isinstance(first, exp.Distinct)
    value, *rest = [*first.expressions, *rest] if distinct else [first, *rest]
    text = call("rs_unpadded", call("rs_text", value)) if distinct else call("rs_text", value)
    kept: exp.Expr = call("nullif", text, "")
    kept = exp.Distinct(expressions=[kept]) if distinct else kept
    return call("string_agg", kept, rest[0] if rest else exp.Literal.string(""))


_SHA2 = {"0": "sha256", "256": "sha256", "224": "rs_sha224", "384": "rs_sha384", "512": "rs_sha512"}


def _sha2(arguments: Sequence[exp.Expr]) -> exp.Expr:
    """Bits that are written bind the macro of that size alone: all of them take a tenth of a second."""
    text, bits = exactly(2, "sha2", arguments)
    made = _SHA2.get(bits.name) if isinstance(bits, exp.Literal) and bits.is_int else None
    return call("rs_sha2", text, bits) if made is None else call(made, text)


RULES: dict[str, Build] = {
    "btrim": _without_blanks("trim"),
    "concat": _concat,
    "json_extract_path_text": _json_extract_path_text,
    "listagg": _listagg,
    "lpad": _padded("lpad"),
    "ltrim": _without_blanks("ltrim"),
    "octet_length": _counted("octet_length"),
    "rpad": _padded("rpad"),
    "rtrim": _rtrim,
    "sha2": _sha2,
    "split_part": _split_part,
    "substr": _substring,
    "substring": _substring,
    **dict.fromkeys(("char_length", "character_length", "len", "length", "textlen"), _counted("length")),
}
"""What becomes of a call, by the name of its function."""
