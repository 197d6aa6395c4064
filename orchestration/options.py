"""The options that every command takes, as one decorator."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click

from extract.clock import parse_instant
from orchestration.context import Options

YEARS = range(2000, 2100)
"""The years that the warehouse's calendar has."""


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date or instant; without a zone it is UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the text of an option."""
        try:
            instant = parse_instant(str(value))
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not an ISO 8601 date or instant, such as 2026-01-08T02:00:00Z", param, ctx)
        if instant.year not in YEARS:
            self.fail(f"{value!r} is outside the calendar, which reaches from {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return instant


class Day(click.ParamType[date]):
    """A UTC day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read the text of an option."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day, such as 2026-01-08", param, ctx)


def extraction_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that extracts ``--time-budget`` and ``--full-sweep``."""
    for option in (
        click.option(
            "--full-sweep", is_flag=True, help="Read all visitors, and mark those that the source has no more."
        ),
        click.option(
            "--time-budget",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Begin nothing more at the source after so long; the next run goes on.  [default: no limit]",
        ),
    ):
        command = option(command)
    return command


def command_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command ``--config``, ``--home``, ``--as-of`` and ``--json``, handed over as one ``Options``."""

    @click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Configuration file.")
    @click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of the sandbox, with its own reelhouse.yaml.  [default: .reelhouse]",
    )
    @click.option("--as-of", type=Instant(), help="Act as at this instant (UTC unless it has a zone).  [default: now]")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
    @wraps(command)
    def wrapped(config: Path | None, home: Path | None, as_of: datetime | None, as_json: bool, **rest: Any) -> None:
        command(Options(config, home, as_of, as_json), **rest)

    return wrapped


def serving_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command that serves a sandbox its options: ``--home``, ``--port`` and who may come in, and how."""
    for option in (
        click.option("--serializable", is_flag=True, help="Isolation level SERIALIZABLE.  [default: SNAPSHOT]"),
        click.option(
            "--password-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="A file with the password that clients have to show.  [default: everybody is trusted]",
        ),
        click.option("--tls", is_flag=True, help="Offer TLS, with a certificate made in HOME/tls."),
        click.option(
            "--port",
            type=click.IntRange(0, 65535),
            default=0,
            help="Where Redshift listens on the loopback interface.  [default: any free port]",
        ),
        click.option(
            "--home",
            type=click.Path(file_okay=False, path_type=Path),
            default=Path(".reelhouse"),
            help="Folder of the warehouse and its buckets.  [default: .reelhouse]",
        ),
    ):
        command = option(command)
    return command
