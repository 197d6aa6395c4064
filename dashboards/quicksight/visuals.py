"""A declared visual as QuickSight is asked for it. Axes of amounts begin at zero."""

from collections.abc import Callable
from typing import Any

from dashboards.quicksight.columns import DATETIME, STRING, columns_of
from dashboards.quicksight.declaration import Declaration, Visual
from warehouse_sql.model import load_models

DAY = "activity_date"
PERIOD, BEFORE, SHOWN = "period", "before", "shown"
"""Of what a calculated field is: the period that is chosen, the one before it, or whatever is shown."""
ITEMS = 25
"""Bars of a chart; the others are one bar together."""
LONGEST = 1024
"""Characters of a subtitle ("LongFormatText", Amazon QuickSight API Reference)."""
_PERCENT = {
    "FormatConfiguration": {
        "PercentageDisplayFormatConfiguration": {"DecimalPlacesConfiguration": {"DecimalPlaces": 1}}
    }
}
_ZERO = {"DataOptions": {"NumericAxisOptions": {"Range": {"MinMax": {"Minimum": 0}}}}}
Json = dict[str, Any]


def when_of(declaration: Declaration, declared: Visual) -> tuple[str, ...]:
    """Return of what the calculated fields are that a visual needs: a card compares, where its dataset has days."""
    measure = declaration.measure_of(declared)
    if measure is None:
        return ()
    has_days = DAY in columns_of(declaration.datasets[measure.dataset].mart)
    return (PERIOD, BEFORE) if declared.kind == "kpi" and has_days else (SHOWN,)


def visual(declaration: Declaration, sheet: str, number: int, declared: Visual) -> Json:
    """Return a visual of a sheet; its id follows from its place."""
    return _KINDS[declared.kind](_Drawing(declaration, declared, f"{sheet}-{number}"))


class _Drawing:
    """A declared visual with what is needed to say it."""

    def __init__(self, declaration: Declaration, declared: Visual, visual_id: str) -> None:
        self.declared = declared
        self.id = visual_id
        self.dataset = declaration.dataset_of(declared)
        self.mart = declaration.datasets[self.dataset].mart
        self.types = columns_of(self.mart)
        self.measure = declaration.measure_of(declared)
        self.when = when_of(declaration, declared)

    @property
    def head(self) -> Json:
        head: Json = {
            "VisualId": self.id,
            "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": self.declared.title}},
            "VisualContentAltText": self.declared.title,
        }
        if words := self.definition:
            head["Subtitle"] = {"Visibility": "VISIBLE", "FormatText": {"PlainText": words}}
        return head

    @property
    def definition(self) -> str:
        """What the figures mean, in the words of the mart's model; a table has too many columns for it."""
        declared = self.declared
        columns = self.measure.columns if self.measure else (*declared.values, *filter(None, [declared.distinct]))
        words = dict(load_models()[f"mart.{self.mart}"].columns)
        return " ".join(f"{label(column)}: {words[column]}" for column in columns)[:LONGEST]

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

    def figures(self) -> list[Json]:
        """The measure, or the sums of columns and the distinct count."""
        return [self.calculated(SHOWN)] if self.measure else self._sums()

    def calculated(self, when: str) -> Json:
        # An expression that aggregates has no function of its own.
        name = calculated(self.declared.measure or "", when)
        field: Json = {"FieldId": self.field(when), "Column": self.column(name)}
        if self.measure and self.measure.share:
            field["FormatConfiguration"] = _PERCENT
        return {"NumericalMeasureField": field}

    def labels(self, *fields: tuple[str, str, str]) -> Json:
        """Return how an axis is called: for each field its role, its column, and the words."""
        told = [
            {"CustomLabel": words, "ApplyTo": {"FieldId": self.field(role), "Column": self.column(column)}}
            for role, column, words in fields
        ]
        return {"AxisLabelOptions": told}

    def label_of(self, name: str | None) -> Json:
        return self.labels(*([(name, name, label(name))] if name else []))

    def label_of_figures(self) -> Json:
        if self.measure:
            name = self.declared.measure or ""
            return self.labels((SHOWN, calculated(name, SHOWN), name))
        names = (*self.declared.values, *filter(None, [self.declared.distinct]))
        return self.labels(*((name, name, label(name)) for name in names))

    def _sums(self) -> list[Json]:
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
        return SHOWN if self.measure else self.declared.distinct or self.declared.values[0]


