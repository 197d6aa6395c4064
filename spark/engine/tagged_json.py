"""JSON whose scalars tell their kinds, in Spark's SQL. Pure: from the text of an expression to the text of another.

Spark 3.5 has no type for JSON: ``from_json`` into strings forgets whether ``1`` stood in quotes and prints ``1.50`` as
``1.5``. So one regular expression makes a string of every scalar before it is parsed: ``"x"`` becomes ``"sx"``,
``1.50`` becomes ``"1.50s"``, ``null`` becomes ``"nulls"``. What begins with ``s`` is a string, and names begin with it
as well; objects and lists stay what they are. A *tagged value* is what ``from_json`` makes of one: ``sx``, ``1.50s``,
``{"sa":"1s"}``.
"""

# Atomic or possessive throughout: Java's matcher would recurse once for each escape otherwise, and a line may be long.
# A run of characters is read at once only where it stands by itself and its quantifier is greedy.
_BODY = r'(?>[^"\\]*)(?:\\.(?>[^"\\]*))*+'
# RFC 8259, and the spellings of not-a-number and infinity that DuckDB's parser takes for numbers. Never a name.
_LITERAL = (
    r"(?=[-0-9tfnNiI])"  # most characters begin none of them, and each of them would be tried
    r"(?:-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null|-?(?i:nan|inf(?:inity)?))"
    r"(?![ \t\r\n]*:)"
)
_SCALAR = rf'(?s)"({_BODY})"|({_LITERAL})'
_AS_STRING = '"$2s$1"'
# DuckDB's parser forgives a comma before the end of an object or a list that is not empty.
_LAST_COMMA = r",[ \t\r\n]*[}\]]"
_STRING_OR_LAST_COMMA = rf'(?s)("{_BODY}"|[}}\]])(?:[ \t\r\n]*,(?=[ \t\r\n]*[}}\]]))?'
_TAGGED = rf'(?s)(")s({_BODY})(")|"([^"]*)s"'
_TOKEN = rf'(?s)"s{_BODY}"|"[^"]*+"|[^"]++'
# What a nested value may hold that is not yet as it should be: Jackson escapes characters beyond U+FFFF.
_MAYBE_OTHERWISE = r'"-?[0-9]+[.eE]|"-0s|\\u[dD][89abAB]'
_ESCAPED = r'["\\\x00-\x1f]'
"""What JSON escapes in a string."""
_BRACKETS = r"^\[|\]\z"
_ESCAPED_PAIR = r"\\u[dD][89abAB]"
_FRACTION = "^-?[0-9]+[.eE]"


