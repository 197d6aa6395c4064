"""`python -m sandbox.wistia --home DIR`: the simulator as a process of its own."""

import argparse
import sys
from pathlib import Path

from sandbox.process import ALREADY_RUNNING, AlreadyRunning
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import DEFAULT_SEED
from sandbox.wistia.process import new_token, run
from sandbox.wistia.profile import PROFILES


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator and return an exit code (75: there is one already)."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.wistia", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder of wistia.json, which tells port and token")
    parser.add_argument("--profile", choices=sorted(PROFILES), default="published", help="size of the account")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="which account of that size")
    parser.add_argument("--idle", type=float, default=60.0, help="seconds without a request until it ends; 0: never")
    parser.add_argument("--requests-per-minute", type=int, help="refuse more than this (the vendor: 600)")
    parser.add_argument("--latency", type=float, default=0.0, help="mean seconds per answer (the vendor: 1.5)")
    asked = parser.parse_args(arguments)
    manners = Manners(
        token=new_token(),
        requests_per_minute=asked.requests_per_minute,
        latency=asked.latency,
        seed=asked.seed,
    )
    try:
        run(asked.home.resolve(), manners, profile=asked.profile, seed=asked.seed, idle=asked.idle)
    except AlreadyRunning as running:
        sys.stderr.write(f"{running}\n")
        return ALREADY_RUNNING
    return 0


if __name__ == "__main__":
    sys.exit(main())
