"""Daily analytics of a media: one row per media and day.

The answer does not name the media; it comes from the request. A day is named by the instant at which it begins, in
whichever zone: its date is the day. Any metric may be null, and recent days are restated: the state that was asked for
last is the newest.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import cut_to_date, judge


def normalise_media_analytics_day(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge the analytics of days."""
    return leaves.transform(cut_to_date("activity_date")).transform(judge(contract))
