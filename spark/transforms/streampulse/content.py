"""Titles: one row per content_id and file that describes it.

Every state is kept, because the versions of the dimension are made of them; a file has no date but its own.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge
from spark.transforms.texts import refuse_addresses, trim, written_columns


def normalise_content(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge titles."""
    return (
        leaves.transform(trim(written_columns(contract)))
        .transform(refuse_addresses(written_columns(contract)))
        .transform(judge(contract))
    )
