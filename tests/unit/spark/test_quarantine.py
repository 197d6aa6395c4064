"""When a batch holds too many bad records."""

import pytest

from extract.errors import DataRefused
from extract.settings import Quarantine
from spark.quarantine import Refusals, refuse_if_too_many

LIMITS = Quarantine(max_share=0.01, max_records=20)


def refusals(records: int, landed: int) -> Refusals:
    reasons = {"missing:visitor_id": 1, "not_bigint:play_count": records - 1} if records else {}
    return Refusals("wistia/visitors", landed, reasons, "line 7 of raw/x.jsonl.gz (missing:visitor_id)")


@pytest.mark.parametrize(
    ("records", "landed"),
    [(0, 0), (20, 20), (20, 1), (21, 2100), (1000, 100_000)],
    ids=["nothing", "few, though all", "few", "exactly the share", "many, of more"],
)
def test_both_limits_must_be_passed(records: int, landed: int) -> None:
    refuse_if_too_many(refusals(records, landed), LIMITS)


def test_the_message_says_how_many_why_where_and_what_next() -> None:
    with pytest.raises(DataRefused) as refused:
        refuse_if_too_many(refusals(21, 2099), LIMITS)
    for part in (
        "wistia/visitors: 21 of 2099 records",
        "max_share (0.01)",
        "not_bigint:play_count (20), missing:visitor_id (1)",
        "line 7 of raw/x.jsonl.gz",
        "Nothing was published",
    ):
        assert part in str(refused.value)
