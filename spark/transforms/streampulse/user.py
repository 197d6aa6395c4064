"""Profiles: one row per user_id and file that describes it.

Names and addresses belong into the columns that are marked as personal, and never leave staging in the clear, whichever
of the two stands in which. Where an address stands in any other column, the columns of the line are shifted, and
nothing in it can be trusted.
"""

from spark.contracts import Contract
from spark.engine import DataFrame
from spark.transforms.steps import judge
from spark.transforms.texts import read_dates, refuse_addresses, trim, written_columns


def normalise_user(leaves: DataFrame, contract: Contract) -> DataFrame:
    """Judge profiles."""
    columns = written_columns(contract)
    personal = {column.name for column in contract.mapped if column.personal or column.keyed_hash}
    return (
        leaves.transform(trim(columns))
        .transform(refuse_addresses([name for name in columns if name not in personal]))
        .transform(read_dates(("signup_date",)))
        .transform(judge(contract))
    )
