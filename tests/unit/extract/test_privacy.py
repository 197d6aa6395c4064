"""The privacy key, against hashes that `openssl dgst -sha256 -hmac` made."""

import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import ConfigurationError
from extract.privacy import PrivacyKey

KEY = "a key for the tests, and for them alone"
OF_ADA = "82ced00ea51c8104e6d5cbb800d46f3ad469b53b17a484b0b4c36880b04402c4"  # hash of ada@example.com


def test_a_hash_is_what_openssl_makes() -> None:
    assert PrivacyKey.of(KEY).hash("ada@example.com") == OF_ADA


@given(st.text(min_size=32, max_size=100), st.text())
def test_two_rounds_of_sha256_over_the_pads_make_the_same_hash(key: str, text: str) -> None:
    """So do engines that have no HMAC; keys longer than a block are hashed first."""
    made = PrivacyKey.of(key)
    inner, outer = (bytes.fromhex(pad) for pad in made.pads)
    first = hashlib.sha256(inner + text.encode()).digest()
    assert hashlib.sha256(outer + first).hexdigest() == made.hash(text)


def test_a_short_key_is_refused_without_being_shown() -> None:
    with pytest.raises(ConfigurationError, match="has 7 characters and needs 32") as refused:
        PrivacyKey.of("hunter2")
    assert "hunter2" not in str(refused.value)


def test_the_key_shows_itself_nowhere() -> None:
    key = PrivacyKey.of(KEY)
    assert KEY not in repr(key)
    assert key.fingerprint not in (key.hash(""), KEY)
    assert len(key.fingerprint) == 16
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(key)
