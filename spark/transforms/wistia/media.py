"""Medias: one row per hashed id.

``updated_at`` is no version: the vendor touches all medias at once, and not when a title's statistics change. The state
that was asked for last is the newest.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge


def normalise_media(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge medias."""
    return leaves.transform(judge(contract))
