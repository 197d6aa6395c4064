"""What is true at an instant, told by those who invented it and not read from any file."""

from collections import defaultdict
from dataclasses import dataclass

from sandbox.streampulse.drops import drops
from sandbox.streampulse.people import Profile, Title
from sandbox.streampulse.playbacks import Row
from sandbox.streampulse.size import Size
from sandbox.streampulse.words import DEVICES


@dataclass(frozen=True, slots=True)
class Truth:
    """What the files up to an instant say when of each playback, title and profile the newest counts.

    Attributes:
        playbacks: The good rows by playback; the newest file counts, and in a file the last row.
        titles: Of each title what each file said, with the file's time, oldest first.
        profiles: Of each user the same.
    """

    playbacks: dict[str, Row]
    titles: dict[str, list[tuple[int, Title]]]
    profiles: dict[str, list[tuple[int, Profile]]]

    def profile_at(self, user: str, at: int) -> Profile | None:
        """The profile that a user had at an instant: the first one told counts for all time before it."""
        told = self.profiles.get(user)
        if not told:
            return None
        return max((version for version in told if version[0] <= at), default=told[0], key=lambda each: each[0])[1]

    def region(self, row: Row) -> str:
        """The region of a playback: its own, else the profile's, else Unknown."""
        profile = self.profile_at(row.user, row.start)
        return row.region or (profile.region if profile else "Unknown")

    def device(self, row: Row) -> str:
        """The device of a playback."""
        return DEVICES[row.device]


def truth(size: Size, as_of: int) -> Truth:
    """Gather what is true at an instant (seconds since 1970)."""
    playbacks: dict[str, Row] = {}
    titles: defaultdict[str, list[tuple[int, Title]]] = defaultdict(list)
    profiles: defaultdict[str, list[tuple[int, Profile]]] = defaultdict(list)
    for drop in drops(size, as_of):
        for row in drop.content().rows:
            match row:
                case Row():
                    playbacks[row.playback] = row
                case Title():
                    titles[row.content_id].append((drop.at, row))
                case Profile():
                    profiles[row.user_id].append((drop.at, row))
    return Truth(playbacks, dict(titles), dict(profiles))
