"""The command line as a person meets it: what it refuses, what it says, and how it ends."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from tests.commands import PROGRAM, environment, reelhouse, started
from tests.conftest import ROOT

CASES = yaml.safe_load((ROOT / "tests/cases/orchestration/refused.yaml").read_text())
DEAD = "http://127.0.0.1:9/v1"
SANDBOX = """\
wistia: {base_url: "sandbox:.?profile=small", requests_per_minute: 1000000}
lake: "file:lake"
warehouse: "sandbox:."
"""


@pytest.fixture(scope="module")
def live() -> Iterator[Simulator]:
    with serve(InventedAccount(small(visitors=200, events=150))) as simulator:
        yield simulator


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_what_is_wrong_is_said_before_anything_is_touched(
    case: dict[str, Any], live: Simulator, tmp_path: Path
) -> None:
    config = case.get("config", "{}").replace("LIVE", live.base_url).replace("DEAD", DEAD)
    (tmp_path / "reelhouse.yaml").write_text(config)
    ended = reelhouse(tmp_path, *case.get("arguments", ["run"]), **case.get("environment", {}))
    assert ended.returncode == 2, ended.stderr
    assert re.search(case["says"], ended.stderr), ended.stderr
    assert "Traceback" not in ended.stderr
    assert "planted-token" not in ended.stderr
    assert ended.stdout == ""
    assert not list(tmp_path.rglob("*.gz")), "nothing may have landed"
    assert not list(tmp_path.rglob("runs/*")), "no report of a run that did not start"


def test_a_wrong_token_stops_the_run_and_names_the_permission(live: Simulator, tmp_path: Path) -> None:
    (tmp_path / "reelhouse.yaml").write_text(
        f"{{wistia: {{base_url: '{live.base_url}'}}, lake: 'file:lake', warehouse: 'sandbox:.'}}"
    )
    ended = reelhouse(tmp_path, "run", WISTIA_API_TOKEN="planted-token")
    assert ended.returncode == 3, ended.stderr
    assert "Read all folder and media data" in ended.stderr
    assert "planted-token" not in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr


def test_a_warehouse_that_does_not_answer_costs_no_work_and_is_told_by_the_status(
    live: Simulator, tmp_path: Path
) -> None:
    (tmp_path / "reelhouse.yaml").write_text(
        f"{{wistia: {{base_url: '{live.base_url}', requests_per_minute: 1000000}}, lake: 'file:lake', "
        "warehouse: 'redshift://somebody@127.0.0.1:9/dev'}"
    )
    secrets = {
        "WISTIA_API_TOKEN": live.token,
        "REDSHIFT_PASSWORD": "planted-password",
        "REELHOUSE_PRIVACY__KEY": "planted-key-" * 4,
    }
    ended = reelhouse(tmp_path, "run", "--as-of", "2026-01-08T02:00:00Z", **secrets)
    assert ended.returncode == 2
    assert "no warehouse answers at 127.0.0.1:9/dev" in ended.stderr
    assert "planted-password" not in ended.stderr
    status = json.loads(reelhouse(tmp_path, "status", "--json").stdout)
    assert status["last_run"]["outcome"] == "failed"
    assert status["last_run"]["normalisation"]["sequence"] == 1
    assert status["waits_for_load"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "reelhouse.yaml").write_text(SANDBOX)
    ended = started(folder, "run", "--as-of", "2026-01-08T02:00:00Z")
    assert ended.returncode == 0, ended.stderr
    assert "published" in ended.stdout
    return folder


def committed(home: Path) -> list[Path]:
    """Return what lies in the lake but for reports of runs and what a run tells the others of its requests."""
    files = (home / "lake").rglob("*")
    return sorted(file for file in files if not {"runs", "leases"} & set(file.relative_to(home).parts))


def test_the_same_instant_again_has_nothing_new(home: Path) -> None:
    before = committed(home)
    ended = reelhouse(home, "run", "--as-of", "2026-01-08T02:00:00Z")
    assert ended.returncode == 0, ended.stderr
    assert "nothing new" in ended.stdout
    assert committed(home) == before


def test_elsewhere_than_on_a_terminal_progress_is_json_lines(home: Path) -> None:
    ended = reelhouse(home, "run", "--as-of", "2026-01-09T02:00:00Z")
    events = [json.loads(line)["event"] for line in ended.stderr.splitlines()]
    for name in ("extract.committed", "normalise.committed", "load.committed"):
        assert name in events


def test_json_is_one_document(home: Path) -> None:
    for command in (["status"], ["run", "--as-of", "2026-01-09T02:00:00Z"], ["load"], ["normalise"], ["extract"]):
        ended = reelhouse(home, *command, "--json")
        assert ended.returncode == 0, ended.stderr
        json.loads(ended.stdout)


def test_a_lake_with_another_accounts_data_is_left_alone(home: Path, live: Simulator) -> None:
    ended = reelhouse(home, "run", REELHOUSE_WISTIA__BASE_URL=live.base_url, WISTIA_API_TOKEN=live.token)
    assert ended.returncode == 2
    assert "holds the data of sandbox?profile=small, and 127.0.0.1:" in ended.stderr


def test_a_report_that_was_cut_does_not_hide_the_others(home: Path) -> None:
    (home / "lake" / "runs" / "zzz.json").write_text('{"run_id": "cut')
    (home / "lake" / "runs" / ".DS_Store").write_text("")
    assert "last run: 2026" in reelhouse(home, "status").stdout


def test_json_refuses_to_lose_a_column(home: Path) -> None:
    ended = reelhouse(home, "warehouse", "sql", "select 1 as a, 2 as a", "--json")
    assert ended.returncode == 2
    assert "more than one column is called a" in ended.stderr


def test_sql_is_a_table_for_people_and_a_list_for_programs(home: Path) -> None:
    statement = "select media_id, play_rate_class from mart.media_summary order by 1"
    rows = json.loads(reelhouse(home, "warehouse", "sql", statement, "--json").stdout)
    assert {"media_id", "play_rate_class"} == set(rows[0])
    table = reelhouse(home, "warehouse", "sql", statement).stdout.splitlines()
    assert table[0].split() == ["media_id", "play_rate_class"]
    assert [line.split()[0] for line in table[1:]] == [row["media_id"] for row in rows]


def test_a_wrong_statement_is_one_message(home: Path) -> None:
    ended = reelhouse(home, "warehouse", "sql", "select * from mart.no_such_table")
    assert ended.returncode == 1
    assert "no_such_table" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_the_warehouse_lacks_is_planned_and_applied(home: Path) -> None:
    """A warehouse that was only loaded lacks descriptions and roles."""
    lines = reelhouse(home, "warehouse", "plan").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["change", "comments", "access"]
    script = reelhouse(home, "warehouse", "plan", "--sql").stdout
    assert "comment on column core.dim_media.media_name is 'The title.';" in script
    assert "create role reelhouse_analyst;" in script
    changes = json.loads(reelhouse(home, "warehouse", "plan", "--json").stdout)["changes"]
    assert [change["kind"] for change in changes] == ["comments", "access"]
    assert "roles and rights" in reelhouse(home, "warehouse", "apply").stdout
    assert reelhouse(home, "warehouse", "plan").stdout == "the warehouse is as this release makes it\n"
    ended = reelhouse(home, "warehouse", "apply", "--baseline", "1")
    assert (ended.returncode, ended.stderr.partition(": ")[2][:4]) == (3, "M5: ")


def test_checks_show_what_offends_and_end_with_a_code(home: Path) -> None:
    passed = reelhouse(home, "warehouse", "check")
    assert passed.returncode == 0, passed.stdout
    assert re.search(r"^\d+ of \d+ checks passed$", passed.stdout.splitlines()[-1])
    spoil = "update core.dim_channel set channel_key = {} where channel_key = {}"
    reelhouse(home, "warehouse", "sql", spoil.format(-4, -3))
    failed = reelhouse(home, "warehouse", "check")
    assert failed.returncode == 3
    assert "failed: core.dim_channel: reserved members are present: 1\n  reserved_key=-3\n" in failed.stdout
    assert "checks failed; the rows are shown" in failed.stderr
    out = home / "dictionary"
    assert "with the last results of" in reelhouse(home, "docs", "--out", str(out)).stdout
    table = (out / "tables" / "core.dim_channel.html").read_text(encoding="utf-8")
    assert "1 row offends</span>, all rows, " in table
    reelhouse(home, "warehouse", "sql", spoil.format(-3, -4))


def test_lineage_needs_no_configuration_and_ends_in_the_source(tmp_path: Path) -> None:
    ended = reelhouse(tmp_path, "warehouse", "lineage", "mart.media_summary.play_rate")
    assert [line.split()[0] for line in ended.stdout.splitlines()] == [
        "mart.media_summary.play_rate",
        "core.fct_media_snapshot.play_rate",
        "staging.stg_wistia__media_snapshot.play_rate",
        "wistia/media_stats:",
    ]
    (origin,) = json.loads(reelhouse(tmp_path, "warehouse", "lineage", "mart.top_visitor.play_count", "--json").stdout)
    assert origin["name"] == "mart.top_visitor.play_count"
    wrong = reelhouse(tmp_path, "warehouse", "lineage", "mart.top_visitors")
    assert (wrong.returncode, "did you mean mart.top_visitor?" in wrong.stderr) == (2, True)


def test_the_dictionary_is_written_without_a_configuration(tmp_path: Path) -> None:
    done = reelhouse(tmp_path, "docs", "--out", "site", "--json")
    assert done.returncode == 0, done.stderr
    assert Path(tmp_path / json.loads(done.stdout)["start"]).is_file()


def test_status_tells_streams_and_quarantine(home: Path) -> None:
    text = reelhouse(home, "status").stdout
    for word in ("last run", "wistia/visitors", "wistia/events", "wistia/medias", "wistia/media_stats", "quarantine"):
        assert word in text


@pytest.mark.parametrize("stop", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_a_run_that_is_stopped_says_so_and_the_next_completes_it(stop: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "reelhouse.yaml").write_text(SANDBOX)
    program = [*PROGRAM, "run", "--as-of", "2026-01-08"]
    with subprocess.Popen(program, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr
        for line in running.stderr:
            if "extract.committed" in line:
                running.send_signal(stop)
                break
        rest = running.stderr.read()
    assert running.returncode == 1
    assert "run the same command again" in rest
    assert "Traceback" not in rest
    assert reelhouse(tmp_path, "run", "--as-of", "2026-01-08").returncode == 0
