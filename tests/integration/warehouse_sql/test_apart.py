"""What identifies a person stands in ``restricted`` and in no column of ``core``, ``mart`` or ``audit``."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spark.contracts import Contract, load_contracts
from tests.integration.spark.lakes import land, run
from tests.integration.warehouse_sql.house import House, open_laid_out_house
from tests.integration.warehouse_sql.test_upgrade import execute

PERSONAL = {entity: contract for entity, contract in load_contracts().items() if contract.is_personal}
ORDINARY: dict[str, dict[str, Any]] = {
    "wistia__visitor": {
        "visitor_key": "v1",
        "last_active_at": "2026-01-06T10:00:00Z",
        "load_count": 1,
        "play_count": 1,
    },
    "wistia__viewing_session": {
        "event_key": "s1",
        "visitor_key": "v1",
        "media_id": "m1",
        "received_at": "2026-01-06T10:00:00Z",
        "percent_viewed": 0.5,
        "country": "NL",
        "region": "Utrecht",
        "city": "Utrecht",
    },
    "streampulse__user": {"user_id": "u1", "region": "Kerala"},
}


def place(record: dict[str, Any], path: str, value: object) -> None:
    *inner, last = path.split(".")
    for name in inner:
        record = record.setdefault(name, {})
    record[last] = value


def planted(contract: Contract) -> dict[str, str | float]:
    """Return a value for each path that a personal column is read from, as nothing else looks."""
    columns = [column for column in contract.mapped if column.personal]
    return {
        path: 10.0625 + number if column.kind == "double" else f"planted-{number}-{path}@{contract.entity}.example"
        for number, column in enumerate(columns)
        for path in column.path
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("apart")) as house:
        for entity, contract in PERSONAL.items():
            record = dict(ORDINARY[entity])
            for path, value in {**planted(contract), "unheard_of": f"planted-unknown@{entity}.example"}.items():
                place(record, path, value)
            meta = {"sent_at": "2026-01-08T00:00:00Z", "last_modified": "2026-01-08T00:00:00Z"}
            land(house.lake, contract.stream, [json.dumps({"_meta": meta, "record": record})])
        run(house.lake)
        house.load()
        yield house


def texts(house: House, schema: str) -> dict[str, str]:
    """Return all that a schema shows, by table."""
    names = house.rows(f"select table_name from svv_tables where table_schema = '{schema}'")
    return {row["table_name"]: str(house.rows(f"select * from {schema}.{row['table_name']}")) for row in names}


@pytest.mark.parametrize("schema", ["core", "mart", "audit", "staging"])
def test_no_planted_value_is_in_any_column(loaded: House, schema: str) -> None:
    shown = texts(loaded, schema)
    assert len(shown) > 3
    values = [value for contract in PERSONAL.values() for value in planted(contract).values()]
    numbers = [str(value) for value in values if isinstance(value, float)]
    assert len(numbers) == 2
    assert not [table for table, text in shown.items() for word in ("planted", *numbers) if word in text]


@pytest.mark.parametrize("entity", PERSONAL)
def test_every_planted_value_is_in_the_restricted_table_of_its_entity(loaded: House, entity: str) -> None:
    shown = texts(loaded, "restricted")
    table = {"wistia__visitor": "visitor_identity", "wistia__viewing_session": "session_location"}
    for value in planted(PERSONAL[entity]).values():
        assert str(value) in shown[table.get(entity, "user_profile")]


def test_one_address_is_one_hash_in_core_and_restricted_and_places_are_coarse(loaded: House) -> None:
    hashes = "select email_hash from {} where email_hash is not null"
    assert loaded.value(hashes.format("core.dim_visitor")) == loaded.value(hashes.format("restricted.visitor_identity"))
    assert loaded.value(hashes.format("core.dim_user")) == loaded.value(hashes.format("restricted.user_profile"))
    assert loaded.rows("select country, region, city from core.dim_geo where geo_key > 0") == [
        {"country": "NL", "region": "Utrecht", "city": "Utrecht"}
    ]


def test_a_staging_table_of_an_earlier_release_goes_and_comes_back_with_it(tmp_path: Path) -> None:
    with open_laid_out_house(tmp_path) as house:
        house.load()
        execute(
            house,
            "create table staging.stg_wistia__visitor (visitor_email varchar(10))",
            "update audit.repeatable set checksum = 'of before', definition = '{\"visitor_email\": \"varchar(10)\"}' "
            "where name = 'staging.stg_wistia__visitor'",
        )
        house.load()
        assert house.value("select count(*) from svv_tables where table_name = 'stg_wistia__visitor'") == 1
