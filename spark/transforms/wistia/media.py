"""Medias: one row per hashed id and instant at which it was asked for.

``updated_at`` is no version: the vendor touches all medias at once, and not when a title's statistics change.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge


def normalise_media(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge medias."""
    return leaves.transform(judge(contract))
