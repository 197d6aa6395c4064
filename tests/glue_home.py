"""What Glue gives to a job: our wheel, a stand-in for ``awsglue``, its arguments, and AWS's services at one address.

The services are moto's (S3 as ``tests.storage`` mends it, Glue's run properties, Secrets Manager).
"""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.storage import Storage

ROOT = Path(__file__).parents[1]
# What getResolvedOptions promises (awslabs/aws-glue-libs, awsglue/utils.py).
AWSGLUE = """\
import argparse

RESERVED = {"job_bookmark_option", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION", "encryption_type"}


class GlueArgumentError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise GlueArgumentError(message)


def getResolvedOptions(args, options):
    if RESERVED & set(options):
        raise GlueArgumentError("reserved")
    parser = _Parser(allow_abbrev=False)
    for name in sorted({*options, "TempDir", "JOB_NAME"}):
        parser.add_argument("--" + name, required=name in options)
    return vars(parser.parse_known_args(args[1:])[0])
"""


def write_awsglue(folder: Path) -> None:
    """Write the stand-in into a folder of packages."""
    (folder / "awsglue").mkdir(parents=True)
    (folder / "awsglue" / "__init__.py").touch()
    (folder / "awsglue" / "utils.py").write_text(AWSGLUE)


def glue_adds(job: str, attempt: str = "jr_1") -> list[str]:
    """Return the arguments that Glue adds to those of a job."""
    return ["--JOB_NAME", job, "--JOB_ID", "j_1", "--JOB_RUN_ID", attempt, "--TempDir", "s3://temporary/"]


def unpacked_wheel(folder: Path) -> Path:
    """Build our wheel and unpack it: a folder of packages that is no checkout, with the stand-in beside them."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("reelhouse-*.whl")
    packages = folder / "packages"
    with zipfile.ZipFile(wheel) as zipped:
        zipped.extractall(packages)
    write_awsglue(packages)
    return packages


def variables_of(packages: Path, server: Storage) -> dict[str, str]:
    """Return the environment of a process that AWS starts: the packages, the services, and nothing of ours."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("REELHOUSE_", "WISTIA_"))}
    return {**known, "PYTHONPATH": str(packages), "AWS_ENDPOINT_URL": server.endpoint_url}


def start_script(
    job: str, arguments: list[str], packages: Path, server: Storage, folder: Path
) -> "subprocess.CompletedProcess[str]":
    """Start the script of a job as Glue does, in a folder that is not the checkout."""
    script = packages / "orchestration" / "glue" / "scripts" / f"{job}_job.py"
    here = shutil.copy(script, folder)  # its folder comes first where Python looks for packages
    command = [sys.executable, here, *glue_adds(job), *arguments]
    return subprocess.run(
        command, cwd=folder, env=variables_of(packages, server), capture_output=True, text=True, timeout=300
    )
