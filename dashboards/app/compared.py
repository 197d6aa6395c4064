"""Members beside each other, such as channels: the figures of each with their change against the period before."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboards.app.figures import Figure, Kind
from dashboards.app.table import Table

FORMATS: dict[Kind, str] = {
    "count": "localized",
    "hours": "%.1f",
    "share": "percent",
    "mean": "%.2f",
    "minutes": "%.1f",
}
CHANGED = "changes in percent, of shares in points"


def compared(member: Sequence[str], rows: Sequence[tuple[Sequence[Any], Mapping[str, Figure]]]) -> Table:
    """Return a row for each member: what it is called by, then each figure and by how much it changed.

    Args:
        member: the columns that say which member a row is of.
        rows: of each member the values of these columns, and its figures by their columns, the same for all.
    """
    figures = list(rows[0][1]) if rows else []
    columns = (*member, *(name for figure in figures for name in (figure, changed(figure))))
    return Table(
        columns,
        tuple(
            (*called, *(value for figure in of.values() for value in (figure.value, _rounded(figure.changed_by))))
            for called, of in rows
        ),
    )


def changed(column: str) -> str:
    """Return the name of the column that tells by how much another changed."""
    return f"{column}_change"


def shown(labels: Mapping[str, tuple[str, Kind]]) -> dict[str, Any]:
    """Return how the figures are shown: under a name, with their unit, each followed by its change.

    A change is headed by that word alone, so that all of them have room; the CSV names them apart.
    """
    found: dict[str, Any] = {}
    for column, (label, kind) in labels.items():
        unit = " pts" if kind == "share" else "%%"
        found[column] = st.column_config.NumberColumn(label, format=FORMATS[kind])
        found[changed(column)] = st.column_config.NumberColumn(
            "Change", format=f"%+.1f{unit}", help=f"Change of {label.lower()}"
        )
    return found


def _rounded(change: float | None) -> float | None:
    return None if change is None else round(change, 4)
