"""The definition of analysis and dashboard: sheets with their visuals, filters, controls and layout."""

from collections.abc import Iterator

from dashboards.quicksight.columns import columns_in
from dashboards.quicksight.declaration import Declaration, Sheet, Visual, load_declaration
from dashboards.quicksight.drawing import BEFORE, CHANGE, DAY, PERIOD, SHOWN, Json, calculated, has_days, when_of
from dashboards.quicksight.expressions import FROM, TO, change, plain, present, previous
from dashboards.quicksight.installation import Installation
from dashboards.quicksight.visuals import glossary, visual

_GRID = 36
"""Columns of a grid layout ("GridLayoutConfiguration", Amazon QuickSight API Reference)."""
_SPANS = {"kpi": (6, 6), "newest": (6, 8), "compared": (36, 12), "table": (36, 12), "state": (36, 4)}
_GLOSSARY = (36, 14)
_USUAL = (18, 12)
_DEFAULTS = {
    FROM: "addDateTime(-30, 'DD', truncDate('DD', now()))",
    TO: "addDateTime(-1, 'DD', truncDate('DD', now()))",
}
_LABELS = {FROM: "From", TO: "To"}


def definition(installation: Installation, page: str) -> Json:
    """Return the definition for a light or a dark page; the usual period is the thirty days up to yesterday (UTC)."""
    declaration = load_declaration()
    return {
        "DataSetIdentifierDeclarations": [
            {"Identifier": name, "DataSetArn": installation.arn("dataset", name)} for name in declaration.datasets
        ],
        "CalculatedFields": list(_calculated_fields(declaration)),
        "ParameterDeclarations": [_parameter(name, expression) for name, expression in _DEFAULTS.items()],
        "FilterGroups": [
            group for name, sheet in declaration.sheets.items() for group in _filters(declaration, name, sheet)
        ],
        "Sheets": [_sheet(declaration, name, sheet, page) for name, sheet in declaration.sheets.items()],
        "Options": {"Timezone": "UTC", "WeekStart": "MONDAY"},
    }


def _calculated_fields(declaration: Declaration) -> Iterator[Json]:
    for name, field in declaration.fields.items():
        yield {"DataSetIdentifier": field.dataset, "Name": name, "Expression": field.expression}
    written = {PERIOD: present, BEFORE: previous, CHANGE: change, SHOWN: plain}
    used = {
        (name, when)
        for sheet in declaration.sheets.values()
        for each in sheet.visuals
        for name in each.measured
        for when in when_of(declaration, each)
    }
    for name, when in sorted(used):
        measure = declaration.measures[name]
        yield {
            "DataSetIdentifier": measure.dataset,
            "Name": calculated(name, when),
            "Expression": written[when](measure),
        }


def _parameter(name: str, expression: str) -> Json:
    return {
        "DateTimeParameterDeclaration": {
            "Name": name,
            "TimeGranularity": "DAY",
            "DefaultValues": {"RollingDate": {"Expression": expression}},
        }
    }


def _sheet(declaration: Declaration, name: str, sheet: Sheet, page: str) -> Json:
    found: Json = {
        "SheetId": name,
        "Name": sheet.title,
        "Title": sheet.title,
        "ContentType": "INTERACTIVE",
        "Visuals": [visual(declaration, name, number, each, page) for number, each in enumerate(sheet.visuals)],
        "TextBoxes": [{"SheetTextBoxId": f"{name}-glossary", "Content": glossary(declaration, sheet)}],
        "Layouts": [{"Configuration": {"GridLayout": {"Elements": list(_places(name, sheet))}}}],
    }
    if _days(declaration, sheet):
        found["ParameterControls"] = [_date_control(name, parameter) for parameter in _DEFAULTS]
    controls = list(_controls(name, sheet))
    if controls:
        found["FilterControls"] = controls
    return found


def _places(name: str, sheet: Sheet) -> Iterator[Json]:
    """Yield where each visual stands: from left to right, a new line where there is no room or cards are at an end."""
    row, column, height = 0, 0, 0
    for number, each in enumerate(sheet.visuals):
        width, rows = _SPANS.get(each.kind, _USUAL)
        if column + width > _GRID or (number and rows != height):
            row, column, height = row + height, 0, 0
        yield {
            "ElementId": f"{name}-{number}",
            "ElementType": "VISUAL",
            "ColumnIndex": column,
            "ColumnSpan": width,
            "RowIndex": row,
            "RowSpan": rows,
        }
        column, height = column + width, max(height, rows)
    width, rows = _GLOSSARY
    yield {
        "ElementId": f"{name}-glossary",
        "ElementType": "TEXT_BOX",
        "ColumnIndex": 0,
        "ColumnSpan": width,
        "RowIndex": row + height,
        "RowSpan": rows,
    }


def _date_control(sheet: str, parameter: str) -> Json:
    return {
        "DateTimePicker": {
            "ParameterControlId": f"{sheet}-{parameter}",
            "Title": _LABELS[parameter],
            "SourceParameterName": parameter,
        }
    }


