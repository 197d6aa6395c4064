"""Where data comes from: a package for each source."""

from extract.sources.streampulse.feeds import STREAM_NAMES as STREAMPULSE
from extract.sources.wistia.streams import STREAM_NAMES as WISTIA

STREAM_NAMES = (*WISTIA, *STREAMPULSE)
"""Every stream that a lake may hold."""
