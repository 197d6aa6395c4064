"""Which products and quotients are left to DuckDB as they are: those in which nothing may be a decimal."""

import pytest

from sandbox.redshift.names import TableName
from sandbox.redshift.translate.shown import Body, Shown
from sandbox.redshift.translate.statement import translate

_SHOWN = Shown(
    {TableName("public", "v"): Body("select price as p, n from t"), TableName("public", "w"): Body("select n from t")},
    ("public",),
    frozenset(),
    decimals=frozenset({("t", "price"), ("other", "n")}),
)


def _is_computed(text: str) -> bool:
    return "RS_MULTIPLIED" in text or "RS_DIVIDED" in text


@pytest.mark.parametrize(
    "sql",
    [
        "select n * 2 from t",
        "select 31 * n + 7 * m, n / m from t",
        "select count(*) * n from t group by n",
        "select n * x from (select n, m * 2 as x from t) as q",
        "select n * 2 from w",
        "select n * 2 from v",
        "with q (m, n) as (select 1.5, n from t union all select price, k from t) select n * 2 from q",
        "select n * cast('1.5' as float) from t",
        "update t set n = n * 2",
    ],
)
def test_whole_numbers_and_doubles_are_left_as_they_are(sql: str) -> None:
    assert not _is_computed(translate(sql, (), _SHOWN).sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select price * n from t",
        "select n / price from t",
        "select n * 1.5 from t",
        "select n * cast(m as decimal(8, 2)) from t",
        "select n * x from (select n, price + 1 as x from t) as q",
        "select n * y from (select n, x as y from (select n, -price as x from t) as p) as q",
        "with q (n, x) as (select n, price from t) select n * x from q",
        "select n * x from (select n, price from t) as q (n, x)",
        "select n * x from (select * from t) as q (n, x)",
        "with q (n, x) as (select n, 1 from t union all select n, price from t) select n * x from q",
        "select n * x from numbers as q (n, x)",
        "select price as x, x * n from t",
        "select p * n from v",
        "select n * m from t, other",
        "select median(n) * m from t group by m",
        "select (select max(price) from t) * n from other",
        "update t set n = price * n",
        "select rows * pct_used from (select tbl_rows as rows, pct_used from svv_table_info) as q",
    ],
)
def test_what_may_be_a_decimal_has_its_type_found(sql: str) -> None:
    assert _is_computed(translate(sql, (), _SHOWN).sql)


def test_of_the_same_text_what_is_shown_decides() -> None:
    nowhere = Shown({}, ("public",), frozenset())
    assert not _is_computed(translate("select price * n from t", (), nowhere).sql)
    assert nowhere.digest != Shown({}, ("public",), frozenset(), decimals=frozenset({("t", "price")})).digest
