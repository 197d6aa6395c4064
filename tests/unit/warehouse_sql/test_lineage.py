"""The way back of a column ends in a field of the source, whatever lies between."""

import pytest

from extract.errors import ConfigurationError
from warehouse_sql.lineage import Origin, trace
from warehouse_sql.model import load_models


def shape(origin: Origin) -> object:
    """Return names alone, nested as the origins are."""
    return {origin.name: [shape(source) for source in origin.origins]} if origin.origins else origin.name


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (
            "mart.media_summary.play_rate",
            {
                "mart.media_summary.play_rate": [
                    {
                        "core.fct_media_snapshot.play_rate": [
                            {"staging.stg_wistia__media_snapshot.play_rate": ["wistia/media_stats: play_rate"]}
                        ]
                    }
                ]
            },
        ),
        (
            "core.fct_viewing_session.watch_seconds",
            {
                "core.fct_viewing_session.watch_seconds": [
                    {
                        "core.dim_media.duration_seconds": [
                            {
                                "core.dim_media_observation.duration_seconds": [
                                    {"staging.stg_wistia__media.duration_seconds": ["wistia/medias: duration"]}
                                ]
                            }
                        ]
                    },
                    {
                        "restricted.stg_wistia__viewing_session.percent_viewed": ["wistia/events: percent_viewed"],
                    },
                ]
            },
        ),
        (
            "mart.media_daily_performance.session_count",
            {
                "mart.media_daily_performance.session_count": [
                    {
                        "mart.media_daily_total.session_count": [
                            {"rows of core.fct_viewing_session": ["wistia/events: each record"]}
                        ]
                    }
                ]
            },
        ),
        (
            "staging.stg_wistia__media_engagement.bucket",
            {
                "staging.stg_wistia__media_engagement.bucket": [
                    "wistia/media_engagement: place in engagement_data, rewatch_data"
                ]
            },
        ),
        (
            "core.dim_visitor._extracted_at",
            {
                "core.dim_visitor._extracted_at": [
                    "core.dim_visitor._extracted_at",  # of a visitor that only a session names it stays
                    {"restricted.stg_wistia__visitor._extracted_at": ["wistia/visitors: sent_at of the request"]},
                ]
            },
        ),
        ("core.dim_date.day_name", {"core.dim_date.day_name": ["the SQL: generated there"]}),
    ],
)
def test_a_column_is_followed_to_the_fields_that_it_is_made_of(column: str, expected: object) -> None:
    (origin,) = trace(column)
    assert shape(origin) == expected


def test_a_table_shows_all_its_columns_and_names_of_any_case_are_understood() -> None:
    assert [origin.name.rpartition(".")[2] for origin in trace("Mart.Audience_Segment")] == [
        name for name, _ in load_models()["mart.audience_segment"].columns
    ]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mart.media_sumary.play_rate", "no table mart.media_sumary; did you mean mart.media_summary?"),
        ("mart.media_summary.playrate", "mart.media_summary has no column playrate; did you mean play_rate?"),
        ("nothing", "no table nothing."),
    ],
)
def test_what_is_not_there_is_told(name: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        trace(name)


@pytest.mark.long
@pytest.mark.parametrize("table", load_models())
def test_every_way_back_ends_outside_of_the_warehouse(table: str) -> None:
    for origin in trace(table):
        ends = list(origin.ends())
        for end in ends:
            is_field = ": " in end.name or end.about == "as it is already"
            assert is_field or end.name.startswith(("rows of ", "the load ")), origin.name
        # Only days, which are the calendar's, and the names of periods are made of nothing.
        if {end.name for end in ends} == {"the SQL: generated there"}:
            assert "core.dim_date" in origin.name or origin.name.endswith(("activity_date", "period_name"))
