"""The privacy key of a sandbox: made when it is first needed, and kept in the sandbox's folder."""

import os
import secrets
import tempfile
from pathlib import Path

from extract.errors import ConfigurationError

FILE = "privacy.key"


def ensure_key(home: Path) -> str:
    """Return the key of the sandbox in a folder; of several that make it at once, the first counts for all.

    Raises:
        ConfigurationError: the folder cannot hold it.
    """
    file = home / FILE
    try:
        if not file.exists():
            home.mkdir(parents=True, exist_ok=True)
            _make(file)
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigurationError(f"{file}: the sandbox cannot keep its privacy key there ({error.strerror})") from None


def _make(file: Path) -> None:
    """Write a key beside the file and link it to its name, so that nobody reads half of one; others may not read it."""
    descriptor, written = tempfile.mkstemp(dir=file.parent, prefix=f"{FILE}.")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(secrets.token_hex(32))
        file.hardlink_to(written)
    except FileExistsError:
        pass
    finally:
        Path(written).unlink()
