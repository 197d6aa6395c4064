"""A declared visual as QuickSight is asked for it. Axes of amounts begin at zero."""

from collections.abc import Callable
from typing import Any

from dashboards.quicksight.columns import DATETIME, STRING, columns_of
from dashboards.quicksight.declaration import Declaration, Visual

ITEMS = 25
"""Bars of a chart; the others are one bar together."""
_ZERO = {"DataOptions": {"NumericAxisOptions": {"Range": {"MinMax": {"Minimum": 0}}}}}
Json = dict[str, Any]


def visual(declaration: Declaration, sheet: str, number: int, declared: Visual) -> Json:
    """Return a visual of a sheet; its id follows from its place."""
    return _KINDS[declared.kind](_Drawing(declaration, declared, f"{sheet}-{number}"))


class _Drawing:
    """A declared visual with what is needed to say it."""

    def __init__(self, declaration: Declaration, declared: Visual, visual_id: str) -> None:
        self.declared = declared
        self.id = visual_id
        self.dataset = declaration.dataset_of(declared)
        self.types = columns_of(declaration.datasets[self.dataset].mart)

    @property
    def head(self) -> Json:
        return {
            "VisualId": self.id,
            "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": self.declared.title}},
            "VisualContentAltText": self.declared.title,
        }

    def column(self, name: str) -> Json:
        return {"DataSetIdentifier": self.dataset, "ColumnName": name}

    def field(self, role: str) -> str:
        return f"{self.id}-{role}"

    def dimension(self, name: str) -> Json:
        field = {"FieldId": self.field(name), "Column": self.column(name)}
        if self.types[name] == DATETIME:
            return {"DateDimensionField": field | {"DateGranularity": "DAY"}}
        kind = "CategoricalDimensionField" if self.types[name] == STRING else "NumericalDimensionField"
        return {kind: field}

    def sums(self) -> list[Json]:
        fields = [{"FieldId": self.field(name), "Column": self.column(name)} for name in self.declared.values]
        summed = {"AggregationFunction": {"SimpleNumericalAggregation": "SUM"}}
        found = [{"NumericalMeasureField": field | summed} for field in fields]
        if name := self.declared.distinct:
            field = {"FieldId": self.field(name), "Column": self.column(name)}
            found.append({"CategoricalMeasureField": field | {"AggregationFunction": "DISTINCT_COUNT"}})
        return found

    def sorted_by(self, role: str, direction: str) -> list[Json]:
        return [{"FieldSort": {"FieldId": self.field(role), "Direction": direction}}]

    @property
    def amount(self) -> str:
        return self.declared.distinct or self.declared.values[0]


def calculated(measure: str, when: str) -> str:
    """Return the name of the calculated field of a measure, in the period or before."""
    return f"{measure}, {when}"


def _kpi(drawing: _Drawing) -> Json:
    measure = drawing.declared.measure or ""

    def field(when: str) -> Json:
        # An expression that aggregates has no function of its own.
        return {
            "NumericalMeasureField": {
                "FieldId": drawing.field(when),
                "Column": drawing.column(calculated(measure, when)),
            }
        }

    return {
        "KPIVisual": drawing.head
        | {
            "ChartConfiguration": {
                "FieldWells": {"Values": [field("period")], "TargetValues": [field("before")]},
                "KPIOptions": {
                    "Comparison": {"ComparisonMethod": "PERCENT_DIFFERENCE"},
                    "PrimaryValueDisplayType": "ACTUAL",
                    "SecondaryValue": {"Visibility": "VISIBLE"},
                    "TrendArrows": {"Visibility": "VISIBLE"},
                    "ProgressBar": {"Visibility": "HIDDEN"},
                },
            }
        }
    }


def _line(drawing: _Drawing) -> Json:
    by = drawing.declared.by or ""
    wells = {"Category": [drawing.dimension(by)], "Values": drawing.sums()}
    return {
        "LineChartVisual": drawing.head
        | {
            "ChartConfiguration": {
                "FieldWells": {"LineChartAggregatedFieldWells": wells},
                "SortConfiguration": {"CategorySort": drawing.sorted_by(by, "ASC")},
                "PrimaryYAxisDisplayOptions": {"AxisOptions": _ZERO},
                "Type": "LINE",
            }
        }
    }


def _bar(drawing: _Drawing) -> Json:
    wells = {"Category": [drawing.dimension(drawing.declared.member or "")], "Values": drawing.sums()}
    return _bars(drawing, wells, "HORIZONTAL", drawing.sorted_by(drawing.amount, "DESC"))


def _stacked(drawing: _Drawing) -> Json:
    by, member = drawing.declared.by or "", drawing.declared.member or ""
    wells = {
        "Category": [drawing.dimension(by)],
        "Values": drawing.sums(),
        "Colors": [drawing.dimension(member)],
    }
    return _bars(drawing, wells, "VERTICAL", drawing.sorted_by(by, "ASC"))


def _bars(drawing: _Drawing, wells: Json, orientation: str, category_sort: list[Json]) -> Json:
    sorting: Json = {"CategorySort": category_sort}
    if orientation == "HORIZONTAL":
        sorting["CategoryItemsLimit"] = {"ItemsLimit": ITEMS, "OtherCategories": "INCLUDE"}
    return {
        "BarChartVisual": drawing.head
        | {
            "ChartConfiguration": {
                "FieldWells": {"BarChartAggregatedFieldWells": wells},
                "SortConfiguration": sorting,
                "Orientation": orientation,
                "BarsArrangement": "STACKED" if "Colors" in wells else "CLUSTERED",
                "ValueAxis": _ZERO,
                "DataLabels": {"Visibility": "VISIBLE" if orientation == "HORIZONTAL" else "HIDDEN"},
            }
        }
    }


def _heat(drawing: _Drawing) -> Json:
    wells = {
        "Rows": [drawing.dimension(drawing.declared.member or "")],
        "Columns": [drawing.dimension(drawing.declared.across or "")],
        "Values": drawing.sums(),
    }
    configuration = {
        "FieldWells": {"HeatMapAggregatedFieldWells": wells},
        "DataLabels": {"Visibility": "VISIBLE"},
    }
    return {"HeatMapVisual": drawing.head | {"ChartConfiguration": configuration}}


def _table(drawing: _Drawing) -> Json:
    fields = [{"FieldId": drawing.field(name), "Column": drawing.column(name)} for name in drawing.declared.columns]
    configuration = {"FieldWells": {"TableUnaggregatedFieldWells": {"Values": fields}}}
    return {"TableVisual": drawing.head | {"ChartConfiguration": configuration}}


_KINDS: dict[str, Callable[[_Drawing], Json]] = {
    "kpi": _kpi,
    "line": _line,
    "bar": _bar,
    "stacked": _stacked,
    "heat": _heat,
    "table": _table,
}
