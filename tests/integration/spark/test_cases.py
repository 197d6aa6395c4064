"""Every case under tests/cases/spark: raw lines in, rows, reasons and drift out.

All cases of an entity go through one normalisation, each as a raw manifest of its own, whose number its rows bear.
"""

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml

from spark.contracts import load_contracts
from tests.integration.spark.lakes import land, new_lake, newest, quarantined, run, staged

FOLDER = Path(__file__).parents[2] / "cases" / "spark"
ENTITIES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@cache
def cases(entity: str) -> list[dict[str, Any]]:
    """Return the cases of an entity."""
    files = sorted(path for path in (FOLDER / entity).glob("*.yaml") if path.name != "base.yaml")
    return [case for path in files for case in yaml.safe_load(path.read_text(encoding="utf-8"))]


def lines(entity: str, case: dict[str, Any]) -> list[str | bytes]:
    """Return the raw lines of a case."""
    if "lines" in case:
        return list(case["lines"])
    base = yaml.safe_load((FOLDER / entity / "base.yaml").read_text(encoding="utf-8"))
    return [line(base, changes, case) for changes in case["given"]]


def line(base: dict[str, Any], changes: dict[str, Any], case: dict[str, Any]) -> str:
    document = {"_meta": copy.deepcopy(base["meta"]), "record": copy.deepcopy(base["record"])}
    if "key" in base:
        *path, name = base["key"].split(".") if base["key"].startswith("_meta") else ("record", base["key"])
        holder = document
        for step in path:
            holder = holder[step]
        holder[name] = case["name"]
    merge(document["_meta"], case.get("meta", {}))
    merge(document["_meta"], changes.get("$meta", {}))
    merge(document["record"], {name: value for name, value in changes.items() if name != "$meta"})
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def merge(target: dict[str, Any], changes: dict[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict) and "$drop" in value:
            target.pop(name, None)
        elif isinstance(value, dict) and "$repeat" in value:
            text, times = value["$repeat"]
            target[name] = text * times
        elif isinstance(value, dict) and "$range" in value:
            target[name] = list(range(*value["$range"]))
        elif isinstance(value, dict) and isinstance(target.get(name), dict):
            merge(target[name], value)
        else:
            target[name] = value


@dataclass(frozen=True)
class Result:
    rows: list[dict[str, Any]]
    reasons: list[str]
    drift: list[str]


@cache
def results(entity: str) -> dict[str, Result]:
    """Normalise all cases of an entity; case name -> what came of it."""
    stream = load_contracts()[entity].stream
    with TemporaryDirectory() as folder:
        lake = new_lake(Path(folder))
        for case in cases(entity):
            land(lake, stream, lines(entity, case))
        run(lake)
        rows = staged(lake, newest(lake), entity)
        bad = quarantined(lake, newest(lake), stream)
        return {
            case["name"]: Result(
                sorted((row for row in rows if row["_raw_sequence"] == number), key=lambda row: int(row["_raw_line"])),
                [row["reason"] for row in bad if row["raw_sequence"] == number],
                sorted(drift_of(entity, case)),
            )
            for number, case in enumerate(cases(entity), start=1)
        }


def drift_of(entity: str, case: dict[str, Any]) -> list[str]:
    if "drift" not in case:
        return []
    with TemporaryDirectory() as folder:
        lake = new_lake(Path(folder))
        land(lake, load_contracts()[entity].stream, lines(entity, case))
        return [f"{entry.kind} {entry.field}" for entry in run(lake).drift]


PARAMETERS = [
    pytest.param(entity, case, id=f"{entity}: {case['name']}") for entity in ENTITIES for case in cases(entity)
]


@pytest.mark.parametrize(("entity", "case"), PARAMETERS)
def test_case(entity: str, case: dict[str, Any]) -> None:
    found = results(entity)[case["name"]]
    expected = case.get("rows", [])
    shown = [{name: row[name] for name in want} for row, want in zip(found.rows, expected, strict=False)]
    assert (shown, len(found.rows)) == (expected, case.get("count", len(expected))), found.reasons
    assert {name: found.rows[-1][name] for name in case.get("last", {})} == case.get("last", {})
    assert found.reasons == case.get("quarantine", [])
    assert found.drift == sorted(case.get("drift", []))


@pytest.mark.parametrize("entity", ENTITIES)
def test_names_are_told_once(entity: str) -> None:
    names = [case["name"] for case in cases(entity)]
    assert len(names) == len(set(names))


def test_every_entity_has_cases() -> None:
    assert sorted(load_contracts()) == ENTITIES
