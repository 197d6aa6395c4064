"""The walls of the house: who may import whom, and who owns which piece of the outside world."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STAGES = ("extract", "spark", "warehouse_sql", "dashboards", "orchestration")

# A stage may use those before it, never the reverse; nobody but the tests imports the sandbox, which is its own world.
MAY_IMPORT = {
    "extract": set[str](),
    "spark": {"extract"},
    "warehouse_sql": {"extract", "spark"},
    "dashboards": {"extract", "spark", "warehouse_sql"},
    "orchestration": {"extract", "spark", "warehouse_sql", "dashboards"},
    "sandbox": {"extract"},
}
# Each asks one service for one purpose.
AWS = {
    "extract/lake/s3",
    "extract/secrets_manager.py",
    "orchestration/glue/run_properties.py",
    "orchestration/lambdas/starting.py",
    "orchestration/lambdas/refresh.py",
    "orchestration/deploy/aws.py",
}
# The doors to the outside world: library -> the only files that may open it.
OWNERS = {
    "requests": {"extract/http.py"},
    "redshift_connector": {"warehouse_sql/connection.py"},
    "boto3": AWS,
    "botocore": AWS,
    "awsglue": {"orchestration/glue/arguments.py"},
    "duckdb": {"spark/engine/", "sandbox/redshift/"},
    "sqlframe": {"spark/engine/"},
    "pyspark": {"spark/engine/"},
    "rich": {"orchestration/"},
    "click": {"orchestration/"},
    "streamlit": {"dashboards/app/"},
    "plotly": {"dashboards/app/charts.py"},
}
HEAVY = ("duckdb", "sqlframe", "pyspark", "pandas", "numpy", "plotly", "streamlit", "sandbox")


def sources(package: str) -> list[Path]:
    """Return the modules of a package."""
    return sorted((ROOT / package).rglob("*.py"))


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return all that a module consists of."""
    return tuple(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def imported(file: Path) -> Iterator[str]:
    """Yield the full names of the modules that a file imports, anywhere in it."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: relative import"
            yield node.module


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_a_stage_imports_only_the_stages_before_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sources(package)
        for name in imported(file)
        if name.split(".")[0] in MAY_IMPORT and name.split(".")[0] not in allowed
    }
    assert sources(package)
    assert not wrong


@pytest.mark.parametrize("library", OWNERS)
def test_each_outside_world_has_one_owner(library: str) -> None:
    importers = {
        file.relative_to(ROOT).as_posix()
        for package in MAY_IMPORT
        for file in sources(package)
        if library in {name.split(".")[0] for name in imported(file)}
    }
    strangers = {file for file in importers if not any(file.startswith(owner) for owner in OWNERS[library])}
    assert not strangers


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        file.relative_to(ROOT).as_posix()
        for package in STAGES
        for file in sources(package)
        for node in nodes(file)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    }
    assert readers == {"extract/settings.py"}


def test_transforms_type_by_the_grammar_and_never_by_a_plain_cast() -> None:
    """Engines differ in what a cast of text accepts, so the grammar decides first and the engine types last."""
    casts = {
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources("spark/transforms")
        for node in nodes(file)
        if (isinstance(node, ast.Attribute) and node.attr in {"cast", "astype", "to_date", "to_timestamp"})
        or (isinstance(node, ast.Constant) and isinstance(node.value, str) and "cast(" in node.value.lower())
    }
    assert sources("spark/transforms")
    assert not casts


@pytest.mark.parametrize("package", STAGES)
def test_importing_a_stage_needs_the_base_installation_only(package: str) -> None:
    modules = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in sources(package)]
    extras = ("spark.engine.", "dashboards.app.")
    engines = [name for name in modules if not name.startswith(extras) and not name.endswith("__init__")]
    program = (
        f"import sys, importlib; [importlib.import_module(name) for name in {engines!r}]; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert answer.stdout.strip() == "[]"


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_each_top_folder_tells_what_lives_there(package: str) -> None:
    text = (ROOT / package / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) > 20
