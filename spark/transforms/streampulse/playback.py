"""Playbacks: one row per playback_id.

What players write into their logs has all forms of timestamps and many words for one device. A playback without an end
is still open, and a later file completes it; one that ends before it starts or lasts longer than a day is none.
"""

from collections.abc import Sequence

from spark.contracts import Contract
from spark.engine import DataFrame, Expression
from spark.engine import functions as F
from spark.transforms.steps import judge, refuse
from spark.transforms.texts import fold, read_instants, refuse_addresses, trim, written_columns

DEVICES = {
    "mobile": ("mobile", "mobilephone", "phone", "smartphone", "cellphone", "android", "androidphone", "iphone", "ios"),
    "tablet": ("tablet", "tab", "ipad", "androidtablet", "firetablet"),
    "desktop": (
        "desktop", "computer", "pc", "laptop", "web", "browser", "webbrowser", "windows", "mac", "macos", "linux",
        "chromebook", "chromeos",
    ),
    "tv": (
        "tv", "television", "smarttv", "connectedtv", "ctv", "androidtv", "googletv", "appletv", "firetv", "firestick",
        "firetvstick", "roku", "rokutv", "chromecast", "settopbox", "stb", "samsungtv", "lgtv", "tizen", "webos",
    ),
    "console": (
        "console", "gameconsole", "gamingconsole", "playstation", "playstation4", "playstation5", "ps4", "ps5", "xbox",
        "xboxone", "xboxseriesx", "xboxseriess", "nintendo", "nintendoswitch", "switch",
    ),
}  # fmt: skip
"""What players call a device, by what it is."""
LONGEST = "interval 24 hours"
"""How long a playback may last."""


def normalise_playback(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge playbacks."""
    return (
        leaves.transform(trim(written_columns(contract)))
        .transform(refuse_addresses(written_columns(contract)))
        .transform(read_instants(("started_at", "ended_at")))
        .transform(fold(contract.column("device_type"), DEVICES))
        .transform(judge(contract))
        .transform(refuse(_impossible))
    )


def _impossible() -> Sequence[Expression]:
    start, end = F.col("started_at"), F.col("ended_at")
    return (
        F.when(end < start, F.lit("before_start:ended_at")),
        F.when(end > start + F.expr(LONGEST), F.lit("above_24_hours:ended_at")),
    )
