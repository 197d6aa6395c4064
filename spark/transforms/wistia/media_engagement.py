"""Engagement curves: one record per media and UTC date of the request, one row per bucket of its curve.

The answer names neither the media nor a date; both come from the request. Both curves are cumulative over the life of
the media and equally long. ``engagement`` is not exactly the mean of the first one: 1 to 2 % beside it in two real
medias, so nothing here may expect them to agree.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import cut_to_date, judge


def normalise_media_engagement(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge curves as a whole; the latest of a day wins as a whole."""
    return leaves.transform(cut_to_date("snapshot_date")).transform(judge(contract))
