"""What every visual needs: its head with definitions, its fields, and how an axis is called."""

from typing import Any

from dashboards.app.theme import LESS, PAGES
from dashboards.quicksight.columns import DATETIME, STRING, columns_in, words_of
from dashboards.quicksight.declaration import Dataset, Declaration, Measure, Visual

DAY = "activity_date"
PERIOD, BEFORE, CHANGE, SHOWN = "period", "before", "change", "shown"
"""Of what a calculated field is: the period chosen, the one before it, the change, or whatever is shown."""
LONGEST = 1024
"""Characters of a subtitle ("LongFormatText", Amazon QuickSight API Reference)."""
PERCENT = {"PercentageDisplayFormatConfiguration": {"DecimalPlacesConfiguration": {"DecimalPlaces": 1}}}
Json = dict[str, Any]


def when_of(declaration: Declaration, declared: Visual) -> tuple[str, ...]:
    """Return of what the calculated fields of a visual are: cards and comparisons need two periods, so days."""
    whens = {"kpi": (PERIOD, BEFORE), "compared": (PERIOD, CHANGE)}.get(declared.kind, ())
    return whens if whens and has_days(declaration.datasets[declaration.dataset_of(declared)]) else (SHOWN,)


def has_days(dataset: Dataset) -> bool:
    """Tell whether the rows of a dataset are of days."""
    return DAY in columns_in(dataset)


def calculated(measure: str, when: str) -> str:
    """Return the name of the calculated field of a measure."""
    return f"{measure}, {when}"


def label(column: str) -> str:
    """Return a column's name for people."""
    return f"{column[:1].upper()}{column[1:]}".replace("_", " ")


def hexadecimal(colour: str) -> str:
    """Return a colour as QuickSight writes it: it takes capital letters alone."""
    return colour.upper()


class Drawing:
    """A declared visual with what is needed to say it, on a light or a dark page."""

    def __init__(self, declaration: Declaration, declared: Visual, visual_id: str, page: str) -> None:
        """Take a visual of a page, ``light`` or ``dark``."""
        self.declared = declared
        self.id = visual_id
        self.name = declaration.dataset_of(declared)
        dataset = declaration.datasets[self.name]
        self.measures: dict[str, Measure] = {name: declaration.measures[name] for name in declared.measured}
        self.when = when_of(declaration, declared)
        self.series = tuple(hexadecimal(colour) for colour in PAGES[page].series)
        self.muted, self.less = hexadecimal(PAGES[page].muted), hexadecimal(LESS[page])
        of_rows = {name: field for name, field in declaration.fields.items() if field.dataset == self.name}
        self._types = columns_in(dataset) | dict.fromkeys(of_rows, STRING)
        self._words = words_of(dataset) | {name: field.about for name, field in of_rows.items()}

    @property
    def head(self) -> Json:
        """Its id, its title, what a person is told who cannot see it, and the definitions."""
        head: Json = {
            "VisualId": self.id,
            "Title": {"Visibility": "VISIBLE", "FormatText": {"PlainText": self.declared.title}},
            "VisualContentAltText": f"{self.declared.title}. {self.definition}"[:LONGEST],
        }
        if self.definition:
            head["Subtitle"] = {"Visibility": "VISIBLE", "FormatText": {"PlainText": self.definition}}
        return head

    @property
    def definition(self) -> str:
        """What the figures mean, in the words of the models; columns of tables are told at the end of the page."""
        measured = [column for measure in self.measures.values() for column in measure.columns]
        shown = (*measured, *self.declared.values, *filter(None, [self.declared.distinct]))
        return " ".join(self._told(shown))[:LONGEST]

    @property
    def glossary(self) -> list[str]:
        """What the columns of a table mean."""
        return self._told(self.declared.columns)

    def column(self, name: str) -> Json:
        """Return a reference to a column or a calculated field of its dataset."""
        return {"DataSetIdentifier": self.name, "ColumnName": name}

    def field(self, role: str) -> str:
        """Return the id of a field."""
        return f"{self.id}-{role}"

    def dimension(self, name: str | None) -> Json:
        """Return a field by which figures are divided; instants by day."""
        field = {"FieldId": self.field(name or ""), "Column": self.column(name or "")}
        if self._types[name or ""] == DATETIME:
            return {"DateDimensionField": field | {"DateGranularity": "DAY"}}
        kind = "CategoricalDimensionField" if self._types[name or ""] == STRING else "NumericalDimensionField"
        return {kind: field}

    def calculated(self, measure: str, when: str) -> Json:
        """Return a measure; an expression that aggregates has no function of its own."""
        name = calculated(measure, when)
        field: Json = {"FieldId": self.field(name), "Column": self.column(name)}
        if self.measures[measure].share or when == CHANGE:
            field["FormatConfiguration"] = {"FormatConfiguration": PERCENT}
        return {"NumericalMeasureField": field}

    def figures(self) -> list[Json]:
        """Return the measures, or the sums of columns and the distinct count."""
        return [self.calculated(name, SHOWN) for name in self.measures] or self._sums()

    @property
    def amounts(self) -> tuple[tuple[str, str], ...]:
        """The names of what it shows in figures, each with that for people."""
        columns = (*self.declared.values, *filter(None, [self.declared.distinct]))
        of_measures = tuple((calculated(name, SHOWN), name) for name in self.measures)
        return of_measures or tuple((name, label(name)) for name in columns)

    def labels(self, named: tuple[tuple[str, str], ...]) -> Json:
        """Return how an axis is called: for each column the words."""
        told = [
            {"CustomLabel": words, "ApplyTo": {"FieldId": self.field(column), "Column": self.column(column)}}
            for column, words in named
        ]
        return {"AxisLabelOptions": told}

    def label_of(self, name: str | None) -> Json:
        """Return how the axis of a column is called."""
        return self.labels(((name, label(name)),) if name else ())

    def sorted_by(self, column: str | None, direction: str) -> list[Json]:
        """Return an order by a field of the visual."""
        return [{"FieldSort": {"FieldId": self.field(column or ""), "Direction": direction}}]

    def _told(self, columns: tuple[str, ...]) -> list[str]:
        return [f"{label(column)}: {self._words[column]}" for column in dict.fromkeys(columns)]

    def _sums(self) -> list[Json]:
        fields = [{"FieldId": self.field(name), "Column": self.column(name)} for name in self.declared.values]
        summed = {"AggregationFunction": {"SimpleNumericalAggregation": "SUM"}}
        found = [{"NumericalMeasureField": field | summed} for field in fields]
        if name := self.declared.distinct:
            field = {"FieldId": self.field(name), "Column": self.column(name)}
            found.append({"CategoricalMeasureField": field | {"AggregationFunction": "DISTINCT_COUNT"}})
        return found
