"""What `declared.yaml` says, typed."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("declared.yaml")
Names = Annotated[tuple[str, ...], BeforeValidator(tuple)]
Kind = Literal["kpi", "newest", "line", "combined", "bar", "stacked", "heat", "compared", "table", "state"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Incremental(_Part):
    """The window that a refresh reads again: rows whose date lies at most so many days back."""

    column: str
    days: Annotated[int, Field(ge=1)]


class Dataset(_Part):
    """A mart as QuickSight reads it, or the columns of several, the rows of one below those of the other."""

    mart: str = ""
    parts: Annotated[dict[str, Names], Field(default_factory=dict)]
    spice: bool = False
    incremental: Incremental | None = None
    secured: bool = False


class Calculated(_Part):
    """A column that is computed of each row; ``expression`` as QuickSight writes it, ``about``: what it means."""

    dataset: str
    expression: str
    about: str


class Measure(_Part):
    """A figure: a sum, a mean, a distinct count, a quotient, or a mean that another column weights."""

    dataset: str
    sum: str | None = None
    mean: str | None = None
    distinct: str | None = None
    ratio: Names = ()
    per_member: Names = ()
    weighted: Names = ()
    share: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is computed from."""
        return tuple(
            name for name in (self.sum, self.mean, self.distinct, *self.ratio, *self.per_member, *self.weighted) if name
        )


class Visual(_Part):
    """What is shown: see the head of the file."""

    kind: Kind
    title: str
    dataset: str | None = None
    measure: str | None = None
    bars: Names = ()
    lines: Names = ()
    measures: Names = ()
    by: str | None = None
    member: str | None = None
    across: str | None = None
    values: Names = ()
    distinct: str | None = None
    columns: Names = ()
    at_most: tuple[str, float] | None = None
    at_least: tuple[str, float] | None = None
    only: tuple[str, str] | None = None
    sorted_by: str | None = None
    alarms: dict[str, str] = {}
    marked: dict[str, float] = {}

    @property
    def measured(self) -> tuple[str, ...]:
        """The measures that it shows, by name."""
        return (*((self.measure,) if self.measure else ()), *self.bars, *self.lines, *self.measures)


class Sheet(_Part):
    """A page: its title, the columns by which it may be narrowed under the names of their controls, its visuals.

    ``one``: a single member of each such column is chosen at a time.
    """

    title: str
    filters: dict[str, str] = {}
    one: bool = False
    visuals: Annotated[tuple[Visual, ...], BeforeValidator(tuple)]


class Declaration(_Part):
    """All of it."""

    datasets: dict[str, Dataset]
    fields: dict[str, Calculated]
    measures: dict[str, Measure]
    sheets: dict[str, Sheet]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for sheet in self.sheets.values():
            for visual in sheet.visuals:
                named = {self.measures[name].dataset if name in self.measures else "" for name in visual.measured}
                if len(named | {self.dataset_of(visual)}) > 1 or self.dataset_of(visual) not in self.datasets:
                    raise ValueError(f"{visual.title}: a visual reads one dataset of this file, and measures of it")
        return self

    def dataset_of(self, visual: Visual) -> str:
        """Return the dataset that a visual reads; empty where it names none."""
        for name in visual.measured:
            return self.measures[name].dataset if name in self.measures else ""
        return visual.dataset or ""


@cache
def load_declaration() -> Declaration:
    """Return what is declared."""
    return Declaration.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
