"""The cache: never heavier than allowed, and what was used last stays."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.redshift import lexer
from sandbox.redshift.names import TableName
from sandbox.redshift.remembered import Remembered
from sandbox.redshift.translate.shown import Body, Shown
from sandbox.redshift.translate.statement import translate


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12))))
def test_it_is_never_too_heavy_and_never_wrong(puts: list[tuple[int, int]]) -> None:
    kept: Remembered[int, int] = Remembered(total=20, single=10)
    last: dict[int, int] = {}
    for key, weight in puts:
        kept.put(key, weight, weight)
        if weight <= 10:
            last[key] = weight
            assert kept.get(key) == weight
        found = {key: kept.get(key) for key in last}
        assert all(value in (None, last[key]) for key, value in found.items())
        assert sum(value or 0 for value in found.values()) <= 20


def test_what_was_used_last_stays() -> None:
    kept: Remembered[str, int] = Remembered(total=2, single=1)
    kept.put("a", 1, 1)
    kept.put("b", 2, 1)
    kept.get("a")
    kept.put("c", 3, 1)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_a_long_text_is_not_kept() -> None:
    short, long = "select 1", "select " + ", ".join(map(str, range(20_000)))
    assert lexer.tokens(short) is lexer.tokens(short)
    assert lexer.tokens(long) is not lexer.tokens(long)


def test_a_statement_is_translated_once_for_all_that_see_the_same_behind_its_names() -> None:
    statement = "select a from mart.shown_alike"

    def seen(text: str, path: tuple[str, ...] = ("public",), hidden: frozenset[str] = frozenset()) -> Shown:
        return Shown({TableName("mart", "shown_alike"): Body(text)}, path, hidden)

    first = translate(statement, (), seen("select 1 as a"))
    assert translate(statement, (), seen("select 1 as a")) is first
    others = [seen("select 2 as a"), seen("select 1 as a", ("mart",)), seen("select 1 as a", hidden=frozenset({"a"}))]
    assert all(translate(statement, (), other) is not first for other in others)
    assert translate(statement, (), others[0]).sql != first.sql
