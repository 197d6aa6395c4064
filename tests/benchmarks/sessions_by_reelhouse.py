"""The stage itself over a lake of sessions: ``python -m tests.benchmarks.sessions_by_reelhouse ENGINE FOLDER …``.

What follows are settings of Spark, as ``name=value``.
"""

import json
import sys
import time
from pathlib import Path

from extract.lake import DirectoryLake
from extract.settings import Settings
from tests.benchmarks.sessions import ENTITY
from tests.integration.spark.lakes import newest, run


def main(engine: str, folder: Path, options: list[str]) -> None:
    """Normalise what is new; print seconds and counts."""
    lake = DirectoryLake(folder, "lake")
    spark_options = dict(option.split("=", 1) for option in options)
    settings = Settings.model_validate({"engine": engine, "spark_options": spark_options})
    started = time.perf_counter()
    run(lake, settings, run_id=f"at-{time.time_ns()}")
    seconds = time.perf_counter() - started
    entry = newest(lake).entities[ENTITY]
    told = entry.counts.model_dump() | {"seconds": seconds, "files": [file.bytes for file in entry.files]}
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
