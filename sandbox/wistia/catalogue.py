"""The medias of the invented account: what the Data API says of each, and how that changes."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.wistia.account import Document
from sandbox.wistia.instants import data_time, seconds

ACCOUNT_URL = "https://sandbox.wistia.com"

#: The vendor touches all medias at once now and then; `updated` moves then, and not when somebody plays one.
_TOUCHED = (seconds("2025-10-15T17:20:04Z"), seconds("2026-06-29T22:50:13Z"))


@dataclass(frozen=True)
class Project:
    """The folder that a media lies in; the later versions of the API call it so.

    Attributes:
        id: Numeric id; ids rise with `created`.
        public: Whether anybody may look at it, under its `publicId` then.
    """

    id: int
    hashed_id: str
    name: str
    created: int
    description: str | None = None
    public: bool = False

    def document(self, now: int) -> Document:
        """The row that `GET /v1/projects` shows at an instant."""
        return {
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "mediaCount": sum(media.project is self and media.created <= now for media in MEDIAS),
            "created": data_time(self.created),
            "updated": data_time(_last(now, self.created, *_TOUCHED)),
            "hashedId": self.hashed_id,
            "public": self.public,
            "publicId": self.hashed_id if self.public else None,
            "anonymousCanUpload": False,
            "anonymousCanDownload": self.public,
        }


@dataclass(frozen=True)
class Quiet:
    """Lifetime figures from before the two years of which visitors and events are kept.

    Attributes:
        watched: Sum of the shares that were watched, in whole plays.
        undated: Loads and plays that the lifetime counters hold and no day does.
    """

    loads: int = 0
    plays: int = 0
    unique_players: int = 0
    visitors: int = 0
    watched: float = 0.0
    undated: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Media:
    """A media with its changes.

    Attributes:
        id: Numeric id; ids rise with `created`.
        duration: Seconds; None for what does not play.
        has_duration: Whether the key is present at all.
        status: What became of the upload, `progress` says how far it came.
        project_key: How the nested project spells the name of its hashed id; the vendor's specification has
            `hashedId`, real answers have `hashed_id`.
        section: None omits the key, as the API does.
        changes: Attributes from an instant on, in order of time.
        quiet: Old traffic.
        weight: Share of the visits after the epoch, in percent.
    """

    id: int
    hashed_id: str
    name: str
    created: int
    project: Project
    duration: float | None = None
    type: str = "Video"
    has_duration: bool = True
    archived: bool = False
    status: str = "ready"
    progress: float = 1.0
    project_key: str = "hashed_id"
    section: str | None = None
    description: str = ""
    tags: tuple[str, ...] = ()
    changes: tuple[tuple[int, Mapping[str, Any]], ...] = ()
    quiet: Quiet = field(default=Quiet())
    weight: int = 0

    def name_at(self, now: int) -> str:
        """The title at an instant."""
        return str(self._attributes(now)["name"]) if self.changes else self.name

    def document(self, now: int) -> Document:
        """The object that `GET /v1/medias/{hashed_id}` shows at an instant."""
        attributes = self._attributes(now)
        shown: Document = {
            "id": self.id,
            "name": attributes["name"],
            "type": self.type,
            "archived": attributes["archived"],
            "created": data_time(self.created),
            "updated": data_time(self._updated(now)),
            **({"duration": self.duration} if self.has_duration else {}),
            "hashed_id": self.hashed_id,
            "description": self.description,
            "progress": self.progress,
            "status": self.status,
            "section": attributes["section"],
            "thumbnail": _thumbnail(self.hashed_id),
            "project": {
                "id": self.project.id,
                "name": self.project.name,
                self.project_key: self.project.hashed_id,
            },
            "tags": [{"name": tag} for tag in self.tags],
            "assets": [_asset(self.hashed_id, self.type)],
        }
        if shown["section"] is None:
            del shown["section"]
        return shown

    def _attributes(self, now: int) -> dict[str, Any]:
        attributes: dict[str, Any] = {"name": self.name, "section": self.section, "archived": self.archived}
        for at, change in self.changes:
            if at <= now:
                attributes.update(change)
        return attributes

    def _updated(self, now: int) -> int:
        return _last(now, self.created, *_TOUCHED, *(at for at, _ in self.changes))


def _last(now: int, created: int, *moves: int) -> int:
    """The last of the instants from `created` to now."""
    return max([created, *(at for at in moves if at <= now)])


def delivery(hashed_id: str, what: str) -> str:
    """The address of a file of a media, like the vendor's: a hash says which."""
    digest = hashlib.blake2b(f"{hashed_id}/{what}".encode(), digest_size=20).hexdigest()
    return f"embed.wistia.com/deliveries/{digest}"


