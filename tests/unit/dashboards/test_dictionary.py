"""The data dictionary says of every table and column what the model files say, and draws every way back."""

import re
from itertools import islice
from pathlib import Path

import pytest

from dashboards.dictionary.drawing import graph_of, ranks
from dashboards.dictionary.entries import bus_matrix, entries
from dashboards.dictionary.site import pages, write
from extract.errors import ConfigurationError
from warehouse_sql.check_log import LastResult
from warehouse_sql.comments import descriptions
from warehouse_sql.lineage import trace

MART = "mart.channel_performance"
FIRST = 10
"""So many pages hold the first marts by name; a drawing of every table takes a while."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs")
    write(out)
    return out


@pytest.mark.long
def test_every_table_and_column_is_there_and_every_link_leads_somewhere(site: Path) -> None:
    for name, described in descriptions().items():
        text = (site / "tables" / f"{name}.html").read_text(encoding="utf-8")
        assert set(described.columns) <= set(re.findall(r'<tr id="([^"]+)"', text))
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r'(?:href|src)="([^"#]+?)(?:#[^"]*)?"', text):
            assert not link.startswith(("http:", "https:", "//")), f"{page.name} asks the net for {link}"
            assert link == "data:," or (page.parent / link).exists(), f"{page.name}: {link}"


def test_what_checks_found_last_stands_beside_them_with_its_time() -> None:
    about = next(check.about for entry in entries() if entry.name == MART for check in entry.checks)
    last = LastResult(MART, about, True, 3, "all rows", "2026-01-15T02:03:04.000000Z")
    texts = dict(islice(pages([last]), FIRST))
    assert "3 rows offend</span>, all rows, 15 Jan 2026, 02:03 UTC" in texts[f"tables/{MART}.html"]
    assert "1 of 1 checks found something" in texts["index.html"]
    unknown = dict(islice(pages(), FIRST))[f"tables/{MART}.html"]
    assert "not asked yet" in unknown
    assert "nothing is published" not in unknown, "no load asks it of a view"


def test_columns_of_views_have_the_types_that_follow_from_their_sql() -> None:
    found = {entry.name: {column.name: column.type for column in entry.columns} for entry in entries()}
    assert found[MART]["activity_date"] == "date"
    assert found[MART]["play_count"] == "bigint"
    assert found["mart.media_engagement_curve"]["drop_off_point_share"] == "double precision"
    untyped = {name for name, columns in found.items() if name.startswith("mart.") and not all(columns.values())}
    assert untyped == set()


def test_the_drawing_has_every_way_back_and_runs_to_the_right() -> None:
    graph, standing = graph_of(MART), ranks(graph_of(MART))
    ends = {end.name for origin in trace(MART) for end in origin.ends()}
    assert ends <= set(graph.nodes)
    assert standing[MART] == max(standing.values())
    assert standing["wistia/events"] == 0
    for source, target in graph.edges:
        one, other = graph.nodes[source].box, graph.nodes[target].box
        assert one == other or standing[one] < standing[other]


def test_the_bus_matrix_tells_keys_from_what_is_read() -> None:
    dimensions, rows = bus_matrix()
    found = {name: dict(zip(dimensions, relations, strict=True)) for name, relations in rows}
    assert found["core.fct_viewing_session"]["core.dim_visitor"] == "key"
    assert found[MART]["core.dim_channel"] == "read"
    assert found["mart.audience_by_place"]["core.dim_device"] == ""


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="did not write"):
        write(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
