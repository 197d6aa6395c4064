"""Headers tell the truth, layers read only what they may, and the order follows from the SQL."""

import re
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from spark.contracts import load_contracts
from warehouse_sql.catalog import load_catalog, read_tables
from warehouse_sql.checks import RESERVED, checks_of, file_checks
from warehouse_sql.delta import LOAD_COLUMN, STAGED, delta_of
from warehouse_sql.migrate import load_migrations
from warehouse_sql.model import HOME, Load, Model, Retention, load_models, parse_model
from warehouse_sql.plan import build_order, loaded_models, temporary_reads
from warehouse_sql.render import render

MODELS = load_models()
SHAPE = re.compile(r"--   ?\w|-- \w+:")
HEADER = """-- grain:   one row per thing
-- key:     thing_key
-- reads:   nothing
-- load:    view
-- version: 1
-- columns:
--   thing_key  The key.
select 1 as thing_key
"""

each_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


def selected(model: Model) -> list[str]:
    """Return the columns that a model's SELECT gives."""
    tree = sqlglot.parse_one(render(model.text), dialect="redshift")
    assert isinstance(tree, exp.Select)
    return list(tree.named_selects)


def tables_read(model: Model) -> list[exp.Table]:
    """Return the tables that a model's SQL reads, on the way of every load or only when facts move; no CTEs."""
    tree = sqlglot.parse_one(render(model.text, repoint=True), dialect="redshift")
    names = {cte.alias for cte in tree.find_all(exp.CTE)}
    return [table for table in tree.find_all(exp.Table) if table.db or table.name not in names]


@each_model
def test_the_header_names_what_the_sql_reads(model: Model) -> None:
    assert set(model.reads) == {f"{table.db}.{table.name}" for table in tables_read(model) if table.db}


@each_model
def test_temporary_tables_are_known_by_their_names(model: Model) -> None:
    assert temporary_reads(model) == {table.name for table in tables_read(model) if not table.db}


@each_model
def test_the_header_describes_the_columns_of_the_table(model: Model) -> None:
    described = [name for name, _ in model.columns]
    assert [name for name in selected(model) if name != STAGED] == described
    if model.table in load_catalog():
        # A column that a later migration added is the table's last, wherever it reads best.
        assert sorted(column.name for column in load_catalog()[model.table]) == sorted([*described, LOAD_COLUMN])
    else:
        assert model.load is Load.VIEW


@each_model
def test_a_layer_reads_only_layers_before_it(model: Model) -> None:
    allowed = {
        "core": ("staging.", "restricted.stg_", "core.dim_" if model.name.startswith("dim_") else "core."),
        "restricted": ("restricted.stg_",),
        "mart": ("core.", "mart.", "audit."),  # the books of the loads belong to no layer
    }[model.schema]
    assert all(table.startswith(allowed) for table in model.reads)


@each_model
def test_a_model_ends_in_the_columns_of_final_and_says_why(model: Model) -> None:
    tree = sqlglot.parse_one(render(model.text), dialect="redshift")
    source = tree.args["from_"].this
    assert isinstance(source, exp.Table)
    assert source.name == "final"
    assert model.grain.startswith("one row per ")
    core = "dimensions" if model.name.startswith("dim_") else "facts"
    folder = {"core": core, "restricted": "restricted", "mart": "marts"}[model.schema]
    prose = (HOME / folder / f"{model.name}.sql").read_text(encoding="utf-8").partition("--\n")[2]
    assert prose.startswith("-- ")


def physical_keys() -> dict[str, tuple[bool, bool]]:
    """Return, for each table of the migrations, whether every node stores it whole, and whether it is sorted."""
    found = {}
    for statement in (statement for migration in load_migrations() for statement in migration.statements):
        tree = sqlglot.parse_one(statement, dialect="redshift")
        if isinstance(tree, exp.Create) and isinstance(tree.this, exp.Schema):
            table = tree.this.this
            style = tree.find(exp.DistStyleProperty)
            everywhere = style is not None and style.name.lower() == "all"
            found[f"{table.db}.{table.name}"] = (everywhere, tree.find(exp.SortKeyProperty) is not None)
    return found


