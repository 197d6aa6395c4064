"""The definition of analysis and dashboard: sheets with their visuals, filters, controls and layout."""

from collections.abc import Iterator

from dashboards.quicksight.columns import columns_of
from dashboards.quicksight.declaration import Declaration, Sheet, Visual, load_declaration
from dashboards.quicksight.expressions import FROM, TO, plain, present, previous
from dashboards.quicksight.installation import Installation
from dashboards.quicksight.visuals import BEFORE, DAY, PERIOD, SHOWN, Json, calculated, visual, when_of

_GRID = 36
"""Columns of a grid layout ("GridLayoutConfiguration", Amazon QuickSight API Reference)."""
_SPANS = {"kpi": (6, 6), "table": (36, 12)}
_USUAL = (18, 12)
_DEFAULTS = {
    FROM: "addDateTime(-30, 'DD', truncDate('DD', now()))",
    TO: "addDateTime(-1, 'DD', truncDate('DD', now()))",
}
_LABELS = {FROM: "From", TO: "To"}


def definition(installation: Installation) -> Json:
    """Return the definition; the usual period is the thirty days that end yesterday (UTC)."""
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
        "Sheets": [_sheet(declaration, name, sheet) for name, sheet in declaration.sheets.items()],
        "Options": {"Timezone": "UTC", "WeekStart": "MONDAY"},
    }


def _calculated_fields(declaration: Declaration) -> Iterator[Json]:
    written = {PERIOD: present, BEFORE: previous, SHOWN: plain}
    used = {
        (each.measure, when)
        for sheet in declaration.sheets.values()
        for each in sheet.visuals
        for when in when_of(declaration, each)
    }
    for name, when in sorted((str(name), when) for name, when in used):
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


def _sheet(declaration: Declaration, name: str, sheet: Sheet) -> Json:
    found: Json = {
        "SheetId": name,
        "Name": sheet.title,
        "Title": sheet.title,
        "ContentType": "INTERACTIVE",
        "Visuals": [visual(declaration, name, number, each) for number, each in enumerate(sheet.visuals)],
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
        if each.at_most:
            filter_id = f"{name}-{number}-most"
            yield _group(filter_id, name, _most(filter_id, declaration.dataset_of(each), each), [f"{name}-{number}"])


def _days(declaration: Declaration, sheet: Sheet) -> dict[str, list[str]]:
    """Return the visuals that show the period alone, by dataset; cards compare two and take the dates themselves."""
    found: dict[str, list[str]] = {}
    name = next(key for key, value in declaration.sheets.items() if value is sheet)
    for number, each in enumerate(sheet.visuals):
        dataset = declaration.dataset_of(each)
        if each.kind != "kpi" and DAY in columns_of(declaration.datasets[dataset].mart):
            found.setdefault(dataset, []).append(f"{name}-{number}")
    return found


def _with(declaration: Declaration, sheet: Sheet, column: str) -> list[str]:
    """Return the datasets of a sheet that have a column, in order."""
    used = dict.fromkeys(declaration.dataset_of(each) for each in sheet.visuals)
    return [name for name in used if column in columns_of(declaration.datasets[name].mart)]


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


def _choice(filter_id: str, dataset: str, column: str) -> Json:
    chosen = {"MatchOperator": "CONTAINS", "SelectAllOptions": "FILTER_ALL_VALUES"}
    return {
        "CategoryFilter": {
            "FilterId": filter_id,
            "Column": {"DataSetIdentifier": dataset, "ColumnName": column},
            "Configuration": {"FilterListConfiguration": chosen},
        }
    }


def _most(filter_id: str, dataset: str, declared: Visual) -> Json:
    column, greatest = declared.at_most or ("", 0)
    return {
        "NumericRangeFilter": {
            "FilterId": filter_id,
            "Column": {"DataSetIdentifier": dataset, "ColumnName": column},
            "IncludeMaximum": True,
            "RangeMaximum": {"StaticValue": float(greatest)},
            "NullOption": "NON_NULLS_ONLY",
        }
    }


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
