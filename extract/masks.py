"""Texts that show what nobody should see: masked by what they look like, wherever they stand.

The last line of defence. Messages are made without values in the first place; rows that a check shows, and whatever a
library says that we pass on, go through here.
"""

import re
from ipaddress import ip_address

MASK = "…"
_ADDRESS = re.compile(r"[^\s<>\"'=,;:()\[\]{}]+@[^\s<>\"'=,;:()\[\]{}]+\.[^\W\d_]{2,}")
_DIGITS = re.compile(r"[0-9a-fA-F.:]{3,45}")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}")


def mask_message(text: str) -> str:
    """Return a message without e-mail addresses and without what authenticates; hosts may be named by number."""
    return _BEARER.sub(rf"\1 {MASK}", _ADDRESS.sub(MASK, text))


def mask_value(value: object) -> object:
    """Return a value of a row, or the mask where it looks like an e-mail or IP address, whatever its column."""
    if isinstance(value, str) and (_ADDRESS.search(value) or any(map(_is_network_address, _DIGITS.findall(value)))):
        return MASK
    return value


def _is_network_address(text: str) -> bool:
    try:
        ip_address(text.strip(".:") if text.count(":") < 2 else text)
    except ValueError:
        return False
    return True
