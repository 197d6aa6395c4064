"""Builds in a checkout what jobs and functions on AWS need: our wheel, a zip of wheels, scripts, a zip for Lambda.

`python -m orchestration.glue.bundle FOLDER`. Glue takes the zip and the wheel by `--additional-python-modules` and,
with `--python-modules-installer-option --no-index`, asks no registry. A package that Glue has is taken as it is: the
wheels are chosen to go with it, so that installing ours changes nothing that Glue brings. Lambda gets all of them,
unpacked.

The same sources make the same bytes, so that a release can be called by their hash.
"""

import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

from extract.errors import ConfigurationError, ReelhouseError
from orchestration.pipeline_file import SCRIPTS

RUNTIME = Path(__file__).parent / "runtime.txt"
ROOT = Path(__file__).parents[2]
ARCHIVE = "reelhouse.gluewheels.zip"
"""Glue unpacks a zip of wheels that is called so (AWS Glue Developer Guide, "Using Python libraries with AWS Glue")."""
FUNCTIONS = "functions.zip"
# Glue's workers and Lambda's python3.11: glibc 2.34 and 2.26.
PLATFORM = ("--python-version", "3.11", "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64")
_LEFT_OUT = (".dist-info/RECORD", "__pycache__/", "/tests/")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def bundle(folder: Path) -> list[Path]:
    """Write wheel, archives and scripts into a folder, and return their paths.

    Raises:
        ConfigurationError: this is no checkout.
        ReelhouseError: pip could not build or fetch a wheel.
    """
    if not (ROOT / "pyproject.toml").is_file():
        raise ConfigurationError("a release is built from a checkout of reelhouse, and this is an installed package")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        ours, others = _wheels(work)
        paths = [folder / ours.name, folder / ARCHIVE, folder / FUNCTIONS]
        shutil.copyfile(ours, paths[0])
        _zip_wheels([wheel for wheel in others if not _is_there(wheel)], paths[1])
        _zip_functions([ours, *others], paths[2])
    for script in sorted(SCRIPTS.glob("*.py")):
        paths.append(folder / script.name)
        shutil.copyfile(script, paths[-1])
    return paths


def _wheels(work: Path) -> tuple[Path, list[Path]]:
    """Build our wheel and fetch those that it needs, in an environment of their own: not every one has pip."""
    venv.create(work / "environment", with_pip=True)
    python = work / "environment" / "bin" / "python"
    _pip(python, "wheel", "--no-deps", "--wheel-dir", str(work / "built"), str(ROOT))
    (ours,) = (work / "built").glob("*.whl")
    fetched = ("--only-binary=:all:", *PLATFORM, "--constraint", str(RUNTIME), "--dest", str(work / "wheels"))
    _pip(python, "download", *fetched, str(ours))
    return ours, [wheel for wheel in sorted((work / "wheels").glob("*.whl")) if wheel.name != ours.name]


def _zip_wheels(wheels: list[Path], archive: Path) -> None:
    """Glue looks for ``wheels/requirements.txt`` and the wheels beside it."""
    pins = [f"{name.replace('_', '-')}=={version}" for name, version in map(_named, wheels)]
    members = [("wheels/requirements.txt", ("\n".join(pins) + "\n").encode())]
    _write_zip(archive, [*members, *((f"wheels/{wheel.name}", wheel.read_bytes()) for wheel in wheels)])


def _zip_functions(wheels: list[Path], archive: Path) -> None:
    """Unpack wheels into one archive; Lambda takes 250 MB of it, unpacked (Lambda Developer Guide, "Quotas")."""
    _write_zip(archive, (member for wheel in wheels for member in _members(wheel)))


def _members(wheel: Path) -> Iterable[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as zipped:
        for name in sorted(zipped.namelist()):
            if not name.startswith("sandbox/") and not any(part in name for part in _LEFT_OUT):
                yield name, zipped.read(name)


def _write_zip(archive: Path, members: Iterable[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in members:
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, data)


def _is_there(wheel: Path) -> bool:
    """Whether Glue has the package of a wheel."""
    pins = {line.partition("==")[0].lower().replace("-", "_") for line in RUNTIME.read_text().splitlines()}
    return _named(wheel)[0].lower() in pins


def _named(wheel: Path) -> tuple[str, str]:
    name, version, *_ = wheel.name.split("-")
    return name, version


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if ended.returncode:
        reason = (ended.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise ReelhouseError(f"the release cannot be built: pip {arguments[0]} says: {reason}. Nothing was uploaded")


if __name__ == "__main__":
    for path in bundle(Path(sys.argv[1])):
        print(path)
