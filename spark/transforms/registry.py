"""Which transform makes which entity."""

from spark.engine import Transform
from spark.transforms.streampulse.content import normalise_content
from spark.transforms.streampulse.playback import normalise_playback
from spark.transforms.streampulse.user import normalise_user
from spark.transforms.wistia.account_snapshot import normalise_account_snapshot
from spark.transforms.wistia.media import normalise_media
from spark.transforms.wistia.media_analytics_day import normalise_media_analytics_day
from spark.transforms.wistia.media_day import normalise_media_day
from spark.transforms.wistia.media_engagement import normalise_media_engagement
from spark.transforms.wistia.media_snapshot import normalise_media_snapshot
from spark.transforms.wistia.project import normalise_project
from spark.transforms.wistia.viewing_session import normalise_viewing_session
from spark.transforms.wistia.visitor import normalise_visitor

TRANSFORMS: dict[str, Transform] = {
    "streampulse__content": normalise_content,
    "streampulse__playback": normalise_playback,
    "streampulse__user": normalise_user,
    "wistia__account_snapshot": normalise_account_snapshot,
    "wistia__media": normalise_media,
    "wistia__media_analytics_day": normalise_media_analytics_day,
    "wistia__media_day": normalise_media_day,
    "wistia__media_engagement": normalise_media_engagement,
    "wistia__media_snapshot": normalise_media_snapshot,
    "wistia__project": normalise_project,
    "wistia__viewing_session": normalise_viewing_session,
    "wistia__visitor": normalise_visitor,
}
"""Entity -> its transform."""
