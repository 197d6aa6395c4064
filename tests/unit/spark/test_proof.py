"""What is read of sums."""

import pytest

from spark.contracts import load_contracts
from spark.proof import SPAN, read_sums

COLUMNS = load_contracts()["wistia__project"].columns[:1]


@pytest.mark.parametrize(
    ("total", "read"), [(None, 0), (7, 7), (SPAN, 0), (SPAN + 7, 7), (-1, SPAN - 1), (7 - SPAN, 7)]
)
def test_sums_are_equal_that_differ_by_what_64_bits_do_not_hold(total: int | None, read: int) -> None:
    assert read_sums(COLUMNS, [total, None]) == {COLUMNS[0].name: read}
