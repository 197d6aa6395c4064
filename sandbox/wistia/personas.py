"""Keys, devices and places, each a function of the seed and a number: nothing is drawn, nothing has an order."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sandbox.wistia.instants import seconds

#: Before, keys began with seven opaque hexadecimal digits; since, with the instant in thousands of seconds.
_DATED_KEYS_SINCE = seconds("2025-07-01T00:00:00Z")
_NEW_VOCABULARY_SINCE = seconds("2025-01-01T00:00:00Z")

_PHONE, _PAD, _ANDROID, _MAC, _WINDOWS = "iOS (iPhone)", "iOS (iPad)", "Android", "macOS", "Windows"

# Parts in a hundred: platforms as in 500 rows of the visitors list of one account (54 % iPhone, 26 % Android).
_DEVICES: tuple[tuple[int, str, str, str, bool], ...] = (
    (24, "Facebook", "571", _PHONE, True),
    (14, "Instagram", "410", _PHONE, True),
    (12, "Safari", "18.5", _PHONE, True),
    (3, "Google Search App", "343.0.0.23.93", _PHONE, True),
    (1, "Safari", "17.6", _PAD, True),
    (14, "Facebook", "571", _ANDROID, True),
    (8, "Chrome", "150", _ANDROID, True),
    (3, "Samsung Browser", "28.0", _ANDROID, True),
    (1, "Unknown Browser", "0", _ANDROID, True),
    (6, "Chrome", "149", _WINDOWS, False),
    (3, "Microsoft Edge", "150", _WINDOWS, False),
    (1, "Firefox", "147.0", _WINDOWS, False),
    (5, "Chrome", "150", _MAC, False),
    (4, "Safari", "26.1", _MAC, False),
    (1, "Chrome", "148", "Generic Linux", False),
)
_OLD_DEVICES: tuple[tuple[int, str, str, str, bool], ...] = (
    (30, "UIWebView", "0", "iOS", True),
    (25, "Safari", "16.3", "iOS", True),
    (25, "Chrome Webview", "113", "Android", True),
    (12, "Chrome", "120", "Windows", False),
    (8, "Safari", "17.2", "Mac OS", False),
)

# Country, region, city, latitude, longitude, organisation. The API sends "" for a position that it does not know.
_PLACES: tuple[tuple[int, str, str | None, str | None, Any, Any, str | None], ...] = (
    (14, "US", "Florida", "Testville", 27.9, -82.4, "Example ISP"),
    (13, "US", "California", "Sampleton", 34.05, -118.24, "Example Cable"),
    (10, "US", "Texas", "Mockburg", 29.76, -95.37, "Example Wireless"),
    (9, "US", "New York", "Placeholder", 40.71, -74.01, "Example Fibre"),
    (7, "US", "Illinois", "Fixtureville", 41.88, -87.63, "Example ISP"),
    (6, "US", "", "", 37.751, -97.822, "Example Wireless"),
    (8, "CA", "Ontario", "Northtest", 43.7, -79.42, "Exemple Télécom"),
    (8, "GB", "England", "Great Mocking", 51.5085, -0.1257, "Example Broadband Ltd"),
    (6, "AU", "Victoria", "Dry Run", -37.814, 144.9633, "Example Pty"),
    (5, "DE", "Bayern", "Prüfstadt", 48.13743, 11.57549, "Beispielnetz GmbH"),
    (4, "IE", "Leinster", "Baile Trialach", 53.33, -6.25, None),
    (3, "BR", "São Paulo", "Exemplópolis", -23.5475, -46.6361, "Exemplo S.A."),
    (3, "IN", "Maharashtra", "Namoona", 19, 73, "Example Mobile"),
    (2, "", "", "", "", "", ""),
    (1, "US", None, None, "", "", "Example Wireless"),
    (1, "GB", "England", None, 51.5, "", ""),
)

_PAGES = (
    '"https://example.com/"',
    '"https://example.com/watch?utm_source=facebook&utm_medium=paid"',
    '"https://example.com/vsl/?utm_campaign=gap%20method"',
    '"https://www.example.org/offer"',
)


def _hundredths(parts: tuple[tuple[Any, ...], ...]) -> tuple[Any, ...]:
    """Spread weighted entries over a hundred slots."""
    return tuple(entry for weight, *entry in parts for _ in range(weight))


def compact(document: Any) -> str:
    """JSON without blanks, characters as they are."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _agent(browser: str, version: str, platform: str, mobile: bool) -> str:
    return compact(
        {"browser": browser, "browser_version": version, "platform": platform, "mobile": mobile},
    )


