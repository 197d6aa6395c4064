"""The rows of the lists as JSON bytes, kept once rendered."""

import threading

from sandbox.wistia.catalogue import ACCOUNT_URL, MEDIAS, delivery
from sandbox.wistia.history import History
from sandbox.wistia.instants import stats_time
from sandbox.wistia.personas import compact, conversion, event_key, persona, public_token, visitor_key

_STATS_URL = "https://api.wistia.com/v1/stats"


class Rows:
    """Renders visits as rows of visitors and of events.

    A row depends on the visit alone, and an event's on whether its percent_viewed is already final.
    """

    def __init__(self, history: History, seed: int) -> None:
        self._history = history
        self._seed = seed
        self._visitor_rows: dict[int, bytes] = {}
        self._event_rows: dict[tuple[int, bool], bytes] = {}
        self._media_members: dict[tuple[int, str], str] = {}
        self._visitor_numbers: dict[str, int] = {}
        self._event_numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def visitor(self, number: int) -> bytes:
        """The visitor as it stood after a visit."""
        row = self._visitor_rows.get(number)
        if row is None:
            row = self._visitor_rows[number] = self._render_visitor(number)
        return row

    def event(self, number: int, now: int) -> bytes:
        """The session of a visit as it stood at an instant."""
        revised = self._history.visits[number].revised_at <= now
        row = self._event_rows.get((number, revised))
        if row is None:
            row = self._event_rows[number, revised] = self._render_event(number, revised)
        return row

    def visitor_number(self, key: str) -> int | None:
        """The visitor with a key; None if there never was one."""
        with self._lock:
            numbers = self._visitor_numbers
            for number in range(len(numbers), len(self._history.created)):
                numbers[self._visitor_key(number)] = number
            return numbers.get(key)

    def event_number(self, key: str) -> int | None:
        """The visit with an event key; None if there never was one."""
        with self._lock:
            numbers = self._event_numbers
            for number in range(len(numbers), len(self._history.times)):
                numbers[self._event_key(number)] = number
            return numbers.get(key)

    def _visitor_key(self, visitor: int) -> str:
        return visitor_key(self._seed, visitor, self._history.created[visitor])

    def _event_key(self, number: int) -> str:
        return event_key(self._seed, number, self._history.times[number])

    def _render_visitor(self, number: int) -> bytes:
        visit = self._history.visits[number]
        created = self._history.created[visit.visitor]
        who = persona(self._seed, visit.visitor, created)
        return (
            f'{{"visitor_key":"{self._visitor_key(visit.visitor)}"'
            f',"created_at":"{stats_time(created)}"'
            f',"last_active_at":"{stats_time(visit.at)}"'
            f',"last_event_key":"{self._event_key(number)}"'
            f',"load_count":{visit.load_count},"play_count":{visit.play_count}'
            ',"identifying_event_key":null'
            ',"visitor_identity":{"name":"","email":null,"org":{"name":null,"title":null}}'
            f',"user_agent_details":{who.agent}}}'
        ).encode()

    def _render_event(self, number: int, revised: bool) -> bytes:
        visit = self._history.visits[number]
        who = persona(self._seed, visit.visitor, self._history.created[visit.visitor])
        key = self._event_key(number)
        heatmap = f"{_STATS_URL}/events/{key}/iframe.html?public_token={public_token(self._seed, number)}"
        return (
            f'{{"received_at":"{stats_time(visit.at)}","event_key":"{key}","ip":"{who.ip}",{who.position}'
            f',"percent_viewed":{visit.watched if revised else visit.watched_at_first!r}'
            f',"embed_url":{who.page},{conversion(self._seed, number)}'
            f',"iframe_heatmap_url":"{heatmap}","visitor_key":"{self._visitor_key(visit.visitor)}"'
            f',"user_agent_details":{who.agent},{self._media(visit.media, visit.at)}}}'
        ).encode()

    def _media(self, position: int, at: int) -> str:
        """JSON members about the media, with the title that it had when it was viewed."""
        name = MEDIAS[position].name_at(at)
        members = self._media_members.get((position, name))
        if members is None:
            members = self._media_members[position, name] = _media_members(MEDIAS[position].hashed_id, name)
        return members


def _media_members(hashed_id: str, name: str) -> str:
    thumbnail = {
        "url": f"http://{delivery(hashed_id, 'still')}.bin",
        "width": 1280,
        "height": 720,
        "fileSize": 100_000,
        "contentType": "image/jpg",
        "type": "StillImageFile",
    }
    members = {
        "media_id": hashed_id,
        "media_name": name,
        "media_url": f"{ACCOUNT_URL}/medias/{hashed_id}",
        "thumbnail": thumbnail,
    }
    return compact(members)[1:-1]