def _filters(declaration: Declaration, name: str, sheet: Sheet) -> Iterator[Json]:
    """Yield the filters of a sheet: by the period, by what is chosen, and by what a visual shows at most."""
    for dataset, visuals in _days(declaration, sheet).items():
        yield _group(f"{name}-days-{dataset}", name, _period(f"{name}-days-{dataset}", dataset), visuals)
    for column in sheet.filters:
        filter_id = _filter_id(name, column)
        yield _group(filter_id, name, _choice(filter_id, _with(declaration, sheet, column)[0], column), None)
    for number, each in enumerate(sheet.visuals):
        visual_id, dataset = f"{name}-{number}", declaration.dataset_of(each)
        if each.at_most or each.at_least:
            filter_id = f"{visual_id}-range"
            yield _group(filter_id, name, _range(filter_id, dataset, each), [visual_id])
        if each.only:
            column, value = each.only
            filter_id = f"{visual_id}-only"
            yield _group(filter_id, name, _choice(filter_id, dataset, column, value), [visual_id])


_OF_TWO_PERIODS = ("kpi", "compared")


def _days(declaration: Declaration, sheet: Sheet) -> dict[str, list[str]]:
    """Return the visuals that show the period alone, by dataset; what compares two takes the dates itself."""
    found: dict[str, list[str]] = {}
    name = next(key for key, value in declaration.sheets.items() if value is sheet)
    for number, each in enumerate(sheet.visuals):
        dataset = declaration.dataset_of(each)
        if each.kind not in _OF_TWO_PERIODS and has_days(declaration.datasets[dataset]):
            found.setdefault(dataset, []).append(f"{name}-{number}")
    return found


def _with(declaration: Declaration, sheet: Sheet, column: str) -> list[str]:
    """Return the datasets of a sheet that have a column, in order."""
    used = dict.fromkeys(declaration.dataset_of(each) for each in sheet.visuals)
    return [name for name in used if column in columns_in(declaration.datasets[name])]


def _group(group_id: str, sheet: str, filter_: Json, visuals: list[str] | None) -> Json:
    scope: Json = {"SheetId": sheet, "Scope": "ALL_VISUALS"}
    if visuals is not None:
        scope = {"SheetId": sheet, "Scope": "SELECTED_VISUALS", "VisualIds": visuals}
    return {
        "FilterGroupId": group_id,
        "Filters": [filter_],
        "ScopeConfiguration": {"SelectedSheets": {"SheetVisualScopingConfigurations": [scope]}},
        "Status": "ENABLED",
        # A choice is for all datasets that have a column of its name and type ("FilterGroup", its API Reference).
        "CrossDataset": "SINGLE_DATASET" if visuals else "ALL_DATASETS",
    }


def _period(filter_id: str, dataset: str) -> Json:
    return {
        "TimeRangeFilter": {
            "FilterId": filter_id,
            "Column": {"DataSetIdentifier": dataset, "ColumnName": DAY},
            "IncludeMinimum": True,
            "IncludeMaximum": True,
            "RangeMinimumValue": {"Parameter": FROM},
            "RangeMaximumValue": {"Parameter": TO},
            "NullOption": "NON_NULLS_ONLY",
            "TimeGranularity": "DAY",
        }
    }


def _choice(filter_id: str, dataset: str, column: str, value: str = "") -> Json:
    """Return a filter by a member: all of them until somebody chooses, or the one that is always meant."""
    chosen: Json = {"MatchOperator": "CONTAINS"}
    chosen |= {"CategoryValues": [value]} if value else {"SelectAllOptions": "FILTER_ALL_VALUES"}
    return {
        "CategoryFilter": {
            "FilterId": filter_id,
            "Column": {"DataSetIdentifier": dataset, "ColumnName": column},
            "Configuration": {"FilterListConfiguration": chosen},
        }
    }


def _range(filter_id: str, dataset: str, declared: Visual) -> Json:
    filter_: Json = {"FilterId": filter_id, "NullOption": "NON_NULLS_ONLY"}
    for part, limit in (("Maximum", declared.at_most), ("Minimum", declared.at_least)):
        if limit:
            column, value = limit
            filter_["Column"] = {"DataSetIdentifier": dataset, "ColumnName": column}
            filter_ |= {f"Include{part}": True, f"Range{part}": {"StaticValue": float(value)}}
    return {"NumericRangeFilter": filter_}


def _controls(name: str, sheet: Sheet) -> Iterator[Json]:
    for column, label in sheet.filters.items():
        yield {
            "Dropdown": {
                "FilterControlId": f"{_filter_id(name, column)}-control",
                "Title": label,
                "SourceFilterId": _filter_id(name, column),
                "Type": "SINGLE_SELECT" if sheet.one else "MULTI_SELECT",
            }
        }


def _filter_id(sheet: str, column: str) -> str:
    return f"{sheet}-{column.replace('_', '-')}"