def _position(country: str, region: Any, city: Any, lat: Any, lon: Any, org: Any) -> str:
    place = {"country": country, "region": region, "city": city, "lat": lat, "lon": lon, "org": org}
    return compact({**place, "email": None})[1:-1]


_AGENTS = tuple(_agent(*device) for device in _hundredths(_DEVICES))
_OLD_AGENTS = tuple(_agent(*device) for device in _hundredths(_OLD_DEVICES))
_POSITIONS = tuple(_position(*place) for place in _hundredths(_PLACES))


@dataclass(frozen=True)
class Persona:
    """What does not change about a visitor, besides its key.

    Attributes:
        agent: JSON object of the device.
        position: JSON members from country to email.
        ip: Address from a range reserved for documentation (RFC 5737, RFC 3849).
        page: JSON text of the page on which the player stood.
    """

    agent: str
    position: str
    ip: str
    page: str


def persona(seed: int, visitor: int, created: int) -> Persona:
    """The persona of a visitor by number."""
    digest = _digest(seed, "visitor", visitor)
    agents = _AGENTS if created >= _NEW_VOCABULARY_SINCE else _OLD_AGENTS
    return Persona(
        agent=agents[digest[41] * 100 >> 8],
        position=_POSITIONS[digest[42] * 100 >> 8],
        ip=_ip(digest),
        page=_PAGES[digest[43] % len(_PAGES)],
    )


def visitor_key(seed: int, visitor: int, created: int) -> str:
    """The visitor_key of a visitor by number; the browser minted it some minutes before its row was made."""
    digest = _digest(seed, "visitor", visitor)
    return _key(digest, created - 60 - digest[40] * 4)


def event_key(seed: int, visit: int, at: int) -> str:
    """The event_key of a visit by number."""
    return _key(_digest(seed, "event", visit), at)


def public_token(seed: int, visit: int) -> str:
    """The token in an event's iframe_heatmap_url: a secret in the vendor's answers, so one here."""
    return "sandbox" + _digest(seed, "heatmap", visit)[:16].hex()


def converted(seed: int, visit: int) -> bool:
    """Whether a viewer filled in a form: one in a hundred did."""
    return _conversion(seed, visit) < 600


def conversion(seed: int, visit: int) -> str:
    """JSON members about what a viewer did besides watching: mostly nothing, which the API writes in two ways.

    The type is text, a number or empty; the data are an object, that of a form, or empty text.
    """
    kind = _conversion(seed, visit)
    if converted(seed, visit):
        email = f"viewer.{kind}.{visit}@example.com"
        form = {"email": email, "first_name": "Vera", "last_name": "Muster", "is_new_lead": True}
        return compact({"conversion_type": 1 if kind < 200 else "pre-roll-email", "conversion_data": form})[1:-1]
    return '"conversion_type":"","conversion_data":' + ('""' if kind < 1200 else "{}")


def _conversion(seed: int, visit: int) -> int:
    """A number below 65,536 that says what there was."""
    return int.from_bytes(_digest(seed, "conversion", visit)[:2])


def _digest(seed: int, kind: str, number: int) -> bytes:
    return hashlib.blake2b(f"{seed}/{kind}/{number}".encode()).digest()


def _key(digest: bytes, minted: int) -> str:
    """`<prefix>_<uuid4>-<9 hex>-<12 hex>-<4 hex>`, as all 983 keys seen in one account."""
    text = digest[:32].hex()
    prefix = str(minted // 1000) if minted >= _DATED_KEYS_SINCE else digest[32:36].hex()[:7]
    variant = "89ab"[digest[36] & 3]
    return (
        f"{prefix}_{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:32]}"
        f"-{text[32:41]}-{text[41:53]}-{text[53:57]}"
    )


def _ip(digest: bytes) -> str:
    if digest[44] < 50:
        return f"2001:db8:{digest[45]:x}:{digest[46]:x}::{digest[47]:x}"
    return f"{('192.0.2', '198.51.100', '203.0.113')[digest[45] % 3]}.{digest[46]}"
