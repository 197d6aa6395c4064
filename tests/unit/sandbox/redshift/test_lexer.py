"""The lexer: nothing is lost, quotes and comments hide what is in them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.redshift import lexer
from sandbox.redshift.errors import SqlError

PIECES = st.sampled_from(
    [
        "select",
        " ",
        "\n",
        "'a;b'",
        "'it''s'",
        "'\\''",
        '"x;y"',
        "$1",
        "$12",
        "$$a;b$$",
        "$t$ ' $t$",
        "--c;\n",
        "/* ; /* */ */",
        *["1.5", "1e5", "::", "#tmp", ",", "(", ")", "<=", "é", ";"],
    ]
)


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("select 1; select 2;", ["select 1", "select 2"]),
        ("select ';' -- ; no\n ; /* ; */ select $$;$$", ["select ';'", "select $$;$$"]),
        ("select 'it''s; fine', \"a;b\"", ["select 'it''s; fine', \"a;b\""]),
        (" ; ;; ", []),
        ("", []),
    ],
)
def test_statements_are_split_outside_quotes_and_comments(sql: str, parts: list[str]) -> None:
    assert lexer.split(sql) == parts


@pytest.mark.parametrize(
    ("sql", "named", "count"),
    [
        ("values ($1,$2)", "values (:p1,:p2)", 2),
        ("select '$1', $2, \"$3\" -- $9", "select '$1', :p2, \"$3\" -- $9", 2),
        ("select $$ $1 $$", "select $$ $1 $$", 0),
        ("select $10", "select :p10", 10),
    ],
)
def test_parameters_are_named(sql: str, named: str, count: int) -> None:
    assert lexer.for_parser(sql) == named
    assert lexer.parameter_count(sql) == count


@pytest.mark.parametrize(
    ("sql", "value"),
    [("'it''s'", "it's"), (r"'a\\b'", r"a\b"), (r"'a\'b'", "a'b"), ("$$a'b$$", "a'b"), ("$q$a$$b$q$", "a$$b")],
)
def test_literals_lose_their_quotes(sql: str, value: str) -> None:
    (token,) = lexer.tokens(sql)
    assert token.value == value


@pytest.mark.parametrize("sql", ["'a", '"a', "/* a", "/* /* */", "select 'a''"])
def test_what_does_not_end_is_refused(sql: str) -> None:
    with pytest.raises(SqlError) as refused:
        lexer.tokens(sql)
    assert refused.value.code == "42601"


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_tokens_are_the_text_in_order(sql: str) -> None:
    at = 0
    for token in lexer.tokens(sql):
        assert token.start >= at
        assert sql[token.start : token.end] == token.text
        at = token.end


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(sql: str) -> None:
    try:
        parts = lexer.split(sql)
    except SqlError as refused:
        assert refused.code == "42601"
    else:
        assert [part for text in parts for part in lexer.split(text)] == parts
