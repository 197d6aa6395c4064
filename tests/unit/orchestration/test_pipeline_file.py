"""The declaration: what it says today, and what is refused in it."""

import re
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from orchestration.pipeline import SECTIONS
from orchestration.pipeline_commands import draw
from orchestration.pipeline_file import FILE, RUNBOOKS, SCRIPTS, Pipeline, load_pipeline, script_of


def test_a_job_comes_after_all_that_it_needs() -> None:
    declared = load_pipeline()
    for flow in declared.workflows.values():
        order = declared.order(flow.jobs)
        assert sorted(order) == sorted(flow.jobs)
        for name in order:
            assert all(order.index(need) < order.index(name) for need in declared.jobs[name].needs)


def test_a_run_at_home_is_the_chain_as_far_as_the_load() -> None:
    assert load_pipeline().up_to("load") == ["extract", "normalise", "load"]


def test_each_job_has_a_script_a_runbook_and_a_place_in_the_report() -> None:
    declared = load_pipeline()
    assert {path.name for path in SCRIPTS.glob("*.py")} == set(map(script_of, declared.jobs))
    assert {job.runbook for job in declared.jobs.values()} <= {path.stem for path in RUNBOOKS.glob("*.md")}
    assert set(SECTIONS) == {name for flow in declared.workflows.values() for name in flow.jobs}
    for name in declared.jobs:
        script = (SCRIPTS / script_of(name)).read_text()
        assert re.search(rf'run_job\("{name}", sys\.argv\)', script)
        assert len(script.splitlines()) < 15


def test_it_is_drawn() -> None:
    declared = load_pipeline()
    lines = list(draw(declared, declared.workflows["streampulse"]))
    assert lines[0].startswith("cron(30 20 * * ? *) or files that arrive ──> extract ──> normalise ──> load ──> export")
    assert "--source streampulse" in lines[0]
    assert "report" in lines[1]


def changed(path: str, value: Any) -> dict[str, Any]:
    document = yaml.safe_load(FILE.read_text())
    *parts, key = path.split(".")
    place = document
    for part in parts:
        place = place[part]
    place[key] = value
    return document  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("jobs.load.needs", ["normalize"], "there is no job normalize"),
        ("jobs.extract.needs", ["export"], "goes round in a circle|exactly one job"),
        ("jobs.load.workers", 1, "greater than or equal to 2"),
        ("jobs.load.network", "vpc", "warehouse"),
        ("jobs.load.tiemout", 3, "Extra inputs"),
        ("workflows.daily.schedule", "cron(0 2 * * * *)", "one of day-of-month and day-of-week"),
        ("workflows.daily.jobs", ["extract", "load"], "normalise is needed and not there"),
        ("workflows.daily.on_failure", "mail", "there is no job mail"),
    ],
)
def test_what_is_wrong_is_said(path: str, value: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        Pipeline.model_validate(changed(path, value))


def test_the_order_is_that_of_the_file_and_of_nothing_else() -> None:
    document = changed("jobs.normalise.needs", [])
    document["jobs"]["extract"]["needs"] = ["normalise"]
    assert Pipeline.model_validate(document).up_to("load") == ["normalise", "load"]
