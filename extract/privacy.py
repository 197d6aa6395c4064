"""The key with which personal values are hashed: whoever has no key can neither compute nor try out a hash.

A keyed hash is HMAC-SHA256 (RFC 2104) in hexadecimal digits. The same person has the same hash in all sources, so that
rows can be joined that belong to one person, and nobody can be named by it.

A key that gives way to another is kept behind it. Nothing new is hashed under it, but those who asked to be forgotten
while it was in use are known by its hashes alone: nobody keeps what the new key could hash.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from extract.errors import ConfigurationError

KEY_VARIABLE = "REELHOUSE_PRIVACY__KEY"
MIN_LENGTH = 32
"""Characters of a key: as hexadecimal digits 128 bits, which nobody tries out."""
_BLOCK = 64
_FINGERPRINT_OF = "reelhouse: the fingerprint of a privacy key"


@dataclass(frozen=True, slots=True)
class PrivacyKey:
    """The key; it shows itself nowhere.

    Attributes:
        former: keys that were in use before it.
    """

    _bytes: bytes = field(repr=False)
    former: tuple["PrivacyKey", ...] = ()

    @classmethod
    def of(cls, text: str) -> "PrivacyKey":
        """Make the key of a text: the key, and behind it, after white space, those that were in use before.

        Raises:
            ConfigurationError: there is none, or one is shorter than ``MIN_LENGTH``.
        """
        texts = text.split() or [""]
        for number, found in enumerate(texts):
            if len(found) < MIN_LENGTH:
                which = f"the former privacy key {number}" if number else "the privacy key"
                raise ConfigurationError(
                    f"{which} has {len(found)} characters and needs {MIN_LENGTH} or more, none of them white space, "
                    "behind which keys of before stand; `openssl rand -hex 32` makes one"
                )
        return cls(texts[0].encode(), tuple(cls(found.encode()) for found in texts[1:]))

    def hash(self, text: str) -> str:
        """Return the keyed hash of a text, as it is."""
        return hmac.new(self._bytes, text.encode(), hashlib.sha256).hexdigest()

    @property
    def fingerprint(self) -> str:
        """Sixteen digits by which keys can be told apart, and from which none follows."""
        return self.hash(_FINGERPRINT_OF)[:16]

    @property
    def ring(self) -> tuple["PrivacyKey", ...]:
        """The key and those of before."""
        return (self, *self.former)

    @property
    def pads(self) -> tuple[str, str]:
        """The inner and the outer block of RFC 2104 in hexadecimal digits, for engines that only know SHA-256.

        ``SHA256(outer || SHA256(inner || text))`` is the keyed hash of a text. They are as secret as the key.
        """
        key = self._bytes if len(self._bytes) <= _BLOCK else hashlib.sha256(self._bytes).digest()
        filled = key.ljust(_BLOCK, b"\0")
        return bytes(byte ^ 0x36 for byte in filled).hex(), bytes(byte ^ 0x5C for byte in filled).hex()

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse to be pickled: a pickle would hold the key in the clear."""
        raise TypeError("secrets are not pickled")
