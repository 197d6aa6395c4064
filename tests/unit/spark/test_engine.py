"""Engines are chosen late, and asked for by a message where they are not installed."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spark.engine import functions, using

ROOT = Path(__file__).parents[3]
WITHOUT_DUCKDB = """\
import sys
sys.modules["duckdb"] = None  # importing it fails as if it were not installed
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from extract.errors import ConfigurationError
from extract.lake import DirectoryLake
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.engine import open_engine
try:
    open_engine(Settings(), DirectoryLake(Path("."), "lake"), Path("."), PrivacyKey.of("k" * 32))
except ConfigurationError as error:
    print(error)
"""


def test_functions_are_those_of_the_engine_in_use_at_the_moment_of_the_call() -> None:
    class Abacus:
        functions = SimpleNamespace(col=lambda name: f"bead {name}")

    abacus: Any = Abacus()
    with pytest.raises(LookupError):
        functions.col("x")
    with using(abacus):
        assert functions.col("x") == "bead x"


def test_an_engine_that_is_not_installed_is_named_with_its_extra() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WITHOUT_DUCKDB], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "pip install 'reelhouse[local]'" in answer.stdout
    assert "duckdb" in answer.stdout
