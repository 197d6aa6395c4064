"""`python -m sandbox.streampulse FOLDER`: drop the files of an invented platform into a folder."""

import argparse
import sys
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from extract.lake import open_lake
from sandbox.streampulse.producer import deliver
from sandbox.streampulse.size import Size


def main(arguments: list[str] | None = None) -> int:
    """Drop the files and say how many."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.streampulse", description=__doc__)
    parser.add_argument("folder", type=Path, help="where to; a folder for each feed is made in it")
    parser.add_argument("--as-of", type=datetime.fromisoformat, default=datetime(2026, 1, 8), help="files up to then")  # noqa: DTZ001 - UTC is put to it below
    for field in fields(Size):
        parser.add_argument(f"--{field.name}", type=int, default=field.default, help=f"[default: {field.default}]")
    asked = vars(parser.parse_args(arguments))
    folder, as_of = asked.pop("folder").resolve(), asked.pop("as_of")
    as_of = as_of if as_of.tzinfo else as_of.replace(tzinfo=UTC)
    try:
        count = deliver(open_lake(f"file:{folder}"), "", as_of, **asked)
    except ValueError as wrong:
        parser.error(str(wrong))
    sys.stdout.write(f"{count} files dropped into {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
