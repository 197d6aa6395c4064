"""Daily counters of a media: one row per media and day.

The answer does not name the media; it comes from the request. Quiet days are rows of zeros, the current day is partial,
and recent days are restated: the state that was asked for last is the newest.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge


def normalise_media_day(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge the days of medias."""
    return leaves.transform(judge(contract))
