"""Whether the marts have what is declared: a column that was renamed is named with all that uses it."""

from collections.abc import Iterator

from dashboards.quicksight.columns import columns_in, columns_of
from dashboards.quicksight.declaration import Declaration, Sheet, Visual
from dashboards.quicksight.expressions import references


def unresolved(declared: Declaration) -> tuple[str, ...]:
    """Return what is declared and no mart has, each with where it is declared."""
    missing = [
        f"dataset {name}: mart.{mart} has no column {column}"
        for name, dataset in declared.datasets.items()
        for mart, columns in dataset.parts.items()
        for column in columns
        if column not in columns_of(mart)
    ]
    if missing:
        return tuple(missing)
    known = {name: set(columns_in(dataset)) for name, dataset in declared.datasets.items()}
    for name, field in declared.fields.items():
        known[field.dataset].add(name)
    return tuple(
        f"{where}: the dataset {dataset} has no column {column}"
        for where, dataset, column in _used(declared)
        if column not in known[dataset]
    )


def _used(declared: Declaration) -> Iterator[tuple[str, str, str]]:
    """Yield every use of a column: where, of which dataset, which."""
    for name, field in declared.fields.items():
        yield from ((f"field {name}", field.dataset, column) for column in sorted(references(field.expression)))
    for name, measure in declared.measures.items():
        yield from ((f"measure {name}", measure.dataset, column) for column in measure.columns)
    for page, sheet in declared.sheets.items():
        for visual in sheet.visuals:
            where = f"page {page}, {visual.title}"
            yield from ((where, declared.dataset_of(visual), column) for column in _columns(visual))
        yield from _filters(declared, page, sheet)


def _filters(declared: Declaration, page: str, sheet: Sheet) -> Iterator[tuple[str, str, str]]:
    """Yield the filters of a page that no dataset of it has."""
    datasets = dict.fromkeys(declared.dataset_of(visual) for visual in sheet.visuals)
    for column in sheet.filters:
        if not any(column in columns_in(declared.datasets[name]) for name in datasets):
            yield f"page {page}, filter {sheet.filters[column]}", next(iter(datasets)), column


def _columns(visual: Visual) -> Iterator[str]:
    named = (visual.by, visual.member, visual.across, visual.distinct, visual.sorted_by)
    limits = (limit[0] for limit in (visual.at_most, visual.at_least, visual.only) if limit)
    conditions = (column for condition in visual.alarms.values() for column in sorted(references(condition)))
    used = (*visual.columns, *visual.values, *filter(None, named), *limits, *visual.alarms, *conditions)
    yield from dict.fromkeys(used)
