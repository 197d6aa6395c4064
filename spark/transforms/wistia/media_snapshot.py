"""Snapshots of lifetime counters: one row per media and UTC date of the request.

The answer names neither the media nor a date; both come from the request. Hours watched, engagement and play rate fall
as well as rise, because sessions are revised: nothing here may expect them to grow.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.engine import functions as F
from spark.leaves import text_of
from spark.transforms.steps import judge


def normalise_media_snapshot(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge snapshots; the latest of a day wins."""
    return leaves.transform(_date_of_request).transform(judge(contract))


def _date_of_request(leaves: DataFrame) -> DataFrame:
    """Cut the instant of the request, which the extractor writes in UTC, down to its date."""
    date = text_of("snapshot_date")
    cut = F.substring(F.col(date), 1, 10).alias(date)
    return leaves.select(*(cut if name == date else F.col(name) for name in leaves.columns))
