"""Pictures of every page, light and dark, wide and narrow: `python -m tests.end_to_end.dashboards.screenshots FOLDER`.

A demonstration is loaded into a folder of its own first, so that the pictures are the same wherever they are taken.
"""

import io
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from PIL import Image
from playwright.sync_api import Browser

from orchestration.context import Options
from orchestration.demo import run_demo
from tests.end_to_end.dashboards.browser import Visit, open_browser, served

NOW = datetime(2026, 1, 15, 9, tzinfo=UTC)
PAGES = ("overview", "media", "audience", "channels", "streampulse", "health")
SHOWN = {"overview": "", "media": f"media?video={quote('Sample VSL Youtube  Paid Ads')}"}
"""Where a page is found: the first one at the root, the media as one that many leave in the first seconds."""
WIDTHS = {1440: 900, 390: 844}
LONGEST = 6000
QUALITIES = (72, 62, 52, 42)
"""The first that keeps a picture below ``LARGEST`` bytes, so that the repository stays small."""
LARGEST = 150_000
SETTLED = 1500
"""Milliseconds in which charts have drawn themselves for a height that changed."""


def take_all(out: Path, home: Path) -> None:
    """Take the pictures of the warehouse in a folder."""
    out.mkdir(parents=True, exist_ok=True)
    with served(home, NOW, home / "dashboard.log") as address, open_browser() as browser:
        for page in PAGES:
            for scheme in ("light", "dark"):
                for width in WIDTHS:
                    file = out / f"{page}-{scheme}-{width}.webp"
                    file.write_bytes(take(browser, address, page, scheme, width))
                    print(f"{file}: {file.stat().st_size / 1000:.0f} kB")


def take(browser: Browser, address: str, page: str, scheme: str, width: int) -> bytes:
    """Return a picture of a whole page as WebP."""
    size = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]
    found = Visit(context.new_page(), address)
    found.go(SHOWN.get(page, page))
    height = found.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    found.page.set_viewport_size({"width": width, "height": min(height, LONGEST)})
    found.page.wait_for_timeout(SETTLED)
    found.settle()
    taken = found.page.screenshot()
    context.close()
    return compressed(taken)


def compressed(png: bytes) -> bytes:
    """Return a picture as WebP of the best quality that is small enough."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    for quality in QUALITIES:
        picture = io.BytesIO()
        image.save(picture, "WEBP", quality=quality, method=6)
        if picture.tell() <= LARGEST:
            break
    return picture.getvalue()


def main() -> None:
    """Load a demonstration and take the pictures of it."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        run_demo(Options(home=home))
        take_all(out, home)


if __name__ == "__main__":
    main()
