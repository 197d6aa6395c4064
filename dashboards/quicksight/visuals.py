"""A declared visual as QuickSight is asked for it. Axes of amounts begin at zero."""

from collections.abc import Callable
from xml.sax.saxutils import escape

from dashboards.quicksight.declaration import Declaration, Sheet, Visual
from dashboards.quicksight.drawing import SHOWN, Drawing, Json
from dashboards.quicksight.tables import compared, kpi, newest, table

ITEMS = 25
"""Bars of a chart; the others are one bar together."""
_GAPS = [{"TreatmentOption": "SHOW_AS_BLANK"}]
"""What is not known is no zero."""
_ZERO = {"DataOptions": {"NumericAxisOptions": {"Range": {"MinMax": {"Minimum": 0}}}}}


def visual(declaration: Declaration, sheet: str, number: int, declared: Visual, page: str) -> Json:
    """Return a visual of a sheet, on a light or a dark page; its id follows from its place."""
    return _KINDS[declared.kind](Drawing(declaration, declared, f"{sheet}-{number}", page))


def glossary(declaration: Declaration, sheet: Sheet) -> str:
    """Return what the columns of the tables of a page mean, for its last box."""
    drawings = [Drawing(declaration, each, "", "light") for each in sheet.visuals if each.columns]
    told = dict.fromkeys(words for drawing in drawings for words in drawing.glossary)
    shown = "<br/>".join(map(escape, told)) or "Every figure has its definition below its title."
    return f"<text-box><b>What the columns mean</b><br/>{shown}</text-box>"


def _line(drawing: Drawing) -> Json:
    by = drawing.declared.by
    wells = {"Category": [drawing.dimension(by)], "Values": drawing.figures()}
    return {
        "LineChartVisual": drawing.head
        | {
            "ChartConfiguration": {
                "FieldWells": {"LineChartAggregatedFieldWells": wells},
                "SortConfiguration": {"CategorySort": drawing.sorted_by(by, "ASC")},
                "XAxisLabelOptions": drawing.label_of(by),
                "PrimaryYAxisDisplayOptions": {"AxisOptions": _ZERO, "MissingDataConfigurations": _GAPS},
                "PrimaryYAxisLabelOptions": drawing.labels(drawing.amounts),
                "Type": "LINE",
            }
        }
    }


def _combined(drawing: Drawing) -> Json:
    """Return bars and lines over one axis, so that the two can be read against each other."""
    declared = drawing.declared
    wells = {
        "Category": [drawing.dimension(declared.by)],
        "BarValues": [drawing.calculated(name, SHOWN) for name in declared.bars],
        "LineValues": [drawing.calculated(name, SHOWN) for name in declared.lines],
    }
    configuration = {
        "FieldWells": {"ComboChartAggregatedFieldWells": wells},
        "SortConfiguration": {"CategorySort": drawing.sorted_by(declared.by, "ASC")},
        "BarsArrangement": "CLUSTERED",
        "CategoryLabelOptions": drawing.label_of(declared.by),
        "PrimaryYAxisDisplayOptions": _ZERO,
        "PrimaryYAxisLabelOptions": drawing.labels(drawing.amounts),
        "SecondaryYAxisDisplayOptions": _ZERO,
        "SingleAxisOptions": {"YAxisOptions": {"YAxis": "PRIMARY_Y_AXIS"}},
        "ReferenceLines": [_reference(drawing, *mark) for mark in declared.marked.items()],
    }
    return {"ComboChartVisual": drawing.head | {"ChartConfiguration": configuration}}


def _reference(drawing: Drawing, words: str, value: float) -> Json:
    return {
        "DataConfiguration": {"StaticConfiguration": {"Value": value}, "AxisBinding": "PRIMARY_YAXIS"},
        "StyleConfiguration": {"Pattern": "DASHED", "Color": drawing.muted},
        "LabelConfiguration": {
            "CustomLabelConfiguration": {"CustomLabel": words},
            "FontColor": drawing.muted,
            "HorizontalPosition": "RIGHT",
            "VerticalPosition": "ABOVE",
        },
    }


def _bar(drawing: Drawing) -> Json:
    wells = {"Category": [drawing.dimension(drawing.declared.member)], "Values": drawing.figures()}
    ((greatest, _), *_) = drawing.amounts
    return _bars(drawing, wells, "HORIZONTAL", drawing.sorted_by(greatest, "DESC"))


def _stacked(drawing: Drawing) -> Json:
    wells = {
        "Category": [drawing.dimension(drawing.declared.by)],
        "Values": drawing.figures(),
        "Colors": [drawing.dimension(drawing.declared.member)],
    }
    return _bars(drawing, wells, "VERTICAL", drawing.sorted_by(drawing.declared.by, "ASC"))


def _bars(drawing: Drawing, wells: Json, orientation: str, category_sort: list[Json]) -> Json:
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
                "CategoryLabelOptions": drawing.label_of(drawing.declared.by or drawing.declared.member),
                "ValueAxis": _ZERO,
                "ValueLabelOptions": drawing.labels(drawing.amounts),
                "DataLabels": {"Visibility": "VISIBLE" if orientation == "HORIZONTAL" else "HIDDEN"},
            }
        }
    }


def _heat(drawing: Drawing) -> Json:
    declared = drawing.declared
    wells = {
        "Rows": [drawing.dimension(declared.member)],
        "Columns": [drawing.dimension(declared.across)],
        "Values": drawing.figures(),
    }
    configuration = {
        "FieldWells": {"HeatMapAggregatedFieldWells": wells},
        "RowLabelOptions": drawing.label_of(declared.member),
        "ColumnLabelOptions": drawing.label_of(declared.across),
        "DataLabels": {"Visibility": "VISIBLE"},
    }
    return {"HeatMapVisual": drawing.head | {"ChartConfiguration": configuration}}


_KINDS: dict[str, Callable[[Drawing], Json]] = {
    "kpi": kpi,
    "newest": newest,
    "line": _line,
    "combined": _combined,
    "bar": _bar,
    "stacked": _stacked,
    "heat": _heat,
    "compared": compared,
    "table": table,
    "state": table,
}
