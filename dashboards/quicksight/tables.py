"""Cards and tables: figures as figures, with colours where they ask for somebody's eye.

Conditions name a column or a calculated field in braces; the id of a field is refused there.
"""

from collections.abc import Iterator

from dashboards.quicksight.drawing import CHANGE, DAY, PERCENT, PERIOD, SHOWN, Drawing, Json, calculated, label

_VISIBLE = {"Visibility": "VISIBLE"}
_PLAIN = {"PrimaryValueDisplayType": "ACTUAL", "ProgressBar": {"Visibility": "HIDDEN"}}
_COMPARED = {"SecondaryValue": _VISIBLE, "TrendArrows": _VISIBLE}


def kpi(drawing: Drawing) -> Json:
    """Return a card: a figure of the period against the one before, red where it fell and blue where it rose."""
    (name,) = drawing.measures
    fields = [drawing.calculated(name, when) for when in drawing.when]
    options: Json = dict(_PLAIN)
    wells: Json = {"Values": fields[:1]}
    found = drawing.head | {"ChartConfiguration": {"FieldWells": wells, "KPIOptions": options}}
    if len(fields) > 1:
        wells["TargetValues"] = fields[1:]
        options |= {
            **_COMPARED,
            "Comparison": _comparison(drawing, name),
        }
        now, before = (f"{{{calculated(name, when)}}}" for when in drawing.when)
        coloured = [
            {"ComparisonValue": {"TextColor": _solid(f"{now} {sign} {before}", colour)}}
            for sign, colour in (("<", drawing.less), (">", drawing.series[0]))
        ]
        found["ConditionalFormatting"] = {"ConditionalFormattingOptions": coloured}
    return {"KPIVisual": found}


def newest(drawing: Drawing) -> Json:
    """Return a card of the newest day that is shown, against the day before, over a line of all days.

    With a trend a card shows the newest of its groups; so a figure of a period and a line of its days are two cards.
    """
    (name,) = drawing.measures
    options = {
        **_PLAIN,
        **_COMPARED,
        "Comparison": _comparison(drawing, name),
        "Sparkline": {**_VISIBLE, "Type": "AREA", "Color": drawing.series[0], "TooltipVisibility": "VISIBLE"},
    }
    configuration = {
        "FieldWells": {"Values": drawing.figures(), "TrendGroups": [drawing.dimension(DAY)]},
        "SortConfiguration": {"TrendGroupSort": drawing.sorted_by(DAY, "ASC")},
        "KPIOptions": options,
    }
    return {"KPIVisual": drawing.head | {"ChartConfiguration": configuration}}


def compared(drawing: Drawing) -> Json:
    """Return a table of members: each measure with its change against the period before."""
    fields = [(name, when) for name in drawing.measures for when in drawing.when]
    member = drawing.declared.member or ""
    heads = [(member, label(member)), *((calculated(*field), _head(*field)) for field in fields)]
    first = calculated(*fields[0])
    configuration = {
        "FieldWells": {
            "TableAggregatedFieldWells": {
                "GroupBy": [drawing.dimension(member)],
                "Values": [drawing.calculated(*field) for field in fields],
            }
        },
        "SortConfiguration": {"RowSort": drawing.sorted_by(first, "DESC")},
        "FieldOptions": _named(drawing, heads),
    }
    changes = [calculated(*field) for field in fields if field[1] == CHANGE]
    options = [
        _cell(drawing, name, f"{{{name}}} {sign} 0", colour)
        for name in changes
        for sign, colour in (("<", drawing.less), (">", drawing.series[0]))
    ]
    return _table(drawing, configuration, options)


def table(drawing: Drawing) -> Json:
    """Return rows as they are; what asks for a person is coloured."""
    declared = drawing.declared
    fields = [{"FieldId": drawing.field(name), "Column": drawing.column(name)} for name in declared.columns]
    configuration: Json = {
        "FieldWells": {"TableUnaggregatedFieldWells": {"Values": fields}},
        "FieldOptions": _named(drawing, [(name, label(name)) for name in declared.columns]),
    }
    if declared.sorted_by:
        # What is not aggregated has no field to sort by: "FieldSortOptions", Amazon QuickSight API Reference.
        by = {"SortBy": drawing.column(declared.sorted_by), "Direction": "DESC"}
        configuration["SortConfiguration"] = {"RowSort": [{"ColumnSort": by}]}
    return _table(drawing, configuration, [_cell(drawing, *alarm, drawing.less) for alarm in declared.alarms.items()])


def conditions(visual: Json) -> Iterator[str]:
    """Yield the conditions under which a visual is coloured."""
    (found,) = visual.values()
    for option in found.get("ConditionalFormatting", {}).get("ConditionalFormattingOptions", ()):
        (part,) = option.values()
        yield (part.get("TextFormat") or part)["TextColor"]["Solid"]["Expression"]


def _comparison(drawing: Drawing, measure: str) -> Json:
    """Return how a change is told: of shares in points, for percent of percent are read wrongly."""
    if not drawing.measures[measure].share:
        return {"ComparisonMethod": "PERCENT_DIFFERENCE"}
    return {"ComparisonMethod": "DIFFERENCE", "ComparisonFormat": PERCENT}


def _table(drawing: Drawing, configuration: Json, options: list[Json]) -> Json:
    formatting = {"ConditionalFormatting": {"ConditionalFormattingOptions": options}} if options else {}
    return {"TableVisual": drawing.head | {"ChartConfiguration": configuration} | formatting}


def _named(drawing: Drawing, heads: list[tuple[str, str]]) -> Json:
    return {"SelectedFieldOptions": [{"FieldId": drawing.field(name), "CustomLabel": words} for name, words in heads]}


def _head(measure: str, when: str) -> str:
    return {PERIOD: measure, SHOWN: measure}.get(when, f"{measure}: change")


def _cell(drawing: Drawing, column: str, condition: str, colour: str) -> Json:
    return {"Cell": {"FieldId": drawing.field(column), "TextFormat": {"TextColor": _solid(condition, colour)}}}


def _solid(condition: str, colour: str) -> Json:
    return {"Solid": {"Expression": condition, "Color": colour}}