def _thumbnail(hashed_id: str) -> Document:
    url = f"https://{delivery(hashed_id, 'thumbnail')}.jpg?image_crop_resized=200x120"
    return {"url": url, "width": 200, "height": 120}


def _asset(hashed_id: str, kind: str) -> Document:
    content_type = {"Video": "video/mp4", "Audio": "audio/mpeg", "Image": "image/png"}.get(kind, "application/pdf")
    size = 1_000_000 + int(hashlib.blake2b(hashed_id.encode(), digest_size=4).hexdigest(), 16) % 90_000_000
    return {
        "url": f"http://{delivery(hashed_id, 'original')}.bin",
        "width": 1920 if kind == "Video" else None,
        "height": 1080 if kind == "Video" else None,
        "fileSize": size,
        "contentType": content_type,
        "type": "OriginalFile",
    }


_ARCHIVE = Project(6_120_944, "p0q3vw81te", "Archiv 2022 — „alt“", seconds("2022-06-03T15:10:22Z"), "<p>alt</p>")
_LESSONS = Project(7_402_215, "k2m9c0r7hz", "Lessons & Replays", seconds("2022-09-14T07:58:40Z"), "", public=True)
_FUNNEL = Project(8_017_828, "46xq1tb537", "Main Funnel - B2C", seconds("2024-03-20T22:14:03Z"))
_DRAFTS = Project(8_530_117, "y4g8e2n6dk", "Drafts\t(nothing yet)", seconds("2025-11-30T13:45:00Z"))

PROJECTS: tuple[Project, ...] = (_ARCHIVE, _LESSONS, _FUNNEL, _DRAFTS)

