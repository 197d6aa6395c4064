"""Viewing sessions: one row per event_key.

A session is revised while and after the viewer watches, without a field that says when: the state that was asked for
last is the newest. The feed repeats about one event_key in six hundred.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge


def normalise_viewing_session(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge viewing sessions."""
    return leaves.transform(judge(contract))
