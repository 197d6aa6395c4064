"""How results reach a person (tables on a terminal) or a program (one JSON document)."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

UNLIMITED = 100_000


def print_json(result: object) -> None:
    """Print a dataclass, mapping or list as one JSON document on stdout."""
    value = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    click.echo(json.dumps(value, indent=1, default=json_value, allow_nan=False))


def print_json_line(result: object) -> None:
    """Print a dataclass as one line of JSON on stdout, for a command that prints many."""
    value = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    click.echo(json.dumps(value, default=json_value, allow_nan=False))


def json_value(value: Any) -> Any:
    """Return a value as JSON can say it without losing anything: what is no JSON number becomes text."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case date():
            return value.isoformat()
        case Decimal() if value.is_finite() and value == value.to_integral_value():
            return int(value)
        case None | bool() | int() | float() | str():
            return value
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        case _ if hasattr(value, "model_dump"):
            return value.model_dump()
        case _:
            return str(value)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print cells of text as a table on stdout; columns of numbers are aligned right.

    Nothing is ever cut: a table that is wider than the terminal is printed as one record after the other, a column a
    line. Where stdout is not a terminal there is no such limit.
    """
    cells = [[_shown(cell) for cell in row] for row in rows]
    console = Console(highlight=False, markup=False)
    if console.is_terminal and _width(columns, cells) > console.width:
        _print_records(columns, cells)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if _is_numeric(cells, position) else "left", no_wrap=True)
    for row in cells:
        table.add_row(*row)
    console.width = UNLIMITED
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def figure(value: object) -> str:
    """Write a value for people to compare: thousands apart, few digits, nothing for null."""
    match value:
        case None:
            return ""
        case bool():
            return exact(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.3f}" if abs(value) < 1 else f"{value:,.1f}"
        case _:
            return str(value)


def exact(value: object) -> str:
    """Write a value so that it can be copied into a statement: every digit, nothing in between; null is said."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat(sep=" ")
        case _:
            return str(value)


def _print_records(columns: Sequence[str], cells: list[list[str]]) -> None:
    names = max(map(len, columns))
    for number, row in enumerate(cells, start=1):
        click.echo(f"-- {number}")
        for column, cell in zip(columns, row, strict=True):
            click.echo(f"{column:<{names}}  {cell}")


def _width(columns: Sequence[str], cells: list[list[str]]) -> int:
    widest = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    return sum(widest) + 2 * (len(widest) - 1)


def _shown(text: str) -> str:
    """Show what a terminal would obey instead of print: titles come from people."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _is_numeric(cells: list[list[str]], position: int) -> bool:
    texts = [row[position] for row in cells if row[position] not in {"", "null"}]
    return bool(texts) and all(text.replace(",", "").replace(".", "").lstrip("-").isdigit() for text in texts)
