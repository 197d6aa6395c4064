"""What the contracts say, for people: columns, where their values stand in a raw record, and the staging DDL."""

import difflib
from dataclasses import dataclass

from extract.errors import ConfigurationError
from spark.contracts import Column, Contract, load_contracts
from warehouse_sql.staging import extension


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """A column of a staging table; ``path`` says where its value stands, or what makes it."""

    name: str
    type: str
    required: bool
    personal: bool
    path: str
    about: str


@dataclass(frozen=True, slots=True)
class EntityContract:
    """A staging table; ``unmapped`` are the known fields without a column, which stand in ``_extra``."""

    entity: str
    stream: str
    grain: str
    key: tuple[str, ...]
    version: tuple[str, ...]
    columns: tuple[ColumnContract, ...]
    unmapped: tuple[str, ...]
    ddl: str


def describe(entity: str | None = None) -> list[EntityContract]:
    """Return the contract of an entity, or of all in the order of their names.

    Raises:
        ConfigurationError: there is no such entity.
    """
    known = load_contracts()
    if entity is None:
        return [_described(contract) for contract in known.values()]
    if entity not in known:
        close = difflib.get_close_matches(entity, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        raise ConfigurationError(f"there is no contract {entity}; {hint}")
    return [_described(known[entity])]


def _described(contract: Contract) -> EntityContract:
    return EntityContract(
        entity=contract.entity,
        stream=contract.stream,
        grain=contract.grain,
        key=contract.key,
        version=contract.version,
        columns=tuple(
            ColumnContract(
                column.name, column.type, column.required, column.personal, _path(column, contract), column.about
            )
            for column in contract.columns
        ),
        unmapped=contract.unmapped,
        ddl=";\n".join(extension(contract, existing=None)),
    )


def _path(column: Column, contract: Contract) -> str:
    if column.path:
        return ", else ".join(column.path)
    fan_out = contract.fan_out
    return f"place in {fan_out.arrays[0]}" if fan_out and column.name == fan_out.position else ""
