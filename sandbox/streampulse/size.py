"""How large an invented platform is, and when it began."""

from dataclasses import dataclass
from datetime import UTC, datetime

HOUR = 3_600
DAY = 24 * HOUR

#: The first midnight of which the platform has a past; what comes after it comes as time goes on.
EPOCH = int(datetime(2026, 1, 8, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Size:
    """What is to be invented.

    Attributes:
        users: Profiles.
        titles: Titles of the catalogue.
        playbacks: Playbacks a day, in the mean.
        days: Days before `EPOCH` on which the platform began.
        seed: Which platform of that size.
    """

    users: int = 2_000
    titles: int = 300
    playbacks: int = 2_500
    days: int = 28
    seed: int = 1

    def __post_init__(self) -> None:
        for name in ("users", "titles", "playbacks", "days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")

    @property
    def start(self) -> int:
        """Seconds since 1970 of its first midnight."""
        return EPOCH - self.days * DAY
