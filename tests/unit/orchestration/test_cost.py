"""The bill: hand-computed amounts, and levers that are true."""

from typing import Any

import pytest

from extract.errors import ConfigurationError
from orchestration.cost import Usage, bill, given_usage, levers, load_prices, usage_of
from orchestration.pipeline_file import load_pipeline

PRICES = {**load_prices(), "glue_dpu_hour": 0.36, "redshift_rpu_hour": 0.36, "s3_write_or_list_thousand": 5.0}


def parts(usage: Usage) -> dict[str, float]:
    return {line.part: line.day for line in bill(usage, PRICES)}


def report(seconds: float, dpus: int = 2, **more: Any) -> dict[str, Any]:
    used = {"seconds": seconds, "dpus": dpus, "s3": {"PutObject": 500, "GetObject": 10, "DeleteObject": 7}}
    return {"as_of": "2026-01-08T02:00:00Z", "jobs": {"load": used}, **more}


def test_a_dpu_for_an_hour_is_a_dpu_hour() -> None:
    usage = given_usage({"extract": 1800}, runs=2, rpus=8, lake_gb=0)
    assert parts(usage)["Glue: extract"] == pytest.approx(2 * 0.5 * 2 * 0.36)


def test_a_minute_is_the_least_that_is_billed() -> None:
    usage = given_usage({"load": 5}, runs=3, rpus=8, lake_gb=0)
    assert parts(usage)["Glue: load"] == pytest.approx(3 * 60 * 2 * 0.0001)
    assert parts(usage)["Redshift: loads"] == pytest.approx(3 * 60 * 8 * 0.0001)


def test_a_run_with_nothing_to_load_wakes_no_warehouse() -> None:
    busy = usage_of([report(90, load={"applied": []})], 1, 8, 0, load_pipeline())
    idle = usage_of([report(90)], 1, 8, 0, load_pipeline())
    assert parts(busy)["Redshift: loads"] == pytest.approx(90 * 8 * 0.0001)
    assert parts(idle)["Redshift: loads"] == 0


def test_a_run_elsewhere_counts_as_on_glue_with_its_start() -> None:
    at_home = usage_of([report(90, dpus=0)], 1, 8, 0, load_pipeline())
    assert at_home.jobs["load"].seconds == 150
    assert at_home.jobs["load"].dpus == 2


def test_runs_are_spread_over_their_days() -> None:
    usage = usage_of([report(90)] * 6, 3, 8, 0, load_pipeline())
    assert usage.jobs["load"].runs == 2
    assert usage.s3["PutObject"] == pytest.approx(1000)
    assert parts(usage)["S3: requests"] == pytest.approx(1000 * 5.0 / 1000 + 20 * 0.0004 / 1000)


def test_levers_save_what_they_say_and_the_greatest_comes_first() -> None:
    usage = given_usage({"extract": 120, "normalise": 90, "load": 60, "export": 60}, runs=4, rpus=64, lake_gb=10)
    found = levers(usage, PRICES)
    assert [lever.saves for lever in found] == sorted((lever.saves for lever in found), reverse=True)
    assert "run once a day" in found[0].what or "base_capacity" in found[0].what
    assert not [lever for lever in found if "two workers" in lever.what], "they are two already"


def test_where_a_function_extracts_glue_bills_no_extraction() -> None:
    entry = {"as_of": "2026-01-08T02:00:00Z", "jobs": {"extract": {"seconds": 100, "dpus": 0, "s3": {}}}}
    usage = usage_of([entry], 1, 8, 0, load_pipeline(), extracts_with_lambda=True)
    assert "Glue: extract" not in parts(usage)
    assert parts(usage)["Lambda: extract"] == pytest.approx(100 * load_prices()["lambda_gb_second"])


def test_an_unknown_job_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="there is no job transform"):
        given_usage({"transform": 1}, 1, 8, 0)


def test_what_stands_there_is_counted_in_the_template() -> None:
    standing = {**PRICES, "secret_month": 1.0, "endpoint_hour": 1.0, "metric_month": 0.0, "alarm_month": 1.0}
    lines = {line.part: line for line in bill(given_usage({}, 1, 8, 0), standing)}
    # Secrets Manager, Glue and CloudWatch Logs in one subnet; the one of S3 costs nothing.
    assert lines["Endpoints"].day == 3 * 24
    assert lines["Secrets"].day == pytest.approx(3 * 12 / 365)
    assert lines["Watching"].day == pytest.approx(9 * 12 / 365)
    # Seconds and failures of four jobs, what each of them did, and the end of two workflows.
    lines = {
        line.part: line for line in bill(given_usage({}, 1, 8, 0), {**standing, "alarm_month": 0, "metric_month": 1})
    }
    assert lines["Watching"].day == pytest.approx((4 * 2 + 4 + 3 + 4 + 1 + 2) * 12 / 365)


def test_the_prices_are_dated() -> None:
    assert load_prices()["dated"].year >= 2026
