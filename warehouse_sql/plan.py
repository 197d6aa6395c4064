"""In which order models are made. What each reads its header tells, which tests hold against the SQL."""

import re
from collections.abc import Iterable
from functools import cache
from graphlib import TopologicalSorter

from warehouse_sql.model import Load, Model, load_models

_TEMPORARY = re.compile(r"\b(?:delta|touched)_\w+")


@cache
def temporary_reads(model: Model) -> frozenset[str]:
    """Return the temporary tables of a load that a model's SQL reads."""
    return frozenset(_TEMPORARY.findall(model.text))


@cache
def build_order() -> tuple[Model, ...]:
    """Return the models so that each comes after those that it reads, and facts after the dimensions they point to.

    Raises:
        graphlib.CycleError: models read each other in a circle.
    """
    models = load_models()
    by_delta = {model.delta: model.table for model in models.values()}
    graph = {
        table: ((set(model.reads) | {dimension for _, dimension in model.refs}) & set(models) - {table})
        | {by_delta[name] for name in temporary_reads(model) if name in by_delta}
        for table, model in models.items()
    }
    return tuple(models[table] for table in TopologicalSorter(graph).static_order())


def loaded_models() -> tuple[Model, ...]:
    """Return the models that a load fills, in order."""
    return tuple(model for model in build_order() if model.load not in (Load.VIEW, Load.CALENDAR))


def dependents(models: Iterable[Model]) -> tuple[Model, ...]:
    """Return models and all that read them, directly or through others, in build order."""
    found = {model.table for model in models}
    # The order is one of building, so whatever a model reads was seen before it.
    for model in build_order():
        if found.intersection(model.reads):
            found.add(model.table)
    return tuple(model for model in build_order() if model.table in found)
