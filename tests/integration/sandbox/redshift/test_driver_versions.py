"""The driver's own tests with other releases of it, each in a folder of its own that goes with the test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[3]
_VERSIONS = ("2.0.918", "2.1.5", "2.1.15")
"""Beside the one installed: the first that reads protocol 2 as it is now, and two that are widely in use."""


@pytest.mark.long
@pytest.mark.parametrize("version", _VERSIONS)
def test_the_driver_of_another_version(version: str, tmp_path: Path) -> None:
    folder = tmp_path / "driver"
    _install(version, folder)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(folder), str(_ROOT)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    found = subprocess.run(
        [sys.executable, "-c", "import redshift_connector as r; print(r.__version__, r.__file__)"],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert found.split() == [version, str(folder / "redshift_connector" / "__init__.py")]
    tests = [str(_HERE / name) for name in ("test_driver.py", "test_access.py")]
    # What it makes of the catalog's answers is each version's own.
    tests += ["-k", "not what_the_driver_asks_of_the_catalog"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        env=environment, cwd=_ROOT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]


def _install(version: str, folder: Path) -> None:
    """Into a folder alone: what it depends on is that of this environment."""
    uv = shutil.which("uv")
    installer = [uv, "pip", "install", "--quiet"] if uv else [sys.executable, "-m", "pip", "install", "--quiet"]
    done = subprocess.run(
        [*installer, "--no-deps", "--target", str(folder), f"redshift_connector=={version}"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"redshift_connector {version} could not be installed: {done.stderr.strip()[-200:]}")
