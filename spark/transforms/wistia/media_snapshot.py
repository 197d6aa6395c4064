"""Snapshots of lifetime counters: one row per media and UTC date of the request.

The answer names neither the media nor a date; both come from the request. Hours watched, engagement and play rate fall
as well as rise, because sessions are revised: nothing here may expect them to grow.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import cut_to_date, judge


def normalise_media_snapshot(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge snapshots; the latest of a day wins."""
    return leaves.transform(cut_to_date("snapshot_date")).transform(judge(contract))