def calculated(measure: str, when: str) -> str:
    """Return the name of the calculated field of a measure."""
    return f"{measure}, {when}"


def label(column: str) -> str:
    """Return a column's name for people."""
    return column.replace("_", " ").capitalize()


def _kpi(drawing: _Drawing) -> Json:
    fields = [drawing.calculated(when) for when in drawing.when]
    options: Json = {"PrimaryValueDisplayType": "ACTUAL", "ProgressBar": {"Visibility": "HIDDEN"}}
    wells: Json = {"Values": fields[:1]}
    if len(fields) > 1:
        wells["TargetValues"] = fields[1:]
        options |= {
            "Comparison": {"ComparisonMethod": "PERCENT_DIFFERENCE"},
            "SecondaryValue": {"Visibility": "VISIBLE"},
            "TrendArrows": {"Visibility": "VISIBLE"},
        }
    return {"KPIVisual": drawing.head | {"ChartConfiguration": {"FieldWells": wells, "KPIOptions": options}}}


def _line(drawing: _Drawing) -> Json:
    by = drawing.declared.by or ""
    wells = {"Category": [drawing.dimension(by)], "Values": drawing.figures()}
    return {
        "LineChartVisual": drawing.head
        | {
            "ChartConfiguration": {
                "FieldWells": {"LineChartAggregatedFieldWells": wells},
                "SortConfiguration": {"CategorySort": drawing.sorted_by(by, "ASC")},
                "XAxisLabelOptions": drawing.label_of(by),
                "PrimaryYAxisDisplayOptions": {"AxisOptions": _ZERO},
                "PrimaryYAxisLabelOptions": drawing.label_of_figures(),
                "Type": "LINE",
            }
        }
    }


def _bar(drawing: _Drawing) -> Json:
    wells = {"Category": [drawing.dimension(drawing.declared.member or "")], "Values": drawing.figures()}
    return _bars(drawing, wells, "HORIZONTAL", drawing.sorted_by(drawing.amount, "DESC"))


def _stacked(drawing: _Drawing) -> Json:
    by, member = drawing.declared.by or "", drawing.declared.member or ""
    wells = {
        "Category": [drawing.dimension(by)],
        "Values": drawing.figures(),
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
                "CategoryLabelOptions": drawing.label_of(drawing.declared.by or drawing.declared.member),
                "ValueAxis": _ZERO,
                "ValueLabelOptions": drawing.label_of_figures(),
                "DataLabels": {"Visibility": "VISIBLE" if orientation == "HORIZONTAL" else "HIDDEN"},
            }
        }
    }


def _heat(drawing: _Drawing) -> Json:
    wells = {
        "Rows": [drawing.dimension(drawing.declared.member or "")],
        "Columns": [drawing.dimension(drawing.declared.across or "")],
        "Values": drawing.figures(),
    }
    configuration = {
        "FieldWells": {"HeatMapAggregatedFieldWells": wells},
        "RowLabelOptions": drawing.label_of(drawing.declared.member),
        "ColumnLabelOptions": drawing.label_of(drawing.declared.across),
        "DataLabels": {"Visibility": "VISIBLE"},
    }
    return {"HeatMapVisual": drawing.head | {"ChartConfiguration": configuration}}


def _table(drawing: _Drawing) -> Json:
    fields = [{"FieldId": drawing.field(name), "Column": drawing.column(name)} for name in drawing.declared.columns]
    heads = [{"FieldId": drawing.field(name), "CustomLabel": label(name)} for name in drawing.declared.columns]
    configuration = {
        "FieldWells": {"TableUnaggregatedFieldWells": {"Values": fields}},
        "FieldOptions": {"SelectedFieldOptions": heads},
    }
    return {"TableVisual": drawing.head | {"ChartConfiguration": configuration}}


_KINDS: dict[str, Callable[[_Drawing], Json]] = {
    "kpi": _kpi,
    "line": _line,
    "bar": _bar,
    "stacked": _stacked,
    "heat": _heat,
    "table": _table,
}
