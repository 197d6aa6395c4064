"""What pages ask: only marts, only columns that they have, each with its meaning in the words of the models."""

import re
from datetime import date

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema

from dashboards.app.period import Period
from dashboards.app.query import ATTRIBUTES, Choice, Query, load_queries
from warehouse_sql.catalog import DIALECT
from warehouse_sql.model import load_models

QUERIES = load_queries()
CHOICE = Choice(Period(date(2026, 1, 2), date(2026, 1, 8)), ("m1", "m2"), ("Facebook",))
each_query = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def statement(query: Query) -> str:
    """Return what is sent for a choice of everything."""
    attribute = ATTRIBUTES[0] if "attribute" in query.text else None
    return query.statement(CHOICE, attribute, media_id="m1", period_name="all time")[0]


def of_marts() -> MappingSchema:
    """Return the columns of the marts, as their models tell them."""
    schema = MappingSchema(dialect=DIALECT)
    for model in load_models().values():
        if model.schema == "mart":
            schema.add_table(model.table, {name: "varchar" for name, _ in model.columns})
    return schema


@each_query
def test_it_reads_marts_and_columns_that_they_have(query: Query) -> None:
    tree = sqlglot.parse_one(statement(query), dialect=DIALECT)
    assert {table.db for table in tree.find_all(exp.Table)} == {"mart"}
    assert isinstance(tree, exp.Select)
    qualify(tree, schema=of_marts(), dialect=DIALECT)


@each_query
def test_every_column_has_its_meaning_in_the_words_of_a_model(query: Query) -> None:
    tree = sqlglot.parse_one(statement(query), dialect=DIALECT)
    assert isinstance(tree, exp.Select)
    assert list(query.columns) == tree.named_selects
    for column in query.columns:
        words = query.definition(column)
        assert words.endswith(".")
        assert "{" not in words
    assert query.grain.startswith("one row ")


@each_query
def test_what_is_chosen_is_bound_and_never_written(query: Query) -> None:
    choice = Choice(CHOICE.period, ("x' or 1=1 --",), ("y' or 1=1 --",))
    attribute = ATTRIBUTES[0] if "attribute" in query.text else None
    text, parameters = query.statement(choice, attribute, media_id="z' or 1=1", period_name="all time")
    assert "1=1" not in text
    assert set(re.findall(r":([a-z_0-9]+)\b", text)) == set(parameters)


def test_nothing_chosen_is_everything() -> None:
    text, parameters = QUERIES["day_totals"].statement(Choice(CHOICE.period))
    assert " in (" not in text
    assert parameters == {"first_of_both": date(2025, 12, 26), "last_day": date(2026, 1, 8)}


def test_medias_and_channels_are_chosen_together() -> None:
    text, parameters = QUERIES["day_totals"].statement(CHOICE)
    assert "and media_id in (:media_id_0, :media_id_1)" in text
    assert "and channel_name in (:channel_name_0)" in text
    assert (parameters["media_id_1"], parameters["channel_name_0"]) == ("m2", "Facebook")


def test_an_audience_is_split_by_what_is_known_alone() -> None:
    with pytest.raises(ValueError, match="no attribute"):
        QUERIES["audience_split"].statement(CHOICE, "1; drop table mart.x")


def test_a_column_that_no_model_has_is_no_definition() -> None:
    query = Query("x", "one row per x", {"a": "{mart.media_summary.gone}"}, "select 1 as a")
    with pytest.raises(KeyError):
        query.definition("a")
