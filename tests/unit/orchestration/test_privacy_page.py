"""The page for the data protection officer says all that the declarations say."""

from extract.settings import Retention, Settings
from orchestration.privacy_page import privacy_page
from spark.contracts import load_contracts
from warehouse_sql.access import load_access

PAGE = privacy_page(
    Settings(retention=Retention(raw={"wistia/events": 730}, quarantine={"all": 30}, restricted={"wistia/events": 365}))
)


def test_every_personal_column_role_and_restricted_table_is_on_it() -> None:
    for contract in load_contracts().values():
        for column in contract.mapped:
            assert (f"| {contract.stream} | {column.name} |" in PAGE) == column.personal
    for name, role in load_access().roles.items():
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| {name} |"))
        assert line.endswith("| yes |" if "restricted" in role.grants else "| no |")
    for table in ("visitor_identity", "session_location", "user_profile"):
        assert f"| restricted.{table} |" in PAGE


def test_for_how_long_follows_from_the_settings() -> None:
    assert "| raw/wistia/events | as the source wrote it | 730 days |" in PAGE
    assert "| raw/wistia/visitors | as the source wrote it | until erased |" in PAGE
    assert "; its age is that of `received_at` | 365 days |" in PAGE
    assert "; its age is that of `last_active_at` | until erased |" in PAGE
    assert "restricted.stg_wistia__viewing_session | the last load, as it came | until the next load, 365 days" in PAGE
    assert "| quarantine/wistia/visitors | records that could not be taken | 30 days |" in PAGE


def test_what_knows_a_person_by_an_id_alone_is_on_it_too() -> None:
    for place in ("raw/streampulse/playback", "landing/streampulse/playback", "core.fct_playback", "core.dim_visitor"):
        assert f"| {place} |" in PAGE
    assert "| core.user_content_day |" in PAGE
    assert "| mart.media_daily_total |" not in PAGE


def test_how_to_ask_and_what_is_not_reached_is_on_it() -> None:
    for option in ("--visitor KEY", "--email ADDRESS", "--user ID"):
        assert f"reelhouse forget {option}" in PAGE
    assert "recovery points of the warehouse" in PAGE
