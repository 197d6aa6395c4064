"""QuickSight as code: every column is one of the marts, every request is one that QuickSight's model takes."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import yaml
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.stub import Stubber
from botocore.validate import ParamValidator

from dashboards.app.theme import LESS, PAGES
from dashboards.quicksight import Asset, Installation, Request, asked_for, assets, deploy, leftover, remove, requests
from dashboards.quicksight.columns import columns_in, stacked
from dashboards.quicksight.declaration import FILE, Declaration, load_declaration
from dashboards.quicksight.expressions import change, plain, present, previous, references
from dashboards.quicksight.refresh import ingestions
from dashboards.quicksight.resolve import unresolved
from dashboards.quicksight.tables import conditions
from extract.errors import ReelhouseError
from warehouse_sql.model import load_models

HOME = Installation(
    account="123456789012",
    region="eu-west-1",
    host="default-workgroup.123456789012.eu-west-1.redshift-serverless.amazonaws.com",
    database="dev",
    secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:reelhouse/dashboard-AbCdEf",
    vpc_connection_arn="arn:aws:quicksight:eu-west-1:123456789012:vpcConnection/reelhouse",
    readers=("arn:aws:quicksight:eu-west-1:123456789012:group/default/marketing",),
    authors=("arn:aws:quicksight:eu-west-1:123456789012:group/default/analysts",),
    access={"marketing": ("Facebook", "YouTube"), "management": ()},
)
DECLARED = load_declaration()
ASKED = requests(HOME)


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client("quicksight", "eu-west-1", aws_access_key_id="none", aws_secret_access_key="none")


def shape_of(client: Any, operation: str) -> StructureShape:
    """Return the shape of what an operation takes."""
    name = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(name).input_shape
    assert isinstance(shape, StructureShape)
    return shape


def breaches(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield where a value is beyond a limit that the model documents: botocore itself looks at few of them."""
    for name, each, inner in parts(shape, value):
        yield from breaches(inner, each, f"{path}.{name}")
    if isinstance(shape, ListShape | StringShape):
        if not shape.metadata.get("min", 0) <= len(value) <= shape.metadata.get("max", len(value)):
            yield f"{path}: a length of {len(value)}"
    elif isinstance(value, int | float) and not shape.metadata.get("min", value) <= value:
        yield f"{path}: {value}"
    if isinstance(shape, StringShape):
        yield from (f"{path}: {value} {words}" for words in wrong_text(shape, value))


def parts(shape: Shape, value: Any) -> Iterator[tuple[str, Any, Shape]]:
    """Yield what a value is made of, with the shapes that it should have."""
    if isinstance(shape, StructureShape):
        yield from ((name, each, shape.members[name]) for name, each in value.items())
    elif isinstance(shape, ListShape):
        yield from ((str(number), each, shape.member) for number, each in enumerate(value))
    elif isinstance(shape, MapShape):
        yield from ((key, each, shape.value) for key, each in value.items())


def wrong_text(shape: StringShape, value: str) -> Iterator[str]:
    """Yield what is wrong with a text."""
    if shape.enum and value not in shape.enum:
        yield f"is none of {shape.enum}"
    pattern = re.sub(r"\\p\{[^}]+\}", r"\\w", shape.metadata.get("pattern", ""))
    if not re.search(pattern, value):
        yield f"does not match {pattern}"


@pytest.mark.parametrize("request_", ASKED, ids=[f"{asked.kind} {asked.name}" for asked in ASKED])
def test_a_request_is_one_that_quicksight_takes(client: Any, request_: Request) -> None:
    shape = shape_of(client, request_.operation)
    assert ParamValidator().validate(request_.arguments, shape).generate_report() == ""
    assert list(breaches(shape, request_.arguments, request_.operation)) == []


def test_limits_are_looked_at(client: Any) -> None:
    shape = shape_of(client, "create_theme")
    found = [*breaches(shape, {"ThemeId": "x" * 513, "AwsAccountId": "12"}, "theme")]
    assert [breach.split(":")[0] for breach in found] == ["theme.ThemeId", "theme.AwsAccountId", "theme.AwsAccountId"]


def identifiers(found: Any) -> Iterator[tuple[str, str]]:
    """Yield the dataset and column of every reference in a definition."""
    if isinstance(found, dict):
        if {"DataSetIdentifier", "ColumnName"} <= found.keys():
            yield found["DataSetIdentifier"], found["ColumnName"]
        for value in found.values():
            yield from identifiers(value)
    elif isinstance(found, list):
        for value in found:
            yield from identifiers(value)


