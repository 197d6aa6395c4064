"""What `declared.yaml` says, typed."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FILE = Path(__file__).with_name("declared.yaml")
Names = Annotated[tuple[str, ...], BeforeValidator(tuple)]
Kind = Literal["kpi", "line", "bar", "stacked", "heat", "table"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Incremental(_Part):
    """The window that a refresh reads again: rows whose date lies at most so many days back."""

    column: str
    days: Annotated[int, Field(ge=1)]


class Dataset(_Part):
    """A mart as QuickSight reads it."""

    mart: str
    spice: bool = False
    incremental: Incremental | None = None
    secured: bool = False


class Measure(_Part):
    """A figure: a sum, a distinct count, a quotient of two sums, or a mean that another column weights."""

    dataset: str
    sum: str | None = None
    distinct: str | None = None
    ratio: Names = ()
    weighted: Names = ()
    share: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is computed from."""
        return tuple(name for name in (self.sum, self.distinct, *self.ratio, *self.weighted) if name)


class Visual(_Part):
    """What is shown: see the head of the file."""

    kind: Kind
    title: str
    dataset: str | None = None
    measure: str | None = None
    by: str | None = None
    member: str | None = None
    across: str | None = None
    values: Names = ()
    distinct: str | None = None
    columns: Names = ()
    at_most: tuple[str, int] | None = None

    @property
    def used(self) -> tuple[str, ...]:
        """The columns of its dataset that it uses."""
        one = (self.by, self.member, self.across, self.distinct, self.at_most and self.at_most[0])
        return (*(name for name in one if name), *self.values, *self.columns)


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
    measures: dict[str, Measure]
    sheets: dict[str, Sheet]

    def measure_of(self, visual: Visual) -> Measure | None:
        """Return the measure that a visual shows; None where it shows columns."""
        return self.measures[visual.measure] if visual.measure else None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for sheet in self.sheets.values():
            for visual in sheet.visuals:
                if self.dataset_of(visual) not in self.datasets:
                    raise ValueError(f"{visual.title}: names no dataset of this file")
        return self

    def dataset_of(self, visual: Visual) -> str:
        """Return the dataset that a visual reads; empty where it names none."""
        if visual.measure is not None:
            measure = self.measures.get(visual.measure)
            return measure.dataset if measure else ""
        return visual.dataset or ""


@cache
def load_declaration() -> Declaration:
    """Return what is declared."""
    return Declaration.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
