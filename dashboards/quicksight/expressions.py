"""Calculated fields: a measure of what is shown, within the period that is chosen, and within the one before it.

The functions are QuickSight's own: `ifelse`, `dateDiff`, `addDateTime`, `isNotNull`, `sum`, `distinct_count` ("Function
and operator reference", Amazon QuickSight User Guide).
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


def references(expression: str) -> set[str]:
    """Return the columns that an expression reads."""
    return set(_REFERENCE.findall(expression))


def _aggregated(measure: Measure, condition: str) -> str:
    if measure.weighted:
        value, weight = (f"{{{column}}}" for column in measure.weighted)
        return f"sum({value} * {weight}) / sum(ifelse(isNotNull({value}), {weight}, NULL))"
    if measure.ratio:
        part, whole = (f"sum({_where(column, condition)})" for column in measure.ratio)
        return f"{part} / {whole}"
    if measure.distinct:
        return f"distinct_count({_where(measure.distinct, condition)})"
    return f"sum({_where(measure.columns[0], condition)})"


def _where(column: str, condition: str) -> str:
    return f"ifelse({condition}, {{{column}}}, NULL)" if condition else f"{{{column}}}"
