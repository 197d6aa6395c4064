"""What a person is told when COPY refuses a file: what Redshift says, then which rows break the contract."""

from pathlib import Path

import duckdb
import pytest

from extract.errors import DataRefused
from tests.integration.warehouse_sql.house import House
from tests.integration.warehouse_sql.staged import stage_selects, typed_columns

SESSION = {"session_id": "'s' || i", "media_id": "'m1'", "received_at": "timestamp '2026-01-01 12:00:00'"}
LINEAGE = {"_extracted_at": "timestamp '2026-01-02'", "_raw_sequence": "7", "_raw_part": "1", "_raw_line": "i"}
PLACE = "line 2 of object 1 of raw manifest 7"


def stage(house: House, odd: dict[str, str], wider: tuple[str, str] = ("", "")) -> None:
    """Stage three sessions of which the second has the odd values."""
    columns = typed_columns("wistia__viewing_session").replace(*wider)
    values = {**SESSION, **LINEAGE}
    items = [
        f"case when i = 2 then {odd[name]} else {values.get(name, 'null')} end"
        if name in odd
        else values.get(name, "null")
        for name in (part.split()[0] for part in columns.split(", "))
    ]
    with duckdb.connect() as engine:
        engine.execute(f"create table odd ({columns})")
        engine.execute(f"insert into odd select {', '.join(items)} from range(1, 4) as t(i)")
        house.sequence += 1
        stage_selects(house.lake, house.sequence, {"wistia__viewing_session": "select * from odd"}, engine)


@pytest.mark.parametrize(
    ("odd", "says"),
    [
        ({"country": "repeat('Ä', 200)"}, rf"country has at most 256 bytes: 1 rows do not: {PLACE} \(400 bytes\)"),
        ({"embed_url": "repeat('secret', 2000)"}, rf"embed_url has at most 8,192 bytes: .*{PLACE} \(12,000 bytes\)"),
    ],
)
def test_rows_that_break_the_contract_are_shown_without_their_values(
    odd: dict[str, str], says: str, filled: House
) -> None:
    stage(filled, odd)
    with pytest.raises(
        DataRefused, match=r"stg_wistia__viewing_session: COPY refused s3://.*\. Read again, "
    ) as refused:
        filled.load()
    assert refused.match(says)
    assert "secret" not in str(refused.value)
    assert "ÄÄ" not in str(refused.value)
    assert filled.value("select count(*) from audit.load_history") == 0


COLUMNS = typed_columns("wistia__viewing_session")
FIRST, SECOND = COLUMNS.split(", ")[:2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("percent_viewed double", "percent_viewed bigint"),
            "column 6 is percent_viewed bigint, and percent_viewed dou",
        ),
        ((f"{FIRST}, {SECOND}", f"{SECOND}, {FIRST}"), "column 1 is received_at timestamp, and session_id varchar by"),
        ((f"{SECOND}, ", ""), r"has 25 columns, the contract 26"),
        ((f"{SECOND}, ", f"{SECOND}, more varchar, "), r"has 27 columns, the contract 26"),
        (("_raw_part integer", "_raw_part bigint"), "column 25 is _raw_part bigint, and _raw_part integer by"),
    ],
    ids=["another type", "another order", "one is missing", "one too many", "a wider integer"],
)
def test_columns_that_are_others_than_the_contract_says_are_named(
    change: tuple[str, str], says: str, filled: House
) -> None:
    """Fault 16; Redshift's code for it is 15007."""
    stage(filled, {}, change)
    with pytest.raises(DataRefused, match=rf"15007.*{says}"):
        filled.load()


def test_a_file_that_is_no_parquet_is_named(filled: House, tmp_path: Path) -> None:
    from extract.manifest import ObjectEntry
    from extract.settings import Settings
    from spark.contracts import load_contracts
    from spark.jobs.inspect import breaches

    filled.lake.put("staging/odd.parquet", b"PAR1 and nothing else")
    entry = ObjectEntry(key="staging/odd.parquet", bytes=1, rows=1, sha256="")
    contract = load_contracts()["wistia__visitor"]
    assert breaches(Settings(), filled.lake, contract, [entry]) == (
        f"{filled.lake.url(entry.key)}: it cannot be read as Parquet",
    )