def test_headers_say_why_tables_are_distributed_and_sorted_as_they_are() -> None:
    for table, model in ((table, MODELS[table]) for table in physical_keys() if table in MODELS):
        everywhere, is_sorted = physical_keys()[table]
        (file,) = (path for path in HOME.glob(f"*/{model.name}.sql") if path.parent.name != "checks")
        prose = file.read_text(encoding="utf-8").partition("--\n")[2].replace("\n-- ", " ").lower()
        said = prose.partition("\n")[0]
        assert ("stored on every node" in said) == everywhere, table
        assert everywhere or ("distributed" in said and ("sorted" in said) == is_sorted), table


@each_model
def test_joins_are_qualified_and_never_right(model: Model) -> None:
    tree = sqlglot.parse_one(render(model.text, repoint=True), dialect="redshift")
    for select in tree.find_all(exp.Select):
        if select.args.get("joins"):
            assert [str(column) for column in select.find_all(exp.Column) if not column.table] == []


def test_no_personal_column_of_a_contract_enters_core_or_mart() -> None:
    personal = {column.name for contract in load_contracts().values() for column in contract.columns if column.personal}
    personal.add("_extra")
    assert {"ip_address", "viewer_email", "latitude", "organisation_name", "visitor_name"} <= personal
    held = {
        column.name for table, columns in load_catalog().items() if table[:4] in ("core", "mart") for column in columns
    }
    assert not held & personal


def test_models_come_after_what_they_need() -> None:
    order = [model.table for model in build_order()]
    for earlier, later in [
        ("core.dim_media_observation", "core.dim_media"),
        ("core.dim_channel", "core.dim_media"),
        ("core.dim_device", "core.dim_visitor"),
        ("core.dim_media", "core.fct_viewing_session"),
        ("core.dim_visitor", "core.fct_viewing_session"),
        ("core.fct_viewing_session", "mart.media_daily_total"),
        ("core.fct_media_snapshot", "mart.media_daily_total"),
        ("mart.media_daily_total", "mart.media_daily_performance"),
    ]:
        assert order.index(earlier) < order.index(later)
    assert {model.load for model in loaded_models()} == {Load.DELTA, Load.MEMBERS, Load.CHAIN, Load.PARTITIONS}


def test_every_entity_is_merged_into_one_table_of_core_and_what_is_personal_of_it_into_one_that_is_restricted() -> None:
    core = [model.entity for model in MODELS.values() if model.entity and model.schema == "core"]
    assert sorted(core) == sorted(load_contracts())
    restricted = [model.entity for model in MODELS.values() if model.schema == "restricted"]
    personal = [contract for contract in load_contracts().values() if contract.is_personal]
    assert sorted(map(str, restricted)) == sorted(contract.entity for contract in personal)
    for contract in personal:
        (model,) = (
            found for found in MODELS.values() if found.schema == "restricted" if found.entity == contract.entity
        )
        columns = {column.name for column in contract.columns if column.personal}
        assert columns <= {name for name, _ in model.columns}


def test_the_catalog_knows_columns_that_come_go_and_grow_and_refuses_other_changes() -> None:
    tables = read_tables(("create table core.t (a integer)", "alter table core.t add column b varchar(8)"))
    assert [column.name for column in tables["core.t"]] == ["a", "b"]
    tables = read_tables(
        (
            "create table core.t (a integer, b varchar(8), c date)",
            "alter table core.t drop column c",
            "vacuum full core.t",
            "alter table core.t alter column b type varchar(16)",
        )
    )
    assert [(column.name, column.type) for column in tables["core.t"]] == [("a", "INTEGER"), ("b", "VARCHAR(16)")]
    for change in ("rename column a to b", "rename to s", "alter column a type bigint"):
        with pytest.raises(ValueError, match="only ADD COLUMN"):
            read_tables(("create table core.t (a integer)", f"alter table core.t {change}"))


@each_model
def test_checks_follow_from_the_header(model: Model) -> None:
    if model.load is Load.VIEW:
        assert checks_of(model) == ()
        return
    abouts = [check.about for check in checks_of(model) if check.is_fatal]
    assert f"unique by {', '.join(model.key)}" in abouts
    assert "keys are not null" in abouts
    for column, dimension in model.refs:
        assert f"{column} is in {dimension}" in abouts
    if model.load is Load.CHAIN:
        assert len([about for about in abouts if "version" in about]) == 2


