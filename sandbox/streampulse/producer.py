"""The producer: drops into a lake what it would have dropped by an instant."""

import os
import tempfile
from datetime import datetime
from pathlib import Path

from extract.lake import DirectoryLake, Lake
from sandbox.streampulse.drops import Drop, drops
from sandbox.streampulse.size import Size

PARAMETERS = ("users", "titles", "playbacks", "days", "seed")


def deliver(lake: Lake, landing: str, as_of: datetime, **parameters: int) -> int:
    """Drop the files up to an instant that are not there yet; return how many.

    In a folder each file says that it was written when its time had come; in a bucket S3 says when it was.

    Args:
        lake: Where to.
        landing: Folder of the feeds' folders, with its slash.
        as_of: The instant.
        parameters: Of the size.

    Raises:
        ValueError: A parameter is out of range.
        ReelhouseError: The lake cannot be written.
    """
    there = {info.key: info.modified_at.timestamp() for info in lake.list_after(landing)}
    dropped = 0
    for drop in drops(Size(**parameters), int(as_of.timestamp())):
        key = f"{landing}{drop.feed}/{drop.name}"
        if there.get(key, -1) < drop.at:
            _put(lake, key, drop)
            dropped += 1
    return dropped


def _put(lake: Lake, key: str, drop: Drop) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(drop.content().data)
        file.flush()
        os.utime(file.name, (drop.at, drop.at))
        lake.put_file(key, Path(file.name))
    if isinstance(lake, DirectoryLake):
        os.utime(lake.engine_path(key), (drop.at, drop.at))
