"""Projects: one row per hashed id.

The vendor spells fields in camel case here and in snake case elsewhere; the contract reads both. Every list is full, so
the state that was asked for last is the newest.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge


def normalise_project(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge projects."""
    return leaves.transform(judge(contract))