def literal(text: str) -> str:
    """Write a text as a SQL literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def scalars_tagged(line: str) -> str:
    """JSON text with its scalars tagged; of what is no JSON something that is none either."""
    return f"regexp_replace({line}, {literal(_SCALAR)}, {literal(_AS_STRING)})"


def without_last_commas(scalars: str) -> str:
    """What ``scalars_tagged`` made, without commas before the end of an object or a list; null where there are none."""
    without = f"regexp_replace({scalars}, {literal(_STRING_OR_LAST_COMMA)}, '$1')"
    return f"case when {scalars} rlike {literal(_LAST_COMMA)} then {without} end"


def is_object(value: str) -> str:
    """Whether a tagged value is an object."""
    return f"startswith({value}, '{{')"


def is_string(value: str) -> str:
    """Whether a tagged value is a string."""
    return f"startswith({value}, 's')"


def is_nested(value: str) -> str:
    """Whether a tagged value is an object or a list."""
    return f"(startswith({value}, '{{') or startswith({value}, '['))"


def is_other(value: str) -> str:
    """Whether a tagged value is a number, an object or a list."""
    return (
        f"(not (startswith({value}, 's') or startswith({value}, 't') or startswith({value}, 'f')) "
        f"and {value} <> 'nulls')"
    )


def has_fraction(value: str) -> str:
    """Whether a tagged value that is no string may be a fraction (or ``-0``), or is an object or a list."""
    signs = " or ".join(f"contains({value}, '{sign}')" for sign in ".eE")
    return f"(not startswith({value}, 's') and ({is_nested(value)} or {value} = '-0s' or {signs}))"


def is_odd(value: str) -> str:
    """Whether a tagged value may be, or hold, a number that is not in its normal form or escapes that are not."""
    return (
        f"case when startswith({value}, 's') then false when {is_nested(value)} "
        f"then {value} rlike {literal(_MAYBE_OTHERWISE)} else {has_fraction(value)} end"
    )


def kind(value: str) -> str:
    """The JSON kind of a tagged value; null where there is no value."""
    return (
        f"case when startswith({value}, 's') then 'string' when {value} = 'nulls' then 'null' "
        f"when startswith({value}, '{{') then 'object' when startswith({value}, '[') then 'array' "
        f"when startswith({value}, 't') or startswith({value}, 'f') then 'boolean' "
        f"when {value} is not null then 'number' end"
    )


def text(value: str) -> str:
    """A tagged value as text: strings without quotes and escapes, all else as JSON text; null for the JSON null."""
    return (
        f"case when {is_string(value)} then {_of_string(value)} when {value} = 'nulls' then null else {json(value)} end"
    )


def plain_text(value: str, otherwise: str, other: str) -> str:
    """What ``text`` makes of a tagged value that stands in it as it is; ``other`` where ``otherwise`` holds."""
    return (
        f"case when {is_string(value)} then {_of_string(value)} when {otherwise} then {other} "
        f"when {value} <> 'nulls' then {_of_literal(value)} end"
    )


def plain_json(value: str, otherwise: str, other: str) -> str:
    """What ``json`` makes of a tagged value that needs no other form; ``other`` where ``otherwise`` holds."""
    return (
        f"case when {is_string(value)} then {quoted(_of_string(value))} when {otherwise} then {other} "
        f"when {is_nested(value)} then {_untagged(value)} else {_of_literal(value)} end"
    )


def json(value: str) -> str:
    """A tagged value as JSON text without blanks, its numbers in their normal form."""
    return (
        f"case when {is_string(value)} then {quoted(_of_string(value))} "
        f"when {is_nested(value)} then {_untagged(_normal(value))} "
        f"when {value} is not null then {number(_of_literal(value))} end"
    )


def quoted(text: str) -> str:
    """A text as a JSON string."""
    return (
        f"case when {text} rlike {literal(_ESCAPED)} "
        f"then regexp_replace(to_json(array({text})), {literal(_BRACKETS)}, '') else concat('\"', {text}, '\"') end"
    )


def number(text: str) -> str:
    """The normal form of a number: what both engines make of its text.

    Whole numbers keep their digits, however many. Any other is the shortest text that reads back as the same double,
    written as ECMAScript writes numbers (ECMA-262, Number::toString) with ``.0`` after whole ones: ``1.5``, ``100.0``,
    ``1e21``. One that no double can hold (``1E400``) keeps its text.
    """
    # Jackson's writer, which is in Spark's own jars: that of Java prints too many digits before Java 19.
    shortest = f"java_method('com.fasterxml.jackson.core.io.NumberOutput', 'toString', cast({text} as double), true)"
    return (
        f"case when {text} = '-0' then '0' when {text} rlike '{_FRACTION}' "
        f"then transform(array({shortest}), d -> {_as_ecmascript('d', text)})[0] else {text} end"
    )


def _as_ecmascript(java: str, text: str) -> str:
    """What ECMAScript writes for the text that Java writes for a double."""
    # Java writes two digits at least, so of the two smallest doubles other ones than the shortest.
    small = f"replace(replace({java}, '4.9E-324', '5E-324'), '9.9E-324', '1E-323')"
    size = f"abs(cast({java} as double))"
    return (
        f"case when {java} in ('Infinity', '-Infinity') then {text} when instr({java}, 'E') = 0 then {java} "
        f"when {size} < 1e-6D or {size} >= 1e21D then replace(replace({small}, '.0E', 'E'), 'E', 'e') "
        f"else regexp_replace(case when {size} < 1 then cast(cast({java} as decimal(38, 30)) as string) "
        f"else cast(cast({java} as decimal(38, 16)) as string) end, '(\\\\.[0-9]+?)0*\\\\z', '$1') end"
    )


# Of a text Spark counts the characters to cut one off; of bytes it copies all others.
def _of_string(value: str) -> str:
    return f"cast(substr(cast({value} as binary), 2) as string)"


def _of_literal(value: str) -> str:
    return f"cast(substr(cast({value} as binary), 1, octet_length({value}) - 1) as string)"


def _untagged(value: str) -> str:
    return f"regexp_replace({value}, {literal(_TAGGED)}, '$1$2$3$4')"


def _normal(value: str) -> str:
    """A tagged object or list with its numbers and escapes in their normal forms."""
    parsed = "from_json(concat('[', t, ']'), 'array<string>')[0]"
    tokens = f"regexp_extract_all({value}, {literal(_TOKEN)}, 0)"
    return (
        f"case when {value} rlike {literal(_MAYBE_OTHERWISE)} then array_join(transform({tokens}, t -> case "
        f"when t rlike '^\"-?[0-9]' then concat('\"', {number('substr(t, 2, length(t) - 3)')}, 's\"') "
        f"when t rlike {literal(_ESCAPED_PAIR)} then {quoted(parsed)} "
        f"else t end), '') else {value} end"
    )
