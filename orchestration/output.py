"""How results reach a person (tables on a terminal) or a program (one JSON document)."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import click
from rich.console import Console
from rich.table import Table

UNLIMITED = 100_000


def print_json(result: object) -> None:
    """Print a dataclass, mapping or list as one JSON document on stdout."""
    value = asdict(result) if is_dataclass(result) and not isinstance(result, type) else result
    click.echo(json.dumps(value, indent=1, default=_plain))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None) -> None:
    """Print rows as a table on stdout; numbers are aligned right, null is an empty cell.

    Where stdout is not a terminal nothing is cut to its width.
    """
    cells = [[_shown(value) for value in row] for row in rows]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        numeric = _is_numeric(cells, position)
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in cells:
        table.add_row(*row)
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = UNLIMITED
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        click.echo(line.rstrip())


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.6g}" if abs(value) < 1 else f"{value:,.2f}"
        case datetime():
            return value.isoformat(sep=" ")
        case _:
            return "".join(map(_visible, str(value)))


def _visible(character: str) -> str:
    """Show what a terminal would obey instead of print: titles come from people."""
    return character if character.isprintable() else character.encode("unicode_escape").decode()


def _is_numeric(cells: list[list[str]], position: int) -> bool:
    texts = [row[position] for row in cells if row[position]]
    return bool(texts) and all(text.replace(",", "").replace(".", "").lstrip("-").isdigit() for text in texts)


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        case _ if hasattr(value, "model_dump"):
            return value.model_dump()
        case _:
            return str(value)
