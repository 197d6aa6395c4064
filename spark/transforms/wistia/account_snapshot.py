"""Snapshots of the account's lifetime counters: one row per UTC date of the request.

The answer names no date; it comes from the request. Hours watched fall as well as rise, because sessions are revised.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import cut_to_date, judge


def normalise_account_snapshot(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge snapshots; the latest of a day wins."""
    return leaves.transform(cut_to_date("snapshot_date")).transform(judge(contract))
