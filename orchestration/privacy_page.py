"""The page for the data protection officer: what is kept where, for how long, who sees it, how it is erased.

All of it comes from the declarations that the pipeline itself goes by: contracts, models, rights, settings.
"""

from collections.abc import Iterable, Iterator, Sequence

from extract.settings import KeptDays, Settings
from orchestration.erasures import BEYOND
from spark.contracts import Contract, load_contracts
from spark.forgotten import personal_contracts, subject_columns
from spark.jobs.retention import kept
from warehouse_sql.access import Access, load_access
from warehouse_sql.erase import ERASED_FROM
from warehouse_sql.model import Load, Model, load_models
from warehouse_sql.retention import dated_tables
from warehouse_sql.staging import RESTRICTED, staging_table

_SUBJECTS = {"visitor": "--visitor KEY", "email": "--email ADDRESS", "user": "--user ID"}
_IDS = {"visitor_key", "user_key", "user_id"}


def privacy_page(settings: Settings) -> str:
    """Return the page as Markdown."""
    parts = (
        ("Personal data", _personal()),
        ("Where it is kept", _places(settings)),
        ("Who sees it in the warehouse", _readers(load_access())),
        ("What leaves it as a hash", _hashes()),
        ("How a person is erased", _erasure()),
    )
    body = "\n\n".join(f"## {title}\n\n" + "\n".join(lines) for title, lines in parts)
    return (
        "# Personal data in this installation\n\n"
        "Made by `reelhouse privacy` from what the pipeline itself goes by: contracts, models, rights and settings.\n\n"
        f"{body}\n"
    )


def _personal() -> Iterator[str]:
    rows = [
        (contract.stream, column.name, ", ".join(column.path), column.about)
        for contract in _contracts()
        for column in contract.mapped
        if column.personal
    ]
    yield from _table(("stream", "column", "field of the source", "what it is"), rows)
    yield ""
    yield (
        "Fields that no contract knows may hold more; they stand in `_extra` of the staging tables of these streams "
        "and go nowhere else. Keys of visitors and ids of users name nobody by themselves; `core` and `mart` have them."
    )


def _places(settings: Settings) -> Iterator[str]:
    keep = settings.retention
    layers: tuple[tuple[str, str, KeptDays], ...] = (
        ("raw/", "as the source wrote it", keep.raw),
        ("staging/", "typed rows; of the newest load until the next", keep.staging),
        ("quarantine/", "records that could not be taken", keep.quarantine),
        ("landing/", "files as they were dropped", keep.landing),
    )
    rows = [
        (f"{layer}{contract.stream}", what, _days(kept(days, contract.stream)))
        for layer, what, days in layers
        for contract in (*_contracts(), *_known_by_ids())
        if layer != "landing/" or contract.stream.startswith("streampulse/")
    ]
    contracts = (*_contracts(), *_known_by_ids())
    dated = {found.table: kept(keep.restricted, found.stream) for found in dated_tables()}
    for contract in contracts:
        table = staging_table(contract)
        at_most = f", {dated[table]} days at most" if dated.get(table) else ""
        rows.append((table, "the last load, as it came", f"until the next load{at_most}"))
    for model in _of_persons():
        since = f"; its age is that of `{model.dated}`" if model.dated else ""
        rows.append((model.table, f"{model.grain}{since}", _days(dated.get(model.table))))
    yield from _table(("place", "what is there", "for how long"), rows)
    yield ""
    yield (
        "`reelhouse doctor --sweep` lets go what is older, having shown it. When names, addresses and places go from "
        "`restricted`, all that is counted stays: `core` and `mart` know persons by keys and keyed hashes, until they "
        "are erased. What a source tells again, and what `reelhouse replay` makes of raw, comes back and goes with the "
        "next sweep. Manifests, reports and logs hold no personal data."
    )


def _readers(access: Access) -> Iterator[str]:
    rows = [
        (
            name,
            role.about,
            "; ".join(f"{schema}: {', '.join(rights)}" for schema, rights in role.grants.items()),
            "yes" if RESTRICTED in role.grants else "no",
        )
        for name, role in access.roles.items()
    ]
    yield from _table(("role", "what it is for", "rights", "sees who somebody is"), rows)
    yield ""
    for policy in access.rows.values():
        tables, roles = ", ".join(policy.tables), ", ".join(policy.roles)
        yield f"- Rows of {tables} are seen by {roles} and superusers alone, whatever else is granted. {policy.about}"
    for mask in access.masks.values():
        columns, roles = ", ".join(mask.columns), ", ".join(mask.roles)
        yield f"- {roles} see `{mask.shows}` instead of {columns}. {mask.about}"


def _hashes() -> Iterator[str]:
    columns = [f"{model.table}.email_hash" for model in load_models().values() if "email_hash" in dict(model.columns)]
    yield (
        "HMAC-SHA256 under the privacy key, which is in no table, file or log: whoever has no key can neither compute "
        f"nor try out a hash. It stands in {', '.join(columns)}, and joins what one person did in several sources. "
        "When the key is replaced, `reelhouse replay` makes them anew; the old key is kept as long as somebody was "
        "forgotten under it, and serves nothing but to know them again."
    )


def _erasure() -> Iterator[str]:
    by = {subject for contract in load_contracts().values() for _, subject in subject_columns(contract)}
    asked = ", ".join(f"`reelhouse forget {_SUBJECTS[subject]}`" for subject in sorted(by))
    stored = [model.table for model in load_models().values() if model.load is Load.PARTITIONS]
    yield f"{asked}: shows what holds the person, asks, and then"
    yield ""
    yield (
        "1. records keyed hashes in `forgotten/` of the lake; from then on their records are dropped whenever they "
        "come, and counted;"
    )
    yield (
        "2. rewrites every object of raw, staging and quarantine that holds them, deletes the old one with all its "
        "versions, and deletes landing files that were taken, and those that were refused and have them in their text;"
    )
    yield (
        f"3. deletes their rows from {', '.join(ERASED_FROM)}, and makes the days anew that had them in "
        f"{', '.join(stored)};"
    )
    yield "4. publishes changed days for Athena again and asks dashboards to refresh;"
    yield "5. leaves a receipt in `forgotten/receipts/` that names nobody."
    yield ""
    yield "Killed in the middle, it is completed by the next command that loads. It does not reach:"
    yield ""
    yield from (f"- {said}" for said in BEYOND)


def _contracts() -> Iterator[Contract]:
    return (contract for contract in load_contracts().values() if contract.is_personal)


def _known_by_ids() -> Iterator[Contract]:
    """Whose records tell what persons did, and of who they are an id alone."""
    return (contract for contract in personal_contracts() if not contract.is_personal)


def _of_persons() -> Iterator[Model]:
    """Tables of which rows are about one person."""
    for table, model in load_models().items():
        is_made_anew = model.load is Load.PARTITIONS and _IDS & set(dict(model.columns))
        if table in ERASED_FROM or is_made_anew:
            yield model


def _days(days: int | None) -> str:
    return "until erased" if days is None else f"{days} days"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        cells = (cell.replace("|", r"\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
