"""When the schedules fire, and which expressions are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestration.cron import parse_schedule
from orchestration.pipeline_file import load_pipeline

START = datetime(2026, 2, 26, tzinfo=UTC)


def fires(expression: str, days: int = 5) -> list[str]:
    found = parse_schedule(expression).fires(START, START + timedelta(days=days))
    return [f"{instant:%m-%d %H:%M}" for instant in found]


def test_the_schedules_that_are_declared_fire_once_a_day() -> None:
    daily, streampulse = (load_pipeline().workflows[name].schedule for name in ("daily", "streampulse"))
    assert fires(daily, 3) == ["02-26 02:00", "02-27 02:00", "02-28 02:00"]
    assert fires(streampulse, 3) == ["02-26 20:30", "02-27 20:30", "02-28 20:30"]


@pytest.mark.parametrize(
    ("expression", "instants"),
    [
        ("cron(30 20 * * ? *)", ["02-26 20:30", "02-27 20:30", "02-28 20:30", "03-01 20:30", "03-02 20:30"]),
        ("cron(0 6,18 1 * ? *)", ["03-01 06:00", "03-01 18:00"]),
        ("cron(0/20 8 ? * MON-WED *)", ["03-02 08:00", "03-02 08:20", "03-02 08:40"]),
        ("cron(0 0 ? * 1 2026)", ["03-01 00:00"]),  # 2026-03-01 is a Sunday, which AWS calls 1
        ("cron(15 12 ? FEB * 2027)", []),
    ],
)
def test_instants(expression: str, instants: list[str]) -> None:
    assert fires(expression) == instants


def test_an_instant_fires_once_whether_it_is_the_end_or_the_start() -> None:
    noon = START + timedelta(hours=12)
    schedule = parse_schedule("cron(0 12 * * ? *)")
    assert list(schedule.fires(START, noon)) == [noon]
    assert list(schedule.fires(noon, noon + timedelta(hours=1))) == []


@pytest.mark.parametrize(
    "expression",
    [
        "30 20 * * ? *",
        "cron(30 20 * * *)",
        "cron(30 20 * * * *)",  # both days
        "cron(30 20 ? * ? *)",  # neither
        "cron(60 20 * * ? *)",
        "cron(30 24 * * ? *)",
        "cron(30 20 L * ? *)",
        "cron(30 20 ? * 8 *)",
        "cron(30 20 ? * MON#2 *)",
        "cron(0/0 20 * * ? *)",
        "cron(? 20 * * ? *)",
        "rate(1 day)",
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_schedule(expression)
