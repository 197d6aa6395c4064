"""Run every benchmark and print its ratios: ``make bench``, or ``python -m tests.benchmarks NAME …`` for some.

A ratio compares two things measured in the same process within the same minute, so that it means the same on another
machine. Nothing here can fail a build.
"""

import importlib
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table


def main(names: list[str]) -> None:
    """Run the named benchmarks (all without a name) and print a table."""
    table = Table("benchmark", "what", "measured", "compared with", box=None, pad_edge=False)
    for file in sorted(Path(__file__).parent.glob("bench_*.py")):
        name = file.stem.removeprefix("bench_")
        if not names or name in names:
            for what, value, against in importlib.import_module(f"tests.benchmarks.{file.stem}").run():
                table.add_row(name, what, value, against)
    Console(width=160).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
