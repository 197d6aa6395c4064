"""Every mart anew, from what was shown and from `warehouse_sql/marts/README.md`, without a line of SQL."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from extract.clock import parse_instant
from sandbox.wistia.account import Document
from sandbox.wistia.instants import seconds
from tests.end_to_end.truth.figures import (
    UNKNOWN,
    classed,
    difference,
    frequency,
    known,
    mean,
    quotient,
    recency,
    shares_of_first,
    status,
    total,
)
from tests.end_to_end.truth.seen import Seen, day_of, in_calendar, received

Row = dict[str, Any]

_OUTSIDE_KEY = -1
_SESSIONS_KEPT = timedelta(days=730)
_MOST_VISITORS = 100
_ANALYTICS = ("unique_visitor_count", "unique_play_count", "engagement")
_LIFETIME = {
    "lifetime_load_count": "load_count",
    "lifetime_play_count": "play_count",
    "lifetime_visitor_count": "visitors",
    "lifetime_play_rate": "play_rate",
    "lifetime_hours_watched": "hours_watched",
    "lifetime_engagement": "engagement",
}


class Mart(NamedTuple):
    """The columns that no two rows share, and what makes the rows."""

    key: tuple[str, ...]
    rows: Callable[["Truth"], Iterable[Row]]


@dataclass
class Truth:
    """What was seen, and what the configuration says of channels."""

    seen: Seen
    channels: Mapping[str, str]

    def __post_init__(self) -> None:
        self.sessions = list(self.seen.sessions.values())
        self.present = {media: states[-1][1] for media, states in self.seen.medias.items()}
        self.sessions_by_day: dict[tuple[str, date | None], list[Document]] = defaultdict(list)
        for session in self.sessions:
            self.sessions_by_day[session["media_id"], day_of(received(session))].append(session)
        self.days: dict[tuple[str, date | None], Document] = {}
        for (media, day), row in self.seen.days.items():
            place = media, in_calendar(day)
            self.days[place] = together(self.days[place], row) if place in self.days else row
        self.active_days = self.sessions_by_day.keys() | self.days.keys()
        self.media_days = self.active_days | self.seen.snapshots.keys()

    def names(self, media: str) -> Row:
        """What a media is called today, and its project and channel."""
        present = self.present.get(media, {})
        return {
            "media_id": media,
            "media_name": present.get("name") or UNKNOWN,
            "project_name": (present.get("project") or {}).get("name") or UNKNOWN,
            "channel_name": self.channel(media),
        }

    def channel(self, media: str) -> str:
        """What the configuration says, else what the title does."""
        title = (self.present.get(media, {}).get("name") or "").lower()
        named = "Facebook" if "facebook" in title else "YouTube" if "youtube" in title else UNKNOWN
        return self.channels.get(media, named)

    def viewing(self, sessions: list[Document]) -> Row:
        """What sessions together say of viewing."""
        return {
            "average_percent_viewed": mean(session["percent_viewed"] for session in sessions),
            "watch_hours": total(self._hours(session) for session in sessions),
        }

    def counted(self, media: str, day: date | None, figure: str) -> int | None:
        """What the vendor counted on a day; None where it was not read."""
        row = self.days.get((media, day))
        return None if row is None else row[figure]

    def _hours(self, session: Document) -> float | None:
        length = self.seen.duration(session["media_id"], received(session))
        percent = session["percent_viewed"]
        return None if length is None or percent is None else percent * length / 3600


def together(one: Document, other: Document) -> Document:
    """Return the counts of two days as one."""
    return {name: total([one[name], other[name]]) for name in ("load_count", "play_count", "hours_watched")}


def visitors_of(sessions: Iterable[Document]) -> int:
    """Return the number of distinct visitors; sessions without one are not counted."""
    return len({session["visitor_key"] for session in sessions} - {None})


# --- by media and day -------------------------------------------------------------------------------------------------


def day_figures(truth: Truth, media: str, day: date | None) -> Row:
    """What media_daily_performance and media_daily_total both say."""
    sessions = truth.sessions_by_day.get((media, day), [])
    counts = truth.days.get((media, day), {})
    stats = {} if day is None else truth.seen.snapshots.get((media, day), {})
    return {
        "media_id": media,
        **{name: counts.get(name) for name in ("load_count", "play_count", "hours_watched")},
        **dict.fromkeys(_ANALYTICS),  # the first version of the API has none
        "session_count": len(sessions),
        "visitor_count": visitors_of(sessions),
        **truth.viewing(sessions),
        **{name: stats.get(told) for name, told in _LIFETIME.items()},
    }


def media_daily_performance(truth: Truth) -> Iterable[Row]:
    for media, day in truth.media_days:
        yield {
            "activity_date": day,
            **truth.names(media),
            **day_figures(truth, media, day),
            **measured(truth.sessions_by_day.get((media, day), [])),
        }


def media_daily_total(truth: Truth) -> Iterable[Row]:
    for media, day in truth.media_days:
        yield {
            "activity_date_key": _OUTSIDE_KEY if day is None else int(f"{day:%Y%m%d}"),
            **day_figures(truth, media, day),
            **measured(truth.sessions_by_day.get((media, day), [])),
        }


def measured(sessions: list[Document]) -> Row:
    """What means over several days are made of."""
    percents = [session["percent_viewed"] for session in sessions if session["percent_viewed"] is not None]
    return {"measured_session_count": len(percents) if sessions else None, "percent_viewed_total": total(percents)}


def media_play_trend(truth: Truth) -> Iterable[Row]:
    for media, day in truth.days:
        if day is None:
            continue
        row = {"activity_date": day, **truth.names(media)}
        for figure in ("play_count", "load_count"):
            row[figure] = truth.counted(media, day, figure)
            for length in (7, 30):
                window = in_window(truth, media, day, length, figure)
                before = in_window(truth, media, day - timedelta(days=length), length, figure)
                row[f"{figure}_{length}_days"] = window
                row[f"previous_{figure}_{length}_days"] = before
                change = f"{figure.removesuffix('_count')}_change_share_{length}_days"
                row[change] = quotient(difference(window, before), before)
        yield row


def in_window(truth: Truth, media: str, last: date, length: int, figure: str) -> int | None:
    """Return the sum over so many calendar days that end with one; None where none of them was read."""
    return total(truth.counted(media, last - timedelta(days=back), figure) for back in range(length))


def media_reconciliation(truth: Truth) -> Iterable[Row]:
    read = [day for _, day in truth.days if day]
    kept_since = max(read) - _SESSIONS_KEPT if read else None
    running: dict[tuple[str, str], int | None] = {}
    for media, day in sorted((media, day) for media, day in truth.media_days if day):
        counted = len(truth.sessions_by_day.get((media, day), [])) if kept_since and day >= kept_since else None
        plays = truth.counted(media, day, "play_count")
        row = {
            "activity_date": day,
            **truth.names(media),
            "play_count": plays,
            "session_count": counted,
            "missing_session_count": difference(plays, counted),
            "missing_session_share": quotient(difference(plays, counted), plays),
            "session_status": status(counted, plays),
        }
        for figure in ("play", "load"):
            late = truth.counted(media, day, f"{figure}_count")
            summed = running[media, figure] = total([running.get((media, figure)), late])
            told = truth.seen.snapshots.get((media, day), {}).get(f"{figure}_count")
            row[f"lifetime_{figure}_count"] = told
            row[f"by_date_{figure}_total"] = summed
            row |= held_against(summed, told, figure, late or 0)
        yield row


def held_against(counted: int | None, told: int | None, figure: str, late: int = 0) -> Row:
    """Return what is missing of a told figure."""
    return {
        f"missing_{figure}_count": difference(told, counted),
        f"missing_{figure}_share": quotient(difference(told, counted), told),
        f"{figure}_status": status(counted, told, late),
    }


# --- by media ---------------------------------------------------------------------------------------------------------


def media_summary(truth: Truth) -> Iterable[Row]:
    newest = dict(sorted(truth.seen.snapshots))
    for media, day in newest.items():
        stats, present = truth.seen.snapshots[media, day], truth.present[media]
        yield {
            **truth.names(media),
            "media_type": present["type"] or UNKNOWN,
            "duration_seconds": present.get("duration"),
            "snapshot_date": day,
            **{name.removeprefix("lifetime_"): stats[told] for name, told in _LIFETIME.items()},
            "play_rate_class": classed(stats["play_rate"], 0.2, 0.1),
            "hours_watched_class": classed(stats["hours_watched"], 500, 100),
            "play_count_class": classed(stats["play_count"], 10_000, 1_000),
        }


def media_engagement_curve(truth: Truth) -> Iterable[Row]:
    for media, (at, curve) in truth.seen.curves.items():
        views, again = curve["engagement_data"], curve["rewatch_data"]
        firsts = [view - more for view, more in zip(views, again, strict=True)]
        retention = shares_of_first(firsts)
        length = truth.seen.duration(media, at)
        points = drop_off_points(firsts)
        for bucket, (view, more, first, share) in enumerate(zip(views, again, firsts, retention, strict=True)):
            yield {
                "snapshot_date": day_of(at),
                **truth.names(media),
                "bucket": bucket,
                "bucket_count": len(views),
                "starts_at_second": None if length is None else bucket * length / len(views),
                "view_count": view,
                "rewatch_count": more,
                "first_view_count": first,
                "rewatch_share": quotient(more, view),
                "retention_share": share,
                "drop_off_share": difference(retention[max(bucket - 1, 0)], share),
                "drop_off_point_share": points.get(bucket),
            }


def drop_off_points(firsts: Sequence[int]) -> dict[int, float]:
    """Return the steepest losses by their bucket, each within two hundredths of the curve, none near a steeper."""
    width = max(1, (len(firsts) + 25) // 50)
    lost = {place: firsts[place - width] - firsts[place] for place in range(width, len(firsts))}
    steep = {place: loss for place, loss in lost.items() if firsts[0] and 20 * loss >= firsts[0]}
    order = sorted(steep, key=lambda place: (-steep[place], place))
    tops = [place for number, place in enumerate(order)
            if all(abs(place - other) > width for other in order[:number])]  # fmt: skip
    return {place: steep[place] / firsts[0] for place in tops[:3]}


# --- by account and channel -------------------------------------------------------------------------------------------


def account_reconciliation(truth: Truth) -> Iterable[Row]:
    for day, told in truth.seen.account.items():
        medias = [stats for (_, at), stats in truth.seen.snapshots.items() if at == day]
        row: Row = {"snapshot_date": day, "media_count": len(medias)}
        for figure in ("play", "load"):
            name = f"{figure}_count"
            row[name] = told[name]
            row[f"media_{figure}_total"] = summed = total(stats[name] for stats in medias)
            row |= held_against(summed, told[name], figure)
        hours = total(stats["hours_watched"] for stats in medias)
        yield {
            **row,
            "hours_watched": told["hours_watched"],
            "media_hours_total": hours,
            "missing_hours": difference(told["hours_watched"], hours),
        }


def channel_performance(truth: Truth) -> Iterable[Row]:
    medias: dict[tuple[str, date | None], set[str]] = defaultdict(set)
    for media, day in truth.active_days:
        medias[truth.channel(media), day].add(media)
    for (channel, day), members in medias.items():
        counts = {media: truth.days.get((media, day), {}) for media in members}
        by_media = {media: truth.sessions_by_day.get((media, day), []) for media in members}
        sessions = [session for each in by_media.values() for session in each]
        yield {
            "activity_date": day,
            "channel_name": channel,
            "media_count": sum(
                bool(by_media[media] or counts[media].get("load_count") or counts[media].get("play_count"))
                for media in members
            ),
            **{
                name: total(each.get(name) for each in counts.values())
                for name in ("load_count", "play_count", "hours_watched")
            },
            "session_count": len(sessions),
            "visitor_count": visitors_of(sessions),
            **truth.viewing(sessions),
        }


# --- the audience -----------------------------------------------------------------------------------------------------


def device_of(row: Document) -> tuple[str, str, str]:
    """Return browser, platform and kind of a visitor's or a session's device."""
    agent = row["user_agent_details"] or {}
    kind = {True: "Mobile", False: "Not mobile", None: UNKNOWN}[agent.get("mobile")]
    return known(agent.get("browser")), known(agent.get("platform")), kind


def audience_by_device(truth: Truth) -> Iterable[Row]:
    visitors: dict[tuple[str, str, str], list[Document]] = defaultdict(list)
    sessions: dict[tuple[str, str, str], list[Document]] = defaultdict(list)
    for visitor in truth.seen.visitors.values():
        visitors[device_of(visitor)].append(visitor)
    for _ in truth.seen.unlisted_visitors:
        visitors[UNKNOWN, UNKNOWN, UNKNOWN].append({"load_count": 0, "play_count": 0})
    for session in truth.sessions:
        sessions[device_of(session)].append(session)
    for device in visitors.keys() | sessions.keys():
        yield {
            **dict(zip(("browser", "platform", "device_type"), device, strict=True)),
            "visitor_count": len(visitors[device]),
            "load_count": sum(visitor["load_count"] for visitor in visitors[device]),
            "play_count": sum(visitor["play_count"] for visitor in visitors[device]),
            "session_count": len(sessions[device]),
            **truth.viewing(sessions[device]),
        }


def audience_by_place(truth: Truth) -> Iterable[Row]:
    places: dict[tuple[str, ...], list[Document]] = defaultdict(list)
    for session in truth.sessions:
        places[tuple(known(session[part]) for part in ("country", "region", "city"))].append(session)
    for place, sessions in places.items():
        yield {
            **dict(zip(("country", "region", "city"), place, strict=True)),
            "session_count": len(sessions),
            "visitor_count": visitors_of(sessions),
            **truth.viewing(sessions),
        }


def audience_segment(truth: Truth) -> Iterable[Row]:
    segments: dict[tuple[str, str], list[Document]] = defaultdict(list)
    active = {key: parse_instant(row["last_active_at"]).date() for key, row in truth.seen.visitors.items()}
    newest = max(active.values())
    for key, visitor in truth.seen.visitors.items():
        often = frequency(visitor["load_count"], visitor["play_count"])
        segments[often, recency((newest - active[key]).days)].append(visitor)
    for _ in truth.seen.unlisted_visitors:
        segments[UNKNOWN, UNKNOWN].append({"load_count": 0, "play_count": 0})
    for (often, recently), visitors in segments.items():
        yield {
            "frequency_segment": often,
            "recency_segment": recently,
            "visitor_count": len(visitors),
            "load_count": sum(visitor["load_count"] for visitor in visitors),
            "play_count": sum(visitor["play_count"] for visitor in visitors),
            "as_of_date": newest,
        }


def top_visitor(truth: Truth) -> Iterable[Row]:
    visitors = sorted(truth.seen.visitors.values(), key=lambda visitor: visitor["visitor_key"])
    visitors.sort(
        key=lambda visitor: (visitor["play_count"], visitor["load_count"], seconds(visitor["last_active_at"])),
        reverse=True,
    )
    for rank, visitor in enumerate(visitors[:_MOST_VISITORS], 1):
        yield {
            "visitor_rank": rank,
            "visitor_id": visitor["visitor_key"],
            "play_count": visitor["play_count"],
            "load_count": visitor["load_count"],
            "frequency_segment": frequency(visitor["load_count"], visitor["play_count"]),
            **dict(zip(("browser", "platform", "device_type"), device_of(visitor), strict=True)),
            "first_seen_at": parse_instant(visitor["created_at"]).replace(tzinfo=None),
            "last_active_at": parse_instant(visitor["last_active_at"]).replace(tzinfo=None),
        }


def visitor_media_daily(truth: Truth) -> Iterable[Row]:
    groups: dict[tuple[str, date | None, str | None], list[Document]] = defaultdict(list)
    for session in truth.sessions:
        groups[session["media_id"], day_of(received(session)), session["visitor_key"]].append(session)
    for (media, day, visitor), sessions in groups.items():
        last = max(sessions, key=lambda session: (received(session), session["event_key"]))
        yield {
            "activity_date": day,
            "media_id": media,
            "media_name": truth.names(media)["media_name"],
            "channel_name": truth.channel(media),
            "visitor_id": visitor,
            **dict(zip(("browser", "platform", "device_type"), device_of(last), strict=True)),
            **{part: known(last[part]) for part in ("country", "region")},
            "session_count": len(sessions),
            "watch_hours": truth.viewing(sessions)["watch_hours"],
        }


MARTS = {
    "account_reconciliation": Mart(("snapshot_date",), account_reconciliation),
    "audience_by_device": Mart(("browser", "platform", "device_type"), audience_by_device),
    "audience_by_place": Mart(("country", "region", "city"), audience_by_place),
    "audience_segment": Mart(("frequency_segment", "recency_segment"), audience_segment),
    "channel_performance": Mart(("activity_date", "channel_name"), channel_performance),
    "media_daily_performance": Mart(("media_id", "activity_date"), media_daily_performance),
    "media_daily_total": Mart(("media_id", "activity_date_key"), media_daily_total),
    "media_engagement_curve": Mart(("media_id", "bucket"), media_engagement_curve),
    "media_play_trend": Mart(("media_id", "activity_date"), media_play_trend),
    "media_reconciliation": Mart(("media_id", "activity_date"), media_reconciliation),
    "media_summary": Mart(("media_id",), media_summary),
    "top_visitor": Mart(("visitor_id",), top_visitor),
    "visitor_media_daily": Mart(("visitor_id", "media_id", "activity_date"), visitor_media_daily),
}
