"""What looks like an address is masked, and nothing else."""

import pytest

from extract.masks import MASK, mask_message, mask_value

NAMING = ("ada@example.org", "mailto:Ada.L@sub.example.org!", "192.0.2.77", "2001:db8::1:2", "ip=192.0.2.1;")
OTHERS = ("s1", "2026-01-08 10:00:00", "1.2.3", "v08dlrgr7v", "12:30:45", "@home", "cafe", 3, None, 1.5)


@pytest.mark.parametrize("value", NAMING)
def test_values_that_name_somebody_are_masked(value: str) -> None:
    assert mask_value(value) == MASK


@pytest.mark.parametrize("value", OTHERS)
def test_other_values_are_shown(value: object) -> None:
    assert mask_value(value) == value


def test_a_message_keeps_its_hosts_and_loses_addresses_and_tokens() -> None:
    said = "no warehouse answers at 10.0.0.1:5439/dev (ada@example.org, Authorization: Bearer abcdef0123456789)"
    assert mask_message(said) == "no warehouse answers at 10.0.0.1:5439/dev (…, Authorization: Bearer …)"
    assert mask_message("s3://bucket/raw/wistia/visitors/date=2026-01-08/part-00000.jsonl.gz") == (
        "s3://bucket/raw/wistia/visitors/date=2026-01-08/part-00000.jsonl.gz"
    )
