"""The workflows of continuous integration: valid, safe as zizmor sees it, pinned, and with the least rights."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[3] / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
WRITES = {
    "plan.yml": {"id-token", "pull-requests"},
    "release.yml": {"contents"},
    "deploy.yml": {"id-token"},
    "deploy-to.yml": {"id-token"},
}


def tool(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).parent / name), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    ended = tool("zizmor", "--offline", "--no-progress", *map(str, FILES))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    spoiled = tmp_path / ".github" / "workflows" / "ci.yml"
    spoiled.parent.mkdir(parents=True)
    spoiled.write_text((FOLDER / "ci.yml").read_text().replace("08c6903cd8c0fde910a37f88322edcfb5dd907a8", "v5"))
    assert tool("zizmor", "--offline", "--no-progress", str(spoiled)).returncode != 0


def test_github_takes_them() -> None:
    ended = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, FILES))
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_by_hash_and_rights_are_the_least(file: Path) -> None:
    text = file.read_text()
    for used in re.findall(r"uses: (\S+)", text):
        assert used.startswith("./") or re.search(r"@[0-9a-f]{40}$", used), used
    assert "${{ secrets." not in text, "no long-lived keys"
    document: dict[Any, Any] = yaml.safe_load(text)
    assert document["permissions"] in ({}, {"contents": "read"})
    granted = [job.get("permissions", {}) for job in document["jobs"].values()]
    writes = {name for rights in granted for name, right in rights.items() if right == "write"}
    assert writes == WRITES.get(file.name, set())


def test_nothing_of_a_pull_request_from_a_fork_gets_credentials() -> None:
    plan = yaml.safe_load((FOLDER / "plan.yml").read_text())["jobs"]["plan"]
    assert "head.repo.full_name == github.repository" in plan["if"]
    assert not [file.name for file in FILES if "pull_request_target" in file.read_text()]


def test_production_comes_after_staging_and_an_approval_and_all_after_the_checks() -> None:
    jobs = yaml.safe_load((FOLDER / "deploy.yml").read_text())["jobs"]
    assert {name: job.get("needs") for name, job in jobs.items()} == {
        "check": None,
        "staging": "check",
        "approval": "staging",
        "production": "approval",
    }
    assert jobs["approval"]["environment"] == "production-approval", "the environment asks for reviewers"
    steps = yaml.safe_load((FOLDER / "deploy-to.yml").read_text())["jobs"]["deploy"]
    assert steps["environment"] == "${{ inputs.environment }}", "its name is in the subject that the role trusts"


def test_who_waits_for_approval_holds_up_nobody_and_no_deployment_is_cancelled() -> None:
    deploy = yaml.safe_load((FOLDER / "deploy.yml").read_text())
    assert "concurrency" not in deploy, "a group of the whole run is held while it waits for reviewers"
    assert deploy["jobs"]["approval"]["concurrency"] == {"group": "approve-production", "cancel-in-progress": True}
    called = yaml.safe_load((FOLDER / "deploy-to.yml").read_text())["jobs"]["deploy"]["concurrency"]
    assert called == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}
    assert not [name for name in ("staging", "production") if "concurrency" in deploy["jobs"][name]]
