"""The job as Glue 5.1 starts it: its versions of everything, our wheels without a registry, its arguments, its Spark.

Of Glue itself there is a stand-in for ``awsglue``, with what ``getResolvedOptions`` promises (awslabs/aws-glue-libs).
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from extract.lake.s3 import S3Lake
from extract.settings import S3, Settings
from orchestration.glue.bundle import bundle
from tests.glue_home import glue_adds, write_awsglue
from tests.integration.spark.lakes import TEXT_OF_KEY, land, new_lake, newest, run
from tests.integration.spark.test_spark_on_s3 import content, fill_small
from tests.storage import Storage, storage

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'reelhouse[spark]'")
from spark.engine.java import find_java
from spark.engine.spark_session import configured

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="Glue 5.1 has Python 3.11"),
]
ROOT = Path(__file__).parents[3]
RUNTIME = ROOT / "orchestration" / "glue" / "runtime.txt"
PYSPARK = "pyspark==3.5.6"


def pip(python: Path, *arguments: str) -> str:
    """Run pip in an environment; skip where the registry is not to be had."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    answer = subprocess.run(command, capture_output=True, text=True)
    if "No matching distribution" in answer.stderr or "Could not fetch" in answer.stderr:
        pytest.skip(f"a package index is needed: {answer.stderr.splitlines()[-1]}")
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def installed(python: Path) -> dict[str, str]:
    listed = json.loads(pip(python, "list", "--format", "json"))
    return {package["name"].lower().replace("-", "_"): package["version"] for package in listed}


@pytest.fixture(scope="module")
def glue(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """An environment like Glue's, made before ours is known to it, and what stood in it."""
    folder = tmp_path_factory.mktemp("glue") / "environment"
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip(python, "install", "--quiet", "--requirement", str(RUNTIME), PYSPARK)
    (packages,) = folder.glob("lib/python*/site-packages")
    write_awsglue(packages)
    return python, installed(python)


@pytest.fixture(scope="module")
def shipped(glue: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is uploaded for the job, installed as Glue does it: from the zip and the wheel, and from nowhere else."""
    folder = tmp_path_factory.mktemp("shipped")
    python, _ = glue
    bundle(folder)
    with zipfile.ZipFile(folder / "reelhouse.gluewheels.zip") as zipped:
        zipped.extractall(folder)
    (wheel,) = folder.glob("reelhouse-*.whl")
    offline = ("install", "--no-index", "--find-links", str(folder / "wheels"))
    pip(python, *offline, "--requirement", str(folder / "wheels" / "requirements.txt"))
    pip(python, *offline, str(wheel))
    return folder / "normalise_job.py"


def test_installing_ours_changes_nothing_that_glue_has(glue: tuple[Path, dict[str, str]], shipped: Path) -> None:
    python, before = glue
    after = installed(python)
    assert shipped.exists()
    assert "reelhouse" in after
    assert {name: after.get(name) for name in before} == before
    assert {"boto3": "1.40.61", "numpy": "2.3.4", "pyarrow": "22.0.0", "pyspark": "3.5.6"}.items() <= after.items()
    assert "No broken requirements" in pip(python, "check")


@pytest.fixture(scope="module")
def server() -> Iterator[Storage]:
    with storage() as found:
        yield found


def start(
    python: Path, script: Path, server: Storage, folder: Path, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Start a script as Glue does: with its arguments behind it, and a Spark that knows how to reach S3."""
    lake = S3Lake("any", server.endpoint_url)
    jars = os.environ.get("REELHOUSE_SPARK_JARS")
    chosen = Settings(engine="spark", s3=S3(endpoint_url=server.endpoint_url), spark_jars=jars, spark_master="local[2]")
    quick = {"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"}
    options = {**configured(chosen, lake, folder), **quick}
    submit = " ".join(f"--conf {name}={value}" for name, value in options.items())
    variables = {
        "AWS_ENDPOINT_URL_S3": server.endpoint_url,
        "JAVA_HOME": str(find_java()),
        "REELHOUSE_PRIVACY__KEY": TEXT_OF_KEY,
        "PYSPARK_SUBMIT_ARGS": f"{submit} pyspark-shell",
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    here = shutil.copy(script, folder)
    return subprocess.run(
        [str(python), str(here), *glue_adds("normalise"), "--environment", "test", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env=inherited | variables,
    )


def test_the_job_normalises_in_the_spark_of_glue(
    glue: tuple[Path, dict[str, str]], shipped: Path, server: Storage, tmp_path: Path
) -> None:
    lake, folder = S3Lake(server.create(), server.endpoint_url), new_lake(tmp_path)
    for empty in (lake, folder):
        fill_small(empty)
    run(folder)
    configuration = f'engine: spark\nlake: "s3://{lake.bucket}"\ns3: {{endpoint_url: "{server.endpoint_url}"}}\n'
    lake.put("configuration/reelhouse.yaml", f"{configuration}quarantine: {{max_share: 1.0}}\n".encode())
    config = f"s3://{lake.bucket}/configuration/reelhouse.yaml"
    ended = start(glue[0], shipped, server, tmp_path, "--config", config, "--as_of", "2026-01-08T02:00:00Z")
    if "unresolved dependency" in ended.stderr:
        pytest.skip("the jars by which Spark reaches S3 could not be fetched from Maven Central")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout.splitlines()[-1])["entities"]["wistia__viewing_session"]["normalised"] == 300
    assert '"event": "normalise.committed"' in ended.stderr
    assert content(lake, tmp_path) == content(folder, tmp_path)
    assert newest(lake).run_id.startswith("20260108T020000Z-")

    land(lake, "wistia/events", ["{torn"] * 30)
    lake.put("configuration/reelhouse.yaml", configuration.encode())
    refused = start(glue[0], shipped, server, tmp_path, "--config", config)
    assert refused.returncode == 3
    assert "30 of 30 records cannot be taken" in refused.stderr
    assert newest(lake).sequence == 1
