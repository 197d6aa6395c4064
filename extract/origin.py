"""Whose data a lake holds: a lake belongs to the first account that was landed in it.

Cursors say how far *an* account was read. Asked of another one they would skip all that is older, without a word.
"""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit

from extract.errors import ConfigurationError, DataRefused
from extract.lake import Lake


def refuse_foreign(lake: Lake, source: str, address: str) -> None:
    """Make sure that a lake holds nothing of another origin; reads only.

    Raises:
        ConfigurationError: it does.
    """
    try:
        known = json.loads(lake.get(_key(source)))["origin"]
    except DataRefused:
        return
    if known != origin(address):
        raise ConfigurationError(
            f"{lake.url('raw/' + source + '/')} holds the data of {known}, and {origin(address)} is to be extracted. "
            "Nothing was touched; give each account a lake and a warehouse of its own"
        )


def claim(lake: Lake, source: str, address: str) -> None:
    """Write down whose data a lake holds, once something was landed; the first claim stays."""
    lake.put_if_absent(_key(source), json.dumps({"origin": origin(address)}).encode())


def origin(address: str) -> str:
    """Return what two addresses of one origin have in common: the host, or that it is a sandbox and which.

    In which shape the API answers is no part of it: keys and instants are the same in all, so that cursors are as well.
    """
    parts = urlsplit(address)
    if parts.scheme in {"http", "https"}:
        return parts.netloc.lower()
    query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] != "api"])
    return f"{parts.scheme}{'?' if query else ''}{query}"


def _key(source: str) -> str:
    return f"raw/{source}/_origin.json"
