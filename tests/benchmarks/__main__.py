"""Run every benchmark and print its ratios: ``make bench``, or ``python -m tests.benchmarks NAME …`` for some.

A ratio compares two things measured in the same process within the same minute, so that it means the same on another
machine. Nothing here can fail a build.
"""

import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table


def main(names: list[str]) -> None:
    """Run the named benchmarks (all without a name); print what each measures when it is measured."""
    console = Console(width=160)
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = file.stem.removeprefix("bench_")
        if not names or name in names:
            for what, value, against in importlib.import_module(f"tests.benchmarks.{file.stem}").run():
                row = Table.grid(Column(width=12), Column(width=62), Column(width=50), Column(), padding=(0, 2, 0, 0))
                row.add_row(name, what, value, against)
                console.print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
