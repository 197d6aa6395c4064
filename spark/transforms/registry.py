"""Which transform makes which entity."""

from spark.engine import Transform
from spark.transforms.wistia.media import normalise_media
from spark.transforms.wistia.media_snapshot import normalise_media_snapshot
from spark.transforms.wistia.viewing_session import normalise_viewing_session
from spark.transforms.wistia.visitor import normalise_visitor

TRANSFORMS: dict[str, Transform] = {
    "wistia__media": normalise_media,
    "wistia__media_snapshot": normalise_media_snapshot,
    "wistia__viewing_session": normalise_viewing_session,
    "wistia__visitor": normalise_visitor,
}
"""Entity -> its transform."""
