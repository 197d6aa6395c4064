"""What `reelhouse contracts` tells."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from extract.errors import ConfigurationError
from orchestration.cli import reelhouse
from orchestration.contracts import describe
from spark.contracts import load_contracts


def test_every_entity_is_told_with_all_of_its_columns() -> None:
    described = {entity.entity: entity for entity in describe()}
    assert {name: [column.name for column in entity.columns] for name, entity in described.items()} == {
        name: [column.name for column in contract.columns] for name, contract in load_contracts().items()
    }


def test_a_column_says_where_its_value_stands_in_a_raw_record() -> None:
    (entity,) = describe("wistia__media_engagement")
    paths = {column.name: column.path for column in entity.columns}
    assert paths["media_id"] == "_meta.params.media_id"
    assert paths["view_count"] == "engagement_data"
    assert paths["bucket"] == "place in view_count"
    assert paths["_raw_line"] == ""
    assert entity.ddl.startswith("create table staging.stg_wistia__media_engagement (\n    media_id varchar(64),")


def test_it_is_printed_for_people_and_for_programs_and_asks_for_no_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(reelhouse, ["contracts", "wistia__visitor"])
    assert shown.exit_code == 0, shown.output
    assert "visitor_identity.email" in shown.output
    assert "create table restricted.stg_wistia__visitor" in shown.output
    told = json.loads(CliRunner().invoke(reelhouse, ["contracts", "--json"]).output)
    assert [entity["entity"] for entity in told] == list(load_contracts())


def test_an_entity_that_there_is_not_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(ConfigurationError, match="did you mean wistia__visitor"):
        describe("visitor")
