"""The SQL is Redshift's: two parsers take it, and it keeps to the subset that Redshift documents and we chose."""

import re
from collections.abc import Callable
from itertools import islice

import pytest
import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot import exp

from tests.unit.warehouse_sql.statements import every_statement

STATEMENTS = every_statement()
LITERAL = re.compile(r"'(?:[^']|'')*'")
PARAMETER = re.compile(r"(?<!:):([a-z_0-9]+)")


def parsed(statement: str) -> exp.Expr:
    return sqlglot.parse_one(statement, dialect="redshift")


def test_the_collection_holds_all_kinds_of_statements() -> None:
    assert len(STATEMENTS) > 110
    assert {name.partition("._")[2] for name in STATEMENTS if name.startswith("warehouse_sql.ledger")} >= {
        "LOADED",
        "RECORD",
    }


@pytest.mark.parametrize("name", STATEMENTS)
def test_sqlglot_reads_every_statement_whole(name: str) -> None:
    statement = STATEMENTS[name]
    tree = sqlglot.parse(statement, dialect="redshift")
    assert len(tree) == 1
    assert not isinstance(tree[0], exp.Command), "an opaque command"


@pytest.mark.long
@pytest.mark.parametrize("one_in", [7, pytest.param(1, marks=pytest.mark.long)])
def test_sqlfluff_reads_every_statement(one_in: int) -> None:
    """It takes as long for ten statements as sqlglot for all."""
    linter = Linter(config=FluffConfig(overrides={"dialect": "redshift"}))
    unread = {}
    for name, statement in islice(STATEMENTS.items(), 0, None, one_in):
        result = linter.parse_string(PARAMETER.sub("1", statement))
        if result.violations:
            unread[name] = [str(violation) for violation in result.violations]
    assert unread == {}


# Database Developer Guide, "Reserved words". DELTA and SNAPSHOT are among them, and sqlglot does not mind.
_RESERVED = """
    aes128 aes256 all allowoverwrite analyse analyze and any array as asc authorization az64 backup between binary
    blanksasnull both bytedict bzip2 case cast check collate column connect constraint create credentials cross
    current_date current_time current_timestamp current_user current_user_id default deferrable deflate defrag delta
    delta32k desc disable distinct do else emptyasnull enable encode encrypt encryption end except explicit false for
    foreign freeze from full globaldict256 globaldict64k grant group gzip having identity ignore ilike in initially
    inner intersect interval into is isnull join language leading left like limit localtime localtimestamp lun luns
    lzo lzop minus mostly16 mostly32 mostly8 natural new not notnull null nulls off offline offset oid old on only open
    or order outer overlaps parallel partition percent permissions pivot placing primary raw readratio recover
    references rejectlog resort respect restore right select session_user similar snapshot some sysdate system table
    tag tdes text255 text32k then timestamp to top trailing true truncatecolumns union unique unnest unpivot user using
    verbose wallet when where with without
    """
RESERVED_WORDS = frozenset(_RESERVED.split())


def reserved_names(statement: str) -> list[str]:
    names = {identifier.name.lower() for identifier in parsed(statement).find_all(exp.Identifier)}
    return sorted(names & RESERVED_WORDS)


def no_functions(*names: str) -> Callable[[str], list[str]]:
    pattern = re.compile(rf"\b({'|'.join(names)})\s*\(", re.IGNORECASE)
    return lambda statement: [found[0] for found in pattern.finditer(statement)]


def no_words(*patterns: str) -> Callable[[str], list[str]]:
    """Look for words outside of literals: a comment on a column may say them."""
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda statement: [found[0] for found in pattern.finditer(LITERAL.sub("''", statement))]


def unqualified_tables(statement: str) -> list[str]:
    tree = parsed(statement)
    known = {cte.alias for cte in tree.find_all(exp.CTE)}
    tables = [table for table in tree.find_all(exp.Table) if not table.db and table.name not in known]
    return [table.name for table in tables if not table.name.startswith(("delta_", "touched_", "svv_"))]


def concatenations_of_other_than_two(statement: str) -> list[str]:
    return [str(call) for call in parsed(statement).find_all(exp.Concat) if len(call.expressions) != 2]


def windows_with_nulls_clause(statement: str) -> list[str]:
    return re.findall(r"nulls (?:first|last)", statement, re.IGNORECASE)


def averages(statement: str) -> list[str]:
    """AVG of integers truncates in Redshift; a sum divided by a count says what it does."""
    return [str(call) for call in parsed(statement).find_all(exp.Avg)]


def divisions_of_integers(statement: str) -> list[str]:
    """Integer division truncates: at least one side must be cast, so that it is read what is meant."""
    divisions = parsed(statement).find_all(exp.Div)
    return [str(found) for found in divisions if not any(True for _ in found.find_all(exp.Cast))]


def percent_signs(statement: str) -> list[str]:
    """The driver takes a percent sign outside of a text for a parameter in some styles."""
    return re.findall("%", statement)


