"""Dropping the records of persons who asked to be forgotten, before anything is made of them."""

from functools import reduce
from operator import or_

from extract.privacy import PrivacyKey
from spark.contracts import Contract
from spark.engine import DataFrame, Expression, current
from spark.engine import functions as F
from spark.forgotten import Forgotten, Subject, subject_columns
from spark.leaves import FORGOTTEN
from spark.proof import REASON
from spark.transforms.steps import Step, plain, trimmed


def forget(contract: Contract, forgotten: Forgotten) -> Step:
    """Return the step that gives records of forgotten persons the reason ``FORGOTTEN``, whatever is wrong with them.

    The columns that say whom a record is about are typed although another may not be.
    """
    columns = ((column.name, subject) for column, subject in subject_columns(contract))
    asked = [(name, subject, forgotten.hashes[subject]) for name, subject in columns if subject in forgotten.hashes]
    if not asked:
        return lambda judged: judged

    def step(judged: DataFrame) -> DataFrame:
        theirs = reduce(
            or_,
            (_holds(name, subject, sorted(hashes), key) for name, subject, hashes in asked for key in forgotten.keys),
        )
        reason = F.when(theirs, F.lit(FORGOTTEN)).otherwise(F.col(REASON)).alias(REASON)
        return judged.select(*(reason if name == REASON else F.col(name) for name in judged.columns))

    return step


def _holds(name: str, subject: Subject, hashes: list[str], key: PrivacyKey) -> Expression:
    text = plain(name) if subject == "email" else trimmed(name)
    return F.coalesce(current().keyed_hash(text, key).isin(hashes), F.lit(False))
