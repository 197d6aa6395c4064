"""What results look like to a person and to a program."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orchestration.output import exact, figure, json_value, print_json, print_table


@dataclass
class Inner:
    count: int


@dataclass
class Outer:
    inner: dict[str, Inner]
    day: date
    at: datetime
    share: Decimal


def test_json_is_one_document_of_plain_values(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(Outer({"a": Inner(1)}, date(2026, 1, 8), datetime(2026, 1, 8, 2, tzinfo=UTC), Decimal("0.25")))
    assert json.loads(capsys.readouterr().out) == {
        "inner": {"a": {"count": 1}},
        "day": "2026-01-08",
        "at": "2026-01-08T02:00:00+00:00",
        "share": "0.25",
    }


def test_json_has_no_number_that_json_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([json_value(float("nan")), json_value(Decimal("12345678901234567890.123456789")), json_value(None)])
    assert json.loads(capsys.readouterr().out) == ["nan", "12345678901234567890.123456789", None]


@pytest.mark.parametrize(
    ("value", "for_people", "to_copy"),
    [
        (None, "", "null"),
        ("", "", ""),
        (True, "true", "true"),
        (486325145891420118, "486,325,145,891,420,118", "486325145891420118"),
        (0.43503941167769067, "0.435", "0.43503941167769067"),
        (2651.986969632, "2,652.0", "2651.986969632"),
        (datetime.fromisoformat("2026-01-08T02"), "2026-01-08 02:00:00", "2026-01-08 02:00:00"),
    ],
)
def test_a_value_is_written_to_be_compared_or_to_be_copied(value: object, for_people: str, to_copy: str) -> None:
    assert (figure(value), exact(value)) == (for_people, to_copy)


def test_numbers_are_aligned_right_and_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "plays"), [("[bold]x[/bold]", "43,810"), ("", "5")])
    assert capsys.readouterr().out.splitlines() == [
        "name             plays",
        "[bold]x[/bold]  43,810",
        "                     5",
    ]


def test_a_long_cell_is_not_cut_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("text",), [("x" * 500,)])
    assert "x" * 500 in capsys.readouterr().out


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_table_wider_than_the_terminal_is_printed_record_by_record_and_loses_nothing(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table(("first", "second_column"), [("117151000000000000", "y" * 70)])
    assert capsys.readouterr().out.splitlines() == [
        "-- 1",
        "first          117151000000000000",
        f"second_column  {'y' * 70}",
    ]


def test_what_a_terminal_would_obey_is_shown_instead(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("title",), [("tab\there",), ("\x1b[31mred 👋",)])
    assert capsys.readouterr().out.splitlines() == ["title", r"tab\there", r"\x1b[31mred 👋"]
