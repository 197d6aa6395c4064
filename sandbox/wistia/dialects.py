"""The versions of the API, and how each names what the Data API shows; the Stats API has one way in all of them.

Accounts show documents as the first version does. It is frozen; the later ones call a project a folder and write every
name in lower case with underscores. They are asked for at `/modern` with the header `X-Wistia-Api-Version`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.wistia.account import Document

FIRST_VERSION = "v1"
#: Where the first version is, and the later ones.
FIRST_PATH = "/v1"
MODERN_PATH = "/modern"
#: The dated versions and the one that is never finished; as texts they are in order of time.
RELEASES = ("2026-01", "2026-03", "2026-05", "2026-07")
EDGE = "edge"


def release(asked: str | None) -> str:
    """The version that a header asks for: the newest where it says nothing, the one before a date that is none."""
    if asked is not None and asked.casefold() == EDGE:
        return EDGE
    if asked is None or not re.fullmatch(r"[0-9]{4}-[0-9]{2}", asked):
        return RELEASES[-1]
    return max((each for each in RELEASES if each <= asked), default=RELEASES[0])


@dataclass(frozen=True)
class Dialect:
    """How a version names things.

    Attributes:
        holder: What medias lie in: `project` or `folder`.
        media_count: The name of the number of its medias.
        media: A media, of an account's document.
        held: What medias lie in, of an account's document.
        contents: The medias in it, as one of its members.
        account: The account.
        filters_by_id: Whether the medias list takes a single `hashed_id`.
    """

    holder: str
    media_count: str
    media: Callable[[Document], Document]
    held: Callable[[Document], Document]
    contents: Callable[[Document, list[Document]], Document]
    account: Callable[[Document], Document]
    filters_by_id: bool


_SNAKE_CASE = {
    "mediaCount": "media_count",
    "hashedId": "hashed_id",
    "publicId": "public_id",
    "anonymousCanUpload": "anonymous_can_upload",
    "anonymousCanDownload": "anonymous_can_download",
    "fileSize": "file_size",
    "contentType": "content_type",
    "videoLimit": "video_limit",
    "projectCount": "folder_count",
    "channelCount": "channel_count",
}


def hashed_id(project: Document) -> str | None:
    """The hashed id of a nested project, which has two spellings."""
    return project.get("hashed_id") or project.get("hashedId")


def _same(document: Document) -> Document:
    return document


def _embedded(held: Document, medias: list[Document]) -> Document:
    """The medias themselves, which do not repeat what they lie in."""
    inside = [{name: value for name, value in media.items() if name != "project"} for media in medias]
    return {**held, "medias": inside}


def _linked(held: Document, _medias: list[Document]) -> Document:
    """Where the medias are: the later versions embed none."""
    return held


def _snake_case(document: Document) -> Document:
    return {_SNAKE_CASE.get(name, name): value for name, value in document.items()}


def _modern_media(media: Document) -> Document:
    shown = {name: value for name, value in media.items() if name != "project"}
    project = media.get("project")
    folder = project and {"id": project["id"], "hashed_id": hashed_id(project), "name": project["name"]}
    assets = [_snake_case(each) for each in media.get("assets", [])]
    return {"duration": None, "section": None, **shown, "folder": folder, "protected": False, "assets": assets}


def _modern_folder(project: Document) -> Document:
    url = f"https://api.wistia.com{MODERN_PATH}/medias?folder_id={project['hashedId']}"
    return {**_snake_case(project), "medias": {"url": url}}


V1 = Dialect("project", "mediaCount", _same, _same, _embedded, _same, filters_by_id=True)
MODERN = Dialect("folder", "media_count", _modern_media, _modern_folder, _linked, _snake_case, filters_by_id=False)
