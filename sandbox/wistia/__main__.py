"""`python -m sandbox.wistia --home DIR`: the simulator as a process of its own."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sandbox.process import ALREADY_RUNNING, AlreadyRunning
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import DEFAULT_SEED
from sandbox.wistia.process import new_token, run
from sandbox.wistia.profile import PROFILES
from sandbox.wistia.weather import FAULTS, PASSING, Weather

Number = TypeVar("Number", int, float)


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator and return an exit code (75: there is one already)."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.wistia", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of wistia.json, which tells port and token")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="published", help="size of the account")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="which account of that size")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without a request until it ends; 0: never")
    _add_manners(parser)
    asked = parser.parse_args(arguments)
    try:
        manners = _manners(asked)
    except ValueError as wrong:
        parser.error(str(wrong))
    try:
        run(asked.home.resolve(), manners, profile=asked.profile, seed=asked.seed, idle=asked.idle)
    except AlreadyRunning as running:
        sys.stderr.write(f"{running}\n")
        return ALREADY_RUNNING
    return 0


def _add_manners(parser: argparse.ArgumentParser) -> None:
    manners = parser.add_argument_group("limits and slowness")
    manners.add_argument("--requests-per-minute", type=int, help="refuse more than this (the vendor: 600)")
    manners.add_argument("--fixed-minutes", action="store_true", help="count by minutes of the clock")
    manners.add_argument("--latency", type=float, default=0.0, help="mean seconds per answer (the vendor: 1.5)")
    manners.add_argument("--slow-first-page", type=float, default=0.0, help="seconds (the vendor: up to 30)")
    weather = parser.add_argument_group("faults by chance", "the same requests meet the same faults")
    weather.add_argument(
        "--fault", action="append", type=_named(float), default=[], metavar="NAME=SHARE", help=", ".join(FAULTS)
    )
    weather.add_argument("--rough", type=float, metavar="SHARE", help="all faults that pass when asked again")
    weather.add_argument("--faults-in-a-row", type=int, default=Weather.most_in_a_row, help="of one request, at most")
    weather.add_argument("--fault-where", default="", metavar="TEXT", help="only if path and query contain it")
    weather.add_argument("--stall", type=float, default=Weather.stall, help="seconds that an answer stands still")
    weather.add_argument("--retry-after", type=int, default=Weather.retry_after, help="seconds to ask for")
    changes = parser.add_argument_group("changes in the middle of a run")
    changes.add_argument("--drift", type=float, default=0.0, help="seconds that the clock goes on with each request")
    changes.add_argument("--repeated", type=float, default=0.0, metavar="SHARE", help="rows that are listed twice")
    changes.add_argument("--purge", type=_pair, metavar="N:DAYS", help="from the N-th request, drop what is older")
    changes.add_argument("--revoked", type=_pair, metavar="N:M", help="the token is not valid from request N to M - 1")
    changes.add_argument(
        "--refuse", action="append", type=_named(int), default=[], metavar="PATH=STATUS", help="401, 403 or 404"
    )
    changes.add_argument("--unknown-fields", action="store_true", help="fields that nobody documented")


def _manners(asked: argparse.Namespace) -> Manners:
    shares = dict.fromkeys(PASSING, asked.rough / len(PASSING)) if asked.rough else {}
    weather = Weather(
        shares={**shares, **dict(asked.fault)},
        most_in_a_row=asked.faults_in_a_row,
        where=asked.fault_where,
        stall=asked.stall,
        retry_after=asked.retry_after,
        seed=asked.seed,
    )
    return Manners(
        token=new_token(),
        requests_per_minute=asked.requests_per_minute,
        fixed_minutes=asked.fixed_minutes,
        latency=asked.latency,
        slow_first_page=asked.slow_first_page,
        weather=weather,
        refused=dict(asked.refuse),
        revoked=asked.revoked,
        drift=asked.drift,
        repeated=asked.repeated,
        purge=asked.purge,
        unknown_fields=asked.unknown_fields,
        seed=asked.seed,
    )


def _named(number: Callable[[str], Number]) -> Callable[[str], tuple[str, Number]]:
    """A type of `NAME=NUMBER`."""

    def parse(text: str) -> tuple[str, Number]:
        name, _, value = text.rpartition("=")
        try:
            return name, number(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=NUMBER") from None

    return parse


def _pair(text: str) -> tuple[int, int]:
    first, _, second = text.partition(":")
    try:
        return int(first), int(second)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NUMBER:NUMBER") from None


if __name__ == "__main__":
    sys.exit(main())
