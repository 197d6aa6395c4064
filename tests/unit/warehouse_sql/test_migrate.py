"""Scripts are split into statements, and numbered files are numbered without gaps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse_sql.migrate import load_migrations, split_statements

text = st.text("ab;'- \n", max_size=12)


def test_comments_and_blank_statements_are_left_out() -> None:
    script = "-- one; two\nselect 1; -- three\n\nselect ';--' as a, 2 - 1;\n;"
    assert split_statements(script) == ("select 1", "select ';--' as a, 2 - 1")


def test_what_stands_in_comments_and_quoted_names_does_not_split() -> None:
    script = 'select 1 /* one; two */ as "a;b"; select 4 / 2;'
    assert split_statements(script) == ('select 1  as "a;b"', "select 4 / 2")


@pytest.mark.parametrize("script", ["select 'a", 'select "a', "select 1 /* a", "select /* a /* b */ ; c */ 1"])
def test_what_never_closes_or_nests_is_refused(script: str) -> None:
    with pytest.raises(ValueError, match="not closed, or nested"):
        split_statements(script)


@given(st.lists(text, min_size=1, max_size=5))
def test_texts_survive_whatever_stands_in_them(texts: list[str]) -> None:
    statements = ["select '" + text.replace("'", "''") + "'" for text in texts]
    assert split_statements(";\n-- it's; a comment\n".join(statements)) == tuple(statements)


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    migrations = load_migrations()
    assert [migration.version for migration in migrations] == list(range(1, len(migrations) + 1))
    assert all(migration.statements for migration in migrations)
