"""Whether files lie in the landing folders that were not taken yet."""

from extract.lake import Lake
from extract.manifest import raw_log
from extract.settings import StreamPulse
from extract.sources.streampulse.discover import is_file
from extract.sources.streampulse.feeds import FEEDS
from extract.sources.streampulse.taken import Taken


def waiting(lake: Lake, settings: StreamPulse) -> list[str]:
    """Return the keys of the files that no manifest knows as they are now; those that still grow are among them.

    Raises:
        DataRefused: a manifest is missing or damaged.
        ReelhouseError: the lake is in trouble.
    """
    found: list[str] = []
    for feed in FEEDS:
        taken = Taken(lake, feed.stream, raw_log(lake, feed.stream).head())
        listed = lake.list_after(f"{settings.landing}{feed.name}/")
        found += [info.key for info in listed if is_file(info.key) and not taken.knows(info)]
    return found
