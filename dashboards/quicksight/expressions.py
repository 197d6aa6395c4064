"""Calculated fields: a measure of what is shown, of the period that is chosen, of the one before, and the change.

The functions are QuickSight's own: `ifelse`, `dateDiff`, `addDateTime`, `isNotNull`, `nullIf`, `sum`, `avg`,
`distinct_count` ("Function and operator reference", Amazon QuickSight User Guide).
"""

import re

from dashboards.quicksight.declaration import Measure

FROM, TO = "FirstDay", "LastDay"
"""The parameters of the period; the last day belongs to it."""
_DAY = "activity_date"
_WITHIN = f"{{{_DAY}}} >= ${{{FROM}}} AND {{{_DAY}}} <= ${{{TO}}}"
_BEFORE = (
    f"{{{_DAY}}} >= addDateTime(-1 - dateDiff(${{{FROM}}}, ${{{TO}}}, 'DD'), 'DD', ${{{FROM}}}) "
    f"AND {{{_DAY}}} < ${{{FROM}}}"
)
_REFERENCE = re.compile(r"(?<!\$)\{([^{}]+)\}")


def present(measure: Measure) -> str:
    """Return a measure within the period."""
    return _aggregated(measure, _WITHIN)


def previous(measure: Measure) -> str:
    """Return a measure within the period before."""
    return _aggregated(measure, _BEFORE)


def plain(measure: Measure) -> str:
    """Return a measure of whatever is shown."""
    return _aggregated(measure, "")


def change(measure: Measure) -> str:
    """Return how a measure changed against the period before: in points where it is a share, else as a share."""
    now, before = present(measure), previous(measure)
    difference = f"({now}) - ({before})"
    return difference if measure.share else f"({difference}) / nullIf({before}, 0)"


def references(expression: str) -> set[str]:
    """Return the columns that an expression reads."""
    return set(_REFERENCE.findall(expression))


def _aggregated(measure: Measure, condition: str) -> str:
    if measure.weighted:
        value, weight = (f"{{{column}}}" for column in measure.weighted)
        return f"sum({value} * {weight}) / nullIf(sum(ifelse(isNotNull({value}), {weight}, NULL)), 0)"
    if measure.ratio:
        part, whole = (f"sum({_where(column, condition)})" for column in measure.ratio)
        return f"{part} / nullIf({whole}, 0)"
    if measure.per_member:
        amount, member = (_where(column, condition) for column in measure.per_member)
        return f"sum({amount}) / nullIf(distinct_count({member}), 0)"
    if measure.distinct:
        return f"distinct_count({_where(measure.distinct, condition)})"
    return f"{'avg' if measure.mean else 'sum'}({_where(measure.columns[0], condition)})"


def _where(column: str, condition: str) -> str:
    return f"ifelse({condition}, {{{column}}}, NULL)" if condition else f"{{{column}}}"