def coloured(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the conditions under which visuals are coloured, each with the dataset of its visual."""
    for sheet in definition["Sheets"]:
        for visual in sheet["Visuals"]:
            (dataset,) = {dataset for dataset, _ in identifiers(visual)}
            yield from ((dataset, condition) for condition in conditions(visual))


def strangers(declared: Declaration, definition: dict[str, Any]) -> set[str]:
    """Return what a definition refers to and no mart has, resolved through the SQL of the marts."""
    fields = {(each["DataSetIdentifier"], each["Name"]) for each in definition["CalculatedFields"]}
    known = {(name, column) for name, each in declared.datasets.items() for column in columns_in(each)}
    used = set(identifiers(definition)) | {
        (each["DataSetIdentifier"], column)
        for each in definition["CalculatedFields"]
        for column in references(each["Expression"])
    }
    used |= {(dataset, column) for dataset, condition in coloured(definition) for column in references(condition)}
    return {f"{dataset}.{column}" for dataset, column in used - known - fields}


def test_every_column_that_is_used_is_one_of_the_marts() -> None:
    for request in ASKED:
        if "Definition" in request.arguments:
            assert strangers(DECLARED, request.arguments["Definition"]) == set()


def test_a_renamed_column_is_found() -> None:
    definition = next(request.arguments["Definition"] for request in ASKED if request.kind == "dashboard")
    broken = {**definition, "CalculatedFields": [
        {**each, "Expression": each["Expression"].replace("{play_count}", "{plays}")}
        for each in definition["CalculatedFields"]
    ]}  # fmt: skip
    assert strangers(DECLARED, broken) == {"activity.plays"}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("play_rate, visitor_count]", "rate, visitor_count]",
         "measure Play rate since the medias were made: the dataset medias has no column rate"),
        ("values: [hours_watched]", "values: [hours]",
         "page overview, Hours watched by day: the dataset activity has no column hours"),
        ("at_least: [drop_off_point_share", "at_least: [gone",
         "page media, Where most leave: the dataset curves has no column gone"),
        ("{State} <> ", "{Stale} <> ",
         "page overview, Until when the data is complete: the dataset currency has no column Stale"),
        ("media_name: Media}", "title: Media}",
         "page overview, filter Media: the dataset currency has no column title"),
        ("{loaded_at}", "{at}", "field State: the dataset currency has no column at"),
        ("play_count, load_count, hours_watched,", "plays, load_count, hours_watched,",
         "dataset activity: mart.media_daily_performance has no column plays"),
    ],
)  # fmt: skip
def test_a_column_that_no_mart_has_is_told_with_what_uses_it(old: str, new: str, told: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    assert unresolved(Declaration.model_validate(yaml.safe_load(text.replace(old, new))))[0] == told


def test_what_is_declared_is_in_the_marts() -> None:
    assert unresolved(DECLARED) == ()


@pytest.mark.parametrize("name", DECLARED.datasets)
def test_a_dataset_has_the_columns_of_its_mart_and_their_types(name: str) -> None:
    declared = DECLARED.datasets[name]
    columns = columns_in(declared)
    if declared.mart:
        assert list(columns) == [column for column, _ in load_models()[f"mart.{declared.mart}"].columns]
    if declared.incremental:
        assert columns[declared.incremental.column] == "DATETIME"
    if declared.secured:
        assert columns["channel_name"] == "STRING"


def test_what_has_channels_is_shown_by_channel() -> None:
    open_ = {
        name for name, each in DECLARED.datasets.items() if "channel_name" in columns_in(each) and not each.secured
    }
    assert open_ == set()


def test_rules_of_rows_are_text_that_cannot_be_left() -> None:
    rules = next(asked for asked in ASKED if asked.name == "channel_access").arguments
    text = rules["PhysicalTableMap"]["mart"]["CustomSql"]["SqlQuery"]
    assert "cast('Facebook,YouTube' as varchar(2047))" in text
    odd = Installation(**{**vars_of(HOME), "access": {"o'brien": ("it's",)}})
    (text,) = [asked.arguments["PhysicalTableMap"]["mart"]["CustomSql"]["SqlQuery"] for asked in requests(odd)[1:2]]
    assert "cast('o''brien' as varchar(256))" in text
    with pytest.raises(ValueError, match="comma"):
        requests(Installation(**{**vars_of(HOME), "access": {"all": ("a,b",)}}))


def vars_of(home: Installation) -> dict[str, Any]:
    """Return the fields of an installation."""
    return {name: getattr(home, name) for name in home.__dataclass_fields__}


def test_without_rules_every_reader_sees_every_row() -> None:
    plain = requests(Installation(**{**vars_of(HOME), "access": {}}))
    assert not [
        asked for asked in plain if "RowLevelPermissionDataSet" in asked.arguments or asked.name == "channel_access"
    ]


def test_limits_of_quicksight_are_kept() -> None:
    definition = next(request.arguments["Definition"] for request in ASKED if request.kind == "analysis")
    assert len(definition["Sheets"]) <= 20
    assert len(definition["DataSetIdentifierDeclarations"]) <= 50
    assert all(len(sheet["Visuals"]) <= 75 for sheet in definition["Sheets"])
    ids = [next(iter(visual.values()))["VisualId"] for sheet in definition["Sheets"] for visual in sheet["Visuals"]]
    assert len(set(ids)) == len(ids)
    filters = {group["FilterGroupId"] for group in definition["FilterGroups"]}
    assert len(filters) == len(definition["FilterGroups"])
    for sheet in definition["Sheets"]:
        for control in sheet.get("FilterControls", ()):
            assert control["Dropdown"]["SourceFilterId"] in filters


def test_pages_are_those_of_the_application() -> None:
    from dashboards.app import main

    assert [sheet.title for sheet in DECLARED.sheets.values()] == [title for title, *_ in main.PAGES]


def page_of(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a sheet of the dashboard, and the groups of filters that are for it."""
    definition = next(request.arguments["Definition"] for request in ASKED if request.kind == "dashboard")
    (sheet,) = (sheet for sheet in definition["Sheets"] if sheet["SheetId"] == name)
    groups = [group for group in definition["FilterGroups"] if group["FilterGroupId"].startswith(f"{name}-")]
    return sheet, groups


def test_a_choice_is_made_once_and_is_for_all_that_a_page_shows_of_days_and_visitors() -> None:
    sheet, groups = page_of("overview")
    assert [control["Dropdown"]["Title"] for control in sheet["FilterControls"]] == ["Channel", "Media"]
    chosen = {group["FilterGroupId"]: group["CrossDataset"] for group in groups if "name" in group["FilterGroupId"]}
    assert chosen == {"overview-channel-name": "ALL_DATASETS", "overview-media-name": "ALL_DATASETS"}
    assert {"channel_name", "media_name"} <= columns_in(DECLARED.datasets["activity"]).keys()
    (control,) = page_of("media")[0]["FilterControls"]
    assert control["Dropdown"]["Type"] == "SINGLE_SELECT", "curves of several medias do not add"


def titled(sheet: str) -> dict[str, dict[str, Any]]:
    """Return the visuals of a sheet by their titles."""
    found = (next(iter(visual.items())) for visual in page_of(sheet)[0]["Visuals"])
    return {visual["Title"]["FormatText"]["PlainText"]: visual | {"Kind": kind} for kind, visual in found}


def test_what_one_chart_shows_is_one_dataset_of_several_marts_that_share_days_and_names_alone() -> None:
    parts = DECLARED.datasets["activity"].parts
    shared = set.intersection(*(set(names) for names in parts.values()))
    assert shared == {"activity_date", "media_id", "media_name", "channel_name"}
    chart = titled("overview")["Plays and visitors"]["ChartConfiguration"]
    wells = chart["FieldWells"]["ComboChartAggregatedFieldWells"]
    shown = [field["NumericalMeasureField"]["Column"] for name in ("BarValues", "LineValues") for field in wells[name]]
    assert [column["ColumnName"] for column in shown] == ["Plays, shown", "Visitors, shown"]
    text = stacked(parts).lower()
    assert text.count("union all") == 1
    assert re.search(r"cast\(null as varchar\(\d+\)\) as visitor_id.*\nfrom mart.media_daily_performance", text)


def test_cards_of_the_newest_day_draw_all_days_of_the_period() -> None:
    card = titled("overview")["Plays, newest day"]
    assert card["ChartConfiguration"]["KPIOptions"]["Sparkline"]["Visibility"] == "VISIBLE"
    assert [*card["ChartConfiguration"]["FieldWells"]["TrendGroups"][0]] == ["DateDimensionField"]
    (days,) = (group for group in page_of("overview")[1] if group["FilterGroupId"] == "overview-days-activity")
    (scope,) = days["ScopeConfiguration"]["SelectedSheets"]["SheetVisualScopingConfigurations"]
    assert card["VisualId"] in scope["VisualIds"]
    assert titled("overview")["Plays"]["VisualId"] not in scope["VisualIds"], "it compares two periods"


def test_every_page_says_whether_its_data_is_stale_as_the_application_does() -> None:
    from dashboards.app.choices import STALE_AFTER

    assert f"> {STALE_AFTER.total_seconds() / 3600:.0f}," in DECLARED.fields["State"].expression
    for name in DECLARED.sheets:
        first = next(iter(titled(name).values()))
        assert first["Kind"] == "TableVisual"
        assert [*conditions({"TableVisual": first})] == ["{State} <> 'Up to date'"]


def test_a_fall_is_coloured_otherwise_than_a_rise_on_light_and_on_dark_pages() -> None:
    def colours(page: str) -> set[str]:
        (dashboard,) = (asked for asked in ASKED if (asked.kind, asked.name) == ("dashboard", page))
        return set(re.findall(r'"Color": "(#[0-9A-F]{6})"', json.dumps(dashboard.arguments["Definition"])))

    assert {LESS["light"].upper(), PAGES["light"].series[0].upper()} <= colours("pages")
    assert {LESS["dark"].upper(), PAGES["dark"].series[0].upper()} <= colours("pages-dark")
    assert not colours("pages") & colours("pages-dark")


def test_a_curve_shows_who_is_there_who_watches_again_and_where_they_leave() -> None:
    curve = titled("media")["Engagement curve of the media that is chosen"]["ChartConfiguration"]
    lines = [line["DataConfiguration"]["StaticConfiguration"]["Value"] for line in curve["ReferenceLines"]]
    assert lines == [0.5, 0.25]
    leaving = titled("media")["Where most leave"]
    assert leaving["ChartConfiguration"]["SortConfiguration"]["RowSort"][0]["ColumnSort"]["Direction"] == "DESC"
    (points,) = (group for group in page_of("media")[1] if group["FilterGroupId"].endswith("-range"))
    shown = points["Filters"][0]["NumericRangeFilter"]
    assert (shown["Column"]["ColumnName"], shown["NullOption"]) == ("drop_off_point_share", "NON_NULLS_ONLY")


def test_a_card_that_has_no_days_compares_with_nothing() -> None:
    cards = {
        next(iter(visual.values()))["Title"]["FormatText"]["PlainText"]: visual["KPIVisual"]["ChartConfiguration"]
        for visual in page_of("overview")[0]["Visuals"]
        if "KPIVisual" in visual
    }
    assert set(cards["Plays"]["FieldWells"]) == {"Values", "TargetValues"}
    rate = cards["Play rate since the medias were made"]
    assert set(rate["FieldWells"]) == {"Values"}
    assert "Comparison" not in rate["KPIOptions"]


def test_figures_have_their_definitions_and_readable_names() -> None:
    sheet, _ = page_of("audience")
    visuals = {
        (found := next(iter(visual.values())))["Title"]["FormatText"]["PlainText"]: found for visual in sheet["Visuals"]
    }
    told = visuals["Sessions by country"]["Subtitle"]["FormatText"]["PlainText"]
    assert told == "Session count: Viewing sessions received on that day."
    heads = visuals["Top visitors"]["ChartConfiguration"]["FieldOptions"]["SelectedFieldOptions"]
    assert [head["CustomLabel"] for head in heads[:3]] == ["Visitor rank", "Visitor id", "Play count"]
    (glossary,) = sheet["TextBoxes"]
    assert "Visitor rank: " in glossary["Content"]


def test_visuals_of_a_page_do_not_overlap() -> None:
    definition = next(request.arguments["Definition"] for request in ASKED if request.kind == "dashboard")
    for sheet in definition["Sheets"]:
        taken: set[tuple[int, int]] = set()
        for place in sheet["Layouts"][0]["Configuration"]["GridLayout"]["Elements"]:
            cells = {
                (row, column)
                for row in range(place["RowIndex"], place["RowIndex"] + place["RowSpan"])
                for column in range(place["ColumnIndex"], place["ColumnIndex"] + place["ColumnSpan"])
            }
            assert not taken & cells
            assert place["ColumnIndex"] + place["ColumnSpan"] <= 36
            taken |= cells


def test_a_measure_is_of_the_period_and_of_the_one_before() -> None:
    plays = DECLARED.measures["Plays"]
    assert present(plays) == (
        "sum(ifelse({activity_date} >= ${FirstDay} AND {activity_date} <= ${LastDay}, {play_count}, NULL))"
    )
    assert references(previous(plays)) == {"activity_date", "play_count"}
    assert present(DECLARED.measures["Visitors"]).startswith("distinct_count(")
    assert " / nullIf(sum(" in present(DECLARED.measures["Engagement"])
    assert plain(DECLARED.measures["Plays per load"]) == "sum({play_count}) / nullIf(sum({load_count}), 0)"
    assert plain(DECLARED.measures["Play rate since the medias were made"]) == (
        "sum({play_rate} * {visitor_count}) / nullIf(sum(ifelse(isNotNull({play_rate}), {visitor_count}, NULL)), 0)"
    )
    assert plain(DECLARED.measures["Sessions per visitor"]) == (
        "sum({session_count}) / nullIf(distinct_count({visitor_id}), 0)"
    )
    assert plain(DECLARED.measures["Still there"]) == "avg({retention_share})"


def test_a_change_is_a_share_of_the_period_before_and_of_shares_in_points() -> None:
    plays, engagement = DECLARED.measures["Plays"], DECLARED.measures["Engagement"]
    assert change(plays) == f"(({present(plays)}) - ({previous(plays)})) / nullIf({previous(plays)}, 0)"
    assert change(engagement) == f"({present(engagement)}) - ({previous(engagement)})"


def test_what_has_days_is_read_by_its_window_and_all_else_whole() -> None:
    found = ingestions(HOME.account, "reelhouse", datetime(2026, 1, 18, 2, tzinfo=UTC))
    windows = {each["DataSetId"] for each in found if each["IngestionType"] == "INCREMENTAL_REFRESH"}
    assert windows == {"reelhouse-activity"}


def ready(kind: str, **more: Any) -> dict[str, Any]:
    """Return QuickSight's word that an asset is made."""
    status = {"Version": {"Status": "CREATION_SUCCESSFUL", "VersionNumber": 2}} if kind in ("Theme", "Dashboard") else {
        "Status": "UPDATE_SUCCESSFUL"}  # fmt: skip
    return {kind: {**status, **more}, "RequestId": "1", "Status": 200}


LEFT = {"Principal": "arn:aws:quicksight:eu-west-1:123456789012:user/default/who-left", "Actions": ["quicksight:X"]}


def test_who_may_look_at_nothing_any_more_is_let_go_where_nobody_shall(client: Any) -> None:
    closed = requests(Installation(**{**vars_of(HOME), "readers": ()}))
    dashboard = next(asked for asked in closed if asked.kind == "dashboard")
    with Stubber(client) as stub:
        stub.add_client_error("create_dashboard", "ResourceExistsException")
        stub.add_response("update_dashboard", {"RequestId": "1"})
        stub.add_response("describe_dashboard_permissions", {"Permissions": [LEFT]})
        stub.add_response(
            "update_dashboard_permissions",
            {"RequestId": "1"},
            {"AwsAccountId": HOME.account, "DashboardId": "reelhouse-pages", "RevokePermissions": [LEFT]},
        )
        stub.add_response("describe_dashboard", ready("Dashboard"))
        stub.add_response("update_dashboard_published_version", {"RequestId": "1"})
        deploy(client, [dashboard], lambda _: None, sleep=lambda _: None)
        stub.assert_no_pending_responses()


def test_what_is_there_is_updated_and_a_dashboard_published(client: Any) -> None:
    dashboard = next(asked for asked in ASKED if asked.kind == "dashboard")
    told: list[str] = []
    with Stubber(client) as stub:
        stub.add_client_error("create_dashboard", "ResourceExistsException")
        stub.add_response("update_dashboard", {"RequestId": "1"})
        stub.add_response(
            "describe_dashboard_permissions", {"Permissions": [*dashboard.arguments["Permissions"], LEFT]}
        )
        stub.add_response(
            "update_dashboard_permissions",
            {"RequestId": "1"},
            {
                "AwsAccountId": HOME.account,
                "DashboardId": "reelhouse-pages",
                "GrantPermissions": dashboard.arguments["Permissions"],
                "RevokePermissions": [LEFT],
            },
        )
        stub.add_response("describe_dashboard", ready("Dashboard"))
        stub.add_response(
            "update_dashboard_published_version",
            {"RequestId": "1"},
            {"AwsAccountId": HOME.account, "DashboardId": "reelhouse-pages", "VersionNumber": 2},
        )
        deploy(client, [dashboard], told.append, sleep=lambda _: None)
        stub.assert_no_pending_responses()
    assert told == ["updated: dashboard pages"]


@pytest.mark.parametrize("request_", ASKED, ids=[f"{asked.kind} {asked.name}" for asked in ASKED])
def test_an_update_takes_what_is_asked(client: Any, request_: Request) -> None:
    if not request_.operation.startswith("create_"):
        return
    from dashboards.quicksight.deploy import _MADE_ALONE

    shape = shape_of(client, request_.operation.replace("create_", "update_"))
    arguments = {name: value for name, value in request_.arguments.items() if name not in _MADE_ALONE}
    assert ParamValidator().validate(arguments, shape).generate_report() == ""
    assert set(arguments) <= set(shape.members)


def test_what_quicksight_cannot_make_is_told(client: Any) -> None:
    source = ASKED[0]
    failed = {"DataSource": {"Status": "CREATION_FAILED", "ErrorInfo": {"Type": "TIMEOUT", "Message": "no way in"}},
              "RequestId": "1", "Status": 200}  # fmt: skip
    with Stubber(client) as stub:
        stub.add_response(
            "create_data_source", {"RequestId": "1", "Status": 202, "CreationStatus": "CREATION_IN_PROGRESS"}
        )
        stub.add_response("describe_data_source", failed)
        with pytest.raises(ReelhouseError, match=r"could not make the data source warehouse: .*no way in"):
            deploy(client, [source], print, sleep=lambda _: None)


def listing(**of_kind: list[dict[str, str]]) -> list[tuple[str, dict[str, Any]]]:
    """Return QuickSight's lists of what there is, in the order in which they are asked for."""
    names = {
        "list_dashboards": "DashboardSummaryList",
        "list_analyses": "AnalysisSummaryList",
        "list_themes": "ThemeSummaryList",
        "list_data_sets": "DataSetSummaries",
        "list_data_sources": "DataSources",
    }
    return [(operation, {name: of_kind.get(name, []), "RequestId": "1"}) for operation, name in names.items()]


def test_what_is_there_is_known_by_its_id_and_what_others_made_is_not_ours(client: Any) -> None:
    there = listing(
        DashboardSummaryList=[{"DashboardId": "reelhouse-pages"}, {"DashboardId": "of-somebody"}],
        AnalysisSummaryList=[{"AnalysisId": "reelhouse-pages", "Status": "DELETED"}],
        DataSetSummaries=[
            {"DataSetId": "reelhouse-old"},
            {"DataSetId": "reelhouse-activity"},
            {"DataSetId": "reelhousing"},
        ],
    )
    with Stubber(client) as stub:
        for operation, answer in there:
            stub.add_response(operation, answer)
        found = assets.present(client, HOME.account, "reelhouse")
    assert found == (
        Asset("dashboard", "reelhouse-pages"),
        Asset("dataset", "reelhouse-activity"),
        Asset("dataset", "reelhouse-old"),
    )
    assert leftover(ASKED, found) == (Asset("dataset", "reelhouse-old"),)


def test_every_asset_is_removed_after_those_that_are_made_of_it(client: Any) -> None:
    """The requests are in the order in which assets are made of each other."""
    there = tuple(reversed(asked_for(ASKED)))
    told: list[str] = []
    with Stubber(client) as stub:
        for asset in there:
            operation = f"delete_{asset.kind.replace('data source', 'data_source').replace('dataset', 'data_set')}"
            if asset.kind == "theme":
                stub.add_client_error(operation, "ResourceNotFoundException")
            else:
                stub.add_response(operation, {"RequestId": "1"})
        remove(client, HOME.account, there, told.append)
        stub.assert_no_pending_responses()
    assert len(told) == len(there) - sum(asset.kind == "theme" for asset in there)
    assert told[:2] == ["removed: dashboard reelhouse-pages-dark", "removed: dashboard reelhouse-pages"]