MEDIAS: tuple[Media, ...] = (
    Media(
        id=91_204_417,
        hashed_id="m1x7t0bq2d",
        name='The "First 90 Seconds" Method',
        created=seconds("2022-06-03T15:12:40Z"),
        project=_ARCHIVE,
        duration=988.694,
        archived=True,
        section="Old Launch",
        quiet=Quiet(117_151, 936, 881, 103_004, 236.8, undated=(5, 0)),
    ),
    Media(
        id=94_018_832,
        hashed_id="c8w2n5rj6k",
        name="Welcome 👋 — start here",
        created=seconds("2022-09-14T08:00:02Z"),
        project=_LESSONS,
        duration=61.02,
        description='<p>Say <b>hello</b> to the team &amp; "meet" your coach.</p>\n<p>Zeile&nbsp;zwei</p>',
        section="Onboarding",
        quiet=Quiet(3_120, 1_204, 1_066, 2_730, 902.4),
        weight=2,
    ),
    Media(
        id=95_377_120,
        hashed_id="e4h9z1y3ua",
        name="Workbook.pdf",
        created=seconds("2022-10-30T19:44:51Z"),
        project=_LESSONS,
        type="PdfDocument",
        quiet=Quiet(512, 0, 0, 388, 0.0),
    ),
    Media(
        id=95_377_154,
        hashed_id="j6d0s8f2lv",
        name="Cover image",
        created=seconds("2022-10-30T19:45:13Z"),
        project=_LESSONS,
        type="Image",
        has_duration=False,
    ),
    Media(
        id=100_286_039,
        hashed_id="t3g5k9x0wn",
        name="The Gap Lesson",
        created=seconds("2023-01-26T02:19:57Z"),
        project=_LESSONS,
        duration=2194.54,
        quiet=Quiet(932, 328, 301, 811, 151.9, undated=(19, 8)),
        weight=2,
        changes=(
            (seconds("2026-01-10T15:20:31Z"), {"name": "The Gap Lesson (2026 edition)"}),
            (seconds("2026-01-12T09:05:12Z"), {"section": "Evergreen"}),
        ),
    ),
    Media(
        id=103_550_761,
        hashed_id="r9v4b7m1qc",
        name="Podcast #12: what we'd do differently",
        created=seconds("2023-05-02T11:30:00Z"),
        project=_LESSONS,
        type="Audio",
        duration=3605.1,
        section="Podcast",
        tags=("podcast", "2023"),
        quiet=Quiet(740, 402, 377, 655, 160.2),
    ),
    Media(
        id=108_811_943,
        hashed_id="a5n8j2e6ox",
        name="Frühstück & Focus: Q&A 100%",
        created=seconds("2023-08-21T06:55:39Z"),
        project=_LESSONS,
        duration=5402.0,
        section="Q&A <live>",
        quiet=Quiet(120, 61, 58, 109, 20.1),
    ),
    Media(
        id=112_490_668,
        hashed_id="w1p7s4a9vd",
        name='🎬 Bonus:\t"Behind the scenes" 🤫',
        created=seconds("2023-11-19T21:08:17Z"),
        project=_ARCHIVE,
        duration=1260.5,
        project_key="hashedId",
        quiet=Quiet(388, 97, 90, 352, 41.3),
    ),
    Media(
        id=117_055_792,
        hashed_id="v08dlrgr7v",
        name="Sample VSL Facebook Paid Ads",
        created=seconds("2024-03-21T02:35:31Z"),
        project=_FUNNEL,
        duration=435.456,
        section="Paid Ads",
        weight=61,
    ),
    Media(
        id=119_640_208,
        hashed_id="u2f6c3p8ib",
        name="Never published draft",
        created=seconds("2024-06-11T17:01:28Z"),
        project=_FUNNEL,
        duration=12.0,
        archived=True,
    ),
    Media(
        id=128_842_548,
        hashed_id="gskhw4w4lm",
        name="Sample VSL Youtube  Paid Ads",
        created=seconds("2025-01-13T00:31:55Z"),
        project=_FUNNEL,
        duration=435.456,
        section="Paid Ads",
        weight=31,
    ),
    Media(
        id=131_207_554,
        hashed_id="q3l9o6y1zt",
        name="Interview take 3 (upload broke off).mov",
        created=seconds("2025-05-27T10:02:44Z"),
        project=_FUNNEL,
        status="failed",
        progress=0.42,
    ),
    Media(
        id=133_971_305,
        hashed_id="o7y1l4d5sg",
        name="Thank-you page 'what happens next?'",
        created=seconds("2025-09-02T20:10:09Z"),
        project=_FUNNEL,
        duration=95.4,
        weight=2,
    ),
    Media(
        id=138_402_669,
        hashed_id="b0z6h3u9ek",
        name="Replay\tJanuary webinar",
        created=seconds("2026-01-09T18:33:47Z"),
        project=_LESSONS,
        duration=4210.88,
        section="Webinars",
        weight=2,
    ),
)

#: Position in MEDIAS by hashed id.
POSITION = {media.hashed_id: position for position, media in enumerate(MEDIAS)}


def find(media_id: str) -> int | None:
    """Position in MEDIAS by hashed or numeric id, both of which the Stats API takes."""
    for position, media in enumerate(MEDIAS):
        if media_id in (media.hashed_id, str(media.id)):
            return position
    return None


def find_project(project_id: str) -> Project | None:
    """A project by hashed or numeric id."""
    return next((each for each in PROJECTS if project_id in (each.hashed_id, str(each.id))), None)
