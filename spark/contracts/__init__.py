"""Contracts: what each staging table holds, column by column, and where in a raw record it comes from.

A contract is a YAML file beside this module. Transforms end in a ``select`` by contract, Parquet is written by it, the
staging table is made from it, and COPY loads Parquet by the position of columns: one list, four users.
"""

import re
from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from extract.errors import ConfigurationError

Kind = Literal["varchar", "bigint", "integer", "double", "boolean", "date", "timestamp"]
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=127)]

_TYPE = re.compile(r"varchar\((?P<length>[1-9]\d{0,4})\)|bigint|integer|double|boolean|date|timestamp")
_HASH = "varchar(64)"
_VARCHAR_LIMIT = 65535  # Amazon Redshift Database Developer Guide, "Character types": bytes, not characters
META = "_meta."
"""Paths that start so are read from the envelope of a raw line, all others from the record itself."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Column(_Part):
    """A column of a staging table.

    Attributes:
        type: ``varchar(n)`` (n bytes), ``bigint``, ``integer``, ``double``, ``boolean``, ``date`` or ``timestamp``
            (UTC, microseconds, no zone).
        path: where the value stands in a record, names separated by dots; of several the first that is not null.
            Empty for the columns of lineage and for those that a fan-out makes.
        required: a record without the value, or with white space alone, is quarantined.
        empty_is_null: an empty string means that there is no value.
        otherwise: what any text becomes that is none of those that the transform knows, and what stands there where the
            record has none; such a value tells nothing, and counts for none in drift.
        json_text: the value is kept as JSON text, whatever its kind.
        range: smallest and largest value, both included; null where there is no bound.
        personal: the value identifies a person.
        subject: whom the record is about: the value is the key of a visitor, an e-mail address or the id of a user, by
            which somebody can ask to be forgotten.
        keyed_hash: the value is the keyed hash (``extract.privacy``) of the text, which is first freed of white space
            around it, and its letters A to Z made small: so that one address is one hash, however it was typed.
    """

    name: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=127)]
    type: str
    about: Annotated[str, Field(min_length=1)]
    path: tuple[str, ...] = ()
    required: bool = False
    empty_is_null: bool = False
    otherwise: str | None = None
    json_text: Annotated[bool, Field(alias="json")] = False
    range: tuple[float | None, float | None] | None = None
    personal: bool = False
    subject: Literal["visitor", "email", "user"] | None = None
    keyed_hash: bool = False

    @field_validator("path", mode="before")
    @classmethod
    def _one_or_several(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value

    @field_validator("range", mode="before")
    @classmethod
    def _bounds_as_tuple(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not _TYPE.fullmatch(self.type):
            raise ValueError(f"{self.name}: unknown type {self.type!r}")
        if (self.length or 0) > _VARCHAR_LIMIT:
            raise ValueError(f"{self.name}: a varchar holds at most {_VARCHAR_LIMIT} bytes")
        if self.json_text and self.kind != "varchar":
            raise ValueError(f"{self.name}: only a varchar can hold JSON text")
        if self.range and self.kind not in {"bigint", "integer", "double"}:
            raise ValueError(f"{self.name}: only a number has a range")
        if self.range == (None, None):
            raise ValueError(f"{self.name}: a range needs a bound")
        if self.subject and self.kind != "varchar":
            raise ValueError(f"{self.name}: whom a record is about is told by a text")
        if self.keyed_hash and (self.type != _HASH or self.personal or self.json_text or self.empty_is_null):
            raise ValueError(f"{self.name}: a keyed hash is a {_HASH}, and neither personal nor json nor empty_is_null")
        return self

    @property
    def kind(self) -> Kind:
        """The type without its length."""
        return self.type.partition("(")[0]  # type: ignore[return-value]  # _consistent has checked it

    @property
    def length(self) -> int | None:
        """Bytes that a varchar holds; None for the other types."""
        match = _TYPE.fullmatch(self.type)
        return int(match["length"]) if match and match["length"] else None


LINEAGE = (
    Column(name="_extra", type="varchar(65535)", about="JSON text of the fields that no column takes; null if none."),
    Column(name="_extracted_at", type="timestamp", required=True, about="When the request was sent (UTC)."),
    Column(name="_raw_sequence", type="bigint", required=True, about="Sequence of the raw manifest."),
    Column(name="_raw_part", type="integer", required=True, about="Position of the object in that manifest, from 0."),
    Column(name="_raw_line", type="bigint", required=True, about="Line in that object, from 1."),
)
"""The columns that every staging table ends in."""


def _list_as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class FanOut(_Part):
    """How one record becomes several rows: its arrays are read side by side, and each place of theirs is a row.

    A record whose arrays are not equally long is quarantined; one whose arrays are empty is good and has no rows.

    Attributes:
        arrays: columns whose values stand in an array of the record; the type of the column is that of an element.
        position: the column for the place in the arrays, from 0.
        length: the column for their length.
    """

    arrays: Annotated[tuple[str, ...], Field(min_length=1), BeforeValidator(_list_as_tuple)]
    position: str
    length: str


class Contract(_Part):
    """What a staging table holds.

    Attributes:
        entity: ``<source>__<name>``.
        stream: the raw stream that it is made of.
        grain: what one row is.
        key: columns that identify a row.
        version: columns that say which of two states of a key is newer (the greater one), before the lineage does.
        fan_out: how a record becomes several rows; None where it is one.
        mapped: the columns before those of lineage, in order.
        unmapped: paths that are known and deliberately given no column; they stand in ``_extra``.
        tolerant: many bad records stop no batch. So where records come in files, each of which stands by itself: a bad
            file must not hold up the others.
    """

    entity: Identifier
    stream: Annotated[str, Field(pattern=r"^[a-z]+/[a-z_]+$")]
    grain: Annotated[str, Field(pattern=r"^one row per ")]
    key: Annotated[tuple[str, ...], Field(min_length=1)]
    version: tuple[str, ...]
    fan_out: FanOut | None = None
    mapped: Annotated[tuple[Column, ...], Field(alias="columns", min_length=1)]
    unmapped: tuple[str, ...] = ()
    tolerant: bool = False

    @field_validator("key", "version", "mapped", "unmapped", mode="before")
    @classmethod
    def _lists_as_tuples(cls, value: object) -> object:
        return _list_as_tuple(value)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [column.name for column in self.columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{', '.join(sorted(twice))}: more than one column of that name")
        for name in (*self.key, *self.version):
            if name not in names:
                raise ValueError(f"{name}: named in key or version, and no column")
        if self.fan_out:
            self._check_fan_out(self.fan_out)
        for column in self.mapped:
            if bool(column.path) == (column.name in self._made):
                raise ValueError(f"{column.name}: {'has no path' if not column.path else 'is made, and has a path'}")
            if column.name in self.record_key and not column.required:
                raise ValueError(f"{column.name}: a column of the key must be required")
        return self

    def _check_fan_out(self, fan_out: FanOut) -> None:
        mapped = {column.name: column for column in self.mapped}
        for name in (*fan_out.arrays, fan_out.position, fan_out.length):
            if name not in mapped:
                raise ValueError(f"{name}: named in fan_out, and no column")
            if mapped[name].kind not in {"bigint", "integer"}:
                raise ValueError(f"{name}: only whole numbers fan out")
            if name in self.version or (name in self.key) != (name == fan_out.position):
                raise ValueError(f"{name}: of the columns of fan_out the position is in the key, the others are not")
        if any(column.subject for column in self.mapped):
            raise ValueError(f"{self.entity}: a record that fans out is about nobody")
        if not all(mapped[name].required for name in fan_out.arrays):
            raise ValueError(f"{', '.join(fan_out.arrays)}: an array that fans out must be required")

    @property
    def _made(self) -> tuple[str, ...]:
        return (self.fan_out.position, self.fan_out.length) if self.fan_out else ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns of the staging table, in order; the last are those of lineage."""
        return (*self.mapped, *LINEAGE)

    @property
    def record_columns(self) -> tuple[Column, ...]:
        """The columns that a record has as a whole, in order: all but those that its fan-out makes."""
        return tuple(column for column in self.columns if column.name not in self._made)

    @property
    def record_key(self) -> tuple[str, ...]:
        """The columns that identify a record: the key, less the position of a fan-out."""
        return tuple(name for name in self.key if name not in self._made)

    @property
    def is_personal(self) -> bool:
        """Whether a column identifies a person; then what nobody knows of such a record may as well."""
        return any(column.personal for column in self.mapped)

    @property
    def table(self) -> str:
        """Name of the staging table."""
        return f"stg_{self.entity}"

    def column(self, name: str) -> Column:
        """Return the column of a name.

        Raises:
            KeyError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def load_contracts() -> dict[str, Contract]:
    """Return all contracts by entity, in the order of their names.

    Raises:
        ConfigurationError: a contract has an unknown key, a wrong type or contradicts itself.
    """
    return dict(_load())


@cache
def _load() -> dict[str, Contract]:
    files = (file for file in resources.files(__name__).iterdir() if file.name.endswith(".yaml"))
    contracts = [parse_contract(file.name, file.read_text(encoding="utf-8")) for file in files]
    return {contract.entity: contract for contract in sorted(contracts, key=lambda contract: contract.entity)}


def parse_contract(name: str, text: str) -> Contract:
    """Read one contract from YAML; ``name`` is the file's.

    Raises:
        ConfigurationError: an unknown key, a wrong type, a contradiction, or a name other than the entity's.
    """
    try:
        contract = Contract.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise ConfigurationError(f"contract {name}: not valid YAML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(": ".join(part for part in (f"contract {name}", where, what) if part)) from None
    if name != f"{contract.entity}.yaml":
        raise ConfigurationError(f"contract {name}: describes {contract.entity}; name the file after it")
    return contract
