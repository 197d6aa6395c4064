"""What results look like to a person and to a program."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from orchestration.output import print_json, print_table


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
        "share": 0.25,
    }


def test_a_table_shows_thousands_nulls_and_brackets_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "plays"), [("[bold]x[/bold]", 43810), (None, 0.43503941167769067)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["[bold]x[/bold]", "43,810"]
    assert lines[2].split() == ["0.435039"]


def test_a_long_cell_is_not_cut_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("text",), [("x" * 500,)])
    assert "x" * 500 in capsys.readouterr().out


def test_what_a_terminal_would_obey_is_shown_instead(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("title",), [("tab\there",), ("\x1b[31mred 👋",)])
    assert capsys.readouterr().out.splitlines() == ["title", r"tab\there", r"\x1b[31mred 👋"]
