"""How long to wait."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extract.retry import LONGEST_WAIT, backoff, retry_after

CASES = Path(__file__).parents[2] / "cases/extract/retry_after.yaml"


@pytest.mark.parametrize("case", yaml.safe_load(CASES.read_text()), ids=lambda case: repr(case["header"]))
def test_retry_after(case: dict[str, Any]) -> None:
    assert retry_after(case["header"], datetime(2026, 1, 8, 2, 0, 0, tzinfo=UTC)) == case["seconds"]


@given(st.text(max_size=20))
def test_any_header_is_read_or_ignored(header: str) -> None:
    seconds = retry_after(header, datetime(2026, 1, 8, tzinfo=UTC))
    assert seconds is None or seconds >= 0


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_waits_grow_and_stay_below_the_longest(attempt: int, share: float) -> None:
    wait = backoff(attempt, share)
    assert 0.25 <= wait <= LONGEST_WAIT
    assert backoff(attempt + 1, share) >= wait
    assert backoff(attempt, 0.0) == backoff(attempt, 0.9999999999) / 2 or backoff(attempt, 0.0) < backoff(attempt, 0.5)
