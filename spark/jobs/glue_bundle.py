"""Builds what a Glue job needs, in a checkout: our wheel, a zip of the wheels that Glue has not, and the script.

``python -m spark.jobs.glue_bundle FOLDER``. Glue takes the zip and the wheel by ``--additional-python-modules`` and,
with ``--python-modules-installer-option --no-index``, asks no registry. A package that Glue has is taken as it is: the
wheels are chosen to go with it, so that installing ours changes nothing that Glue brings.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

RUNTIME = Path(__file__).parent / "glue_runtime.txt"
SCRIPT = Path(__file__).parent / "glue_normalise.py"
ROOT = Path(__file__).parents[2]
ARCHIVE = "reelhouse.gluewheels.zip"
"""Glue unpacks a zip of wheels that is called so (AWS Glue Developer Guide, "Using Python libraries with AWS Glue")."""
# Glue's workers: Amazon Linux 2023, glibc 2.34.
PLATFORM = ("--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64")


def bundle(folder: Path) -> list[Path]:
    """Write the wheel, the zip of wheels and the script into a folder, and return their paths.

    Raises:
        subprocess.CalledProcessError: pip could not build or fetch a wheel; it says why on stderr.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        built, wheels = Path(name) / "built", Path(name) / "wheels"
        _pip("wheel", "--no-deps", "--wheel-dir", str(built), str(ROOT))
        (ours,) = built.glob("*.whl")
        _pip(
            "download", "--only-binary=:all:", *PLATFORM, "--constraint", str(RUNTIME), "--dest", str(wheels), str(ours)
        )
        paths = [folder / ours.name, folder / ARCHIVE, folder / "normalise.py"]
        shutil.copyfile(ours, paths[0])
        _zip([wheel for wheel in sorted(wheels.glob("*.whl")) if not _is_there(wheel, ours)], paths[1])
        shutil.copyfile(SCRIPT, paths[2])
    return paths


def _zip(wheels: list[Path], archive: Path) -> None:
    """Glue looks for ``wheels/requirements.txt`` and the wheels beside it."""
    pins = [f"{name.replace('_', '-')}=={version}" for name, version in map(_named, wheels)]
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("wheels/requirements.txt", "\n".join(pins) + "\n")
        for wheel in wheels:
            zipped.write(wheel, f"wheels/{wheel.name}")


def _is_there(wheel: Path, ours: Path) -> bool:
    """Whether a wheel is not for the zip: it is our own, or Glue has its package."""
    pins = {line.partition("==")[0].lower().replace("-", "_") for line in RUNTIME.read_text().splitlines()}
    return wheel.name == ours.name or _named(wheel)[0].lower() in pins


def _named(wheel: Path) -> tuple[str, str]:
    name, version, *_ = wheel.name.split("-")
    return name, version


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments


if __name__ == "__main__":
    for path in bundle(Path(sys.argv[1])):
        print(path)