def texts_without_a_type(statement: str) -> list[str]:
    """A literal that is read as a column keeps the type unknown, from which Redshift converts to nothing.

    Where a literal goes straight into a table, it takes the type of the column there.
    """
    found = []
    for select in parsed(statement).find_all(exp.Select):
        holder = select.parent
        while isinstance(holder, exp.SetOperation):
            holder = holder.parent
        if holder is not None and not isinstance(holder, exp.Insert):
            found += [str(given) for given in select.expressions if is_untyped(given.unalias())]
    return found


def is_untyped(value: exp.Expr) -> bool:
    return isinstance(value, exp.Null) or (isinstance(value, exp.Literal) and value.is_string)


NATURAL_TEXTS = {
    "media_id", "project_id", "visitor_id", "session_id", "browser", "platform", "country", "region", "city",
    "channel_name", "content_id", "user_id", "playback_id",
}  # fmt: skip


def natural_texts_with_trailing_blanks(statement: str) -> list[str]:
    """Redshift ignores trailing blanks when it compares, and MD5 does not: one member would have two keys.

    So whatever reads a natural key from staging trims it there.
    """
    found = []
    for select in parsed(statement).find_all(exp.Select):
        source = select.args.get("from_")
        if not source or not isinstance(source.this, exp.Table) or not is_staged(source.this):
            continue
        for given in select.expressions:
            untrimmed = [column for column in given.find_all(exp.Column) if not column.find_ancestor(exp.Trim)]
            found += [str(column) for column in untrimmed if column.name in NATURAL_TEXTS]
            found += [str(given)] if given.is_star and not isinstance(given, exp.Count) else []
    return found


def is_staged(table: exp.Table) -> bool:
    """Whether a table holds what COPY or the settings brought: tables of persons are staged in `restricted`."""
    return table.db == "staging" or table.name.startswith("stg_")


def star_in_final(statement: str) -> list[str]:
    return re.findall(r"select \*\s+from final", statement)


RULES: dict[str, Callable[[str], list[str]]] = {
    "aggregates that Redshift lacks or limits": no_functions("listagg", "string_agg", "array_agg", "generate_series"),
    "syntax of PostgreSQL that Redshift lacks": no_words(
        r"\bon conflict\b", r"\breturning\b", r"\bfilter\s*\(", r"\bis (?:not )?distinct from\b", r"->", r"\blateral\b",
        r"\bsavepoint\b", r"\bserial\b", r"\bcreate (?:unique )?index\b", r"\bright join\b",
    ),
    "statements that commit or are not portable": no_words(r"\btruncate\b", r"\bremove duplicates\b", r"\bvacuum\b"),
    "MERGE, which knows no condition": no_words(r"\bmerge into\b"),
    "the clock of the session": no_functions("now", "current_timestamp"),
    "keys that the planner would trust unproved": no_words(r"\bprimary key\b", r"\bforeign key\b", r"\breferences\b"),
    "text types without a length": no_words(r"\btext\b", r"\bvarchar(?!\s*\()"),
    "unqualified tables": unqualified_tables,
    "reserved words as names": reserved_names,
    "CONCAT, which takes exactly two": concatenations_of_other_than_two,
    "NULLS FIRST and LAST, which windows do not take": windows_with_nulls_clause,
    "AVG": averages,
    "integer division": divisions_of_integers,
    "percent signs": percent_signs,
    "a star instead of the final columns": star_in_final,
    "texts and nulls without a type": texts_without_a_type,
    "natural keys with trailing blanks": natural_texts_with_trailing_blanks,
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_no_statement_uses(rule: str) -> None:
    found = {name: RULES[rule](statement) for name, statement in STATEMENTS.items()}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("rule", "statement"),
    [
        ("unqualified tables", "select a from visitors"),
        ("reserved words as names", "with snapshot as (select a from core.t) select a from snapshot"),
        ("integer division", "select a / b from core.t"),
        ("AVG", "select avg(a) from core.t"),
        ("CONCAT, which takes exactly two", "select concat(a, b, c) from core.t"),
        ("text types without a length", "select cast(a as varchar) from core.t"),
        ("syntax of PostgreSQL that Redshift lacks", "select count(*) filter (where a) from core.t"),
        ("statements that commit or are not portable", "truncate core.t"),
        ("texts and nulls without a type", "with a as (select 'x' as b) select a.b from a"),
        ("texts and nulls without a type", "create view mart.a as select null as b with no schema binding"),
        ("texts and nulls without a type", "select b from (select c from core.t union all select 'x') as a"),
        ("natural keys with trailing blanks", "select media_id from staging.t"),
        ("natural keys with trailing blanks", "with a as (select * from staging.t) select a.b from a"),
        ("natural keys with trailing blanks", "select visitor_id from restricted.stg_wistia__visitor"),
        ("percent signs", "select a from core.t where b like 'x%'"),
    ],
)
def test_the_rules_can_fail(rule: str, statement: str) -> None:
    assert RULES[rule](statement)