def test_every_foreign_key_of_a_table_is_declared() -> None:
    for model in MODELS.values():
        keys = {column.name for column in load_catalog().get(model.table, ()) if column.name.endswith("_key")}
        own = set(model.key[:1]) if model.natural else set()
        assert keys - own == {column for column, _ in model.refs}


def test_file_checks_belong_to_tables_that_exist() -> None:
    assert len(file_checks()) >= 4
    assert {check.table for check in file_checks()} <= {model.table for model in loaded_models()}
    assert RESERVED == (-1, -2, -3)


def test_a_header_is_read() -> None:
    model = parse_model("mart", "thing", HEADER)
    assert (model.table, model.key, model.reads, model.load) == ("mart.thing", ("thing_key",), (), Load.VIEW)
    assert model.columns == (("thing_key", "The key."),)


@pytest.mark.parametrize("line", ["grain", "key", "reads", "load", "version", "columns"])
def test_a_header_without_a_line_is_refused(line: str) -> None:
    source = "\n".join(text for text in HEADER.splitlines() if not text.startswith(f"-- {line}:"))
    with pytest.raises(ValueError, match=f"mart.thing: the header lacks {line}"):
        parse_model("mart", "thing", source)


def test_an_unknown_load_rule_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown load rule 'guess'"):
        parse_model("mart", "thing", HEADER.replace("view", "guess"))


def test_what_is_replaced_whole_and_how_long_it_stays_is_read() -> None:
    model = MODELS["core.fct_media_engagement"]
    assert model.group == ("media_id", "snapshot_date")
    assert model.retention == Retention(days=90, day="snapshot_date", member="media_id")
    assert MODELS["core.dim_media"].group == ("media_id",)
    assert MODELS["core.fct_media_day"].retention is None


def test_an_unknown_retention_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown retention 'a while'"):
        parse_model("mart", "thing", HEADER.replace("-- load:", "-- keep:    a while\n-- load:"))


@each_model
def test_what_is_grouped_or_kept_goes_by_columns_of_the_key(model: Model) -> None:
    columns = {name for name, _ in model.columns}
    assert set(model.group) <= columns
    if model.load is Load.DELTA:
        assert set(model.group) <= set(model.key)
    if model.retention:
        assert {model.retention.day, model.retention.member} == set(model.group or model.key)


def test_a_delta_compares_texts_with_their_trailing_blanks_and_nulls_with_nulls() -> None:
    statement = delta_of(MODELS["core.fct_viewing_session"]).classify()
    assert (
        "nvl(delta_fct_viewing_session.browser_version || '.', '') = nvl(target.browser_version || '.', '')"
        in statement
    )
    assert "target.percent_viewed is null" in statement
    assert "_load_sequence" not in statement


def test_a_fact_is_only_joined_within_the_days_of_the_load() -> None:
    for model in (found for found in MODELS.values() if found.load is Load.DELTA and found.name.startswith("fct_")):
        delta = delta_of(model)
        for statement in (delta.classify(), delta.update()):
            assert re.search(rf"\.{delta.model.within} between :within_from and :within_to", statement)


def test_models_lie_where_their_schema_says() -> None:
    assert {path.parent.name for path in HOME.glob("*/*.sql")} == {
        "dimensions",
        "facts",
        "marts",
        "migrations",
        "restricted",
        "macros",
        "checks",
        "exports",
    }
    assert Path(HOME).name == "warehouse_sql"


@each_model
def test_a_model_is_made_of_named_steps_that_are_all_used(model: Model) -> None:
    """Import, logical and final expressions: tables are read by name at the top, and each step is read by another."""
    tree = sqlglot.parse_one(render(model.text, repoint=True), dialect="redshift")
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    assert steps <= {table.name for table in tree.find_all(exp.Table) if not table.db}
    for table in tree.find_all(exp.Table):
        step = table.find_ancestor(exp.CTE)
        if table.db:
            assert step is not None, f"{table} is read outside of a named step"
            assert not step.this.args.get("joins"), (
                f"{step.alias} reads {table} and joins; read it in a step of its own"
            )
    assert not [group for group in tree.find_all(exp.Group) if any(part.is_int for part in group.expressions)]
    assert not re.findall(r"\b(?:SELECT|FROM|WHERE|JOIN|GROUP|ORDER|CASE|WITH|UNION|AND)\b", model.text)
