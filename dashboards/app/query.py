"""The questions that pages ask: one file each, whose header says what a row is and what each column means.

Meanings are not typed again: ``{mart.table.column}`` in a header stands for the words of that column's model.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from dashboards.app.period import Period
from warehouse_sql.model import load_models

HOME = Path(__file__).parent / "queries"
ATTRIBUTES = ("device_type", "browser", "platform", "country", "region")
"""By what an audience is split."""
_COLUMN = re.compile(r"--   (\w+)\s{2,}(\S.*)")
_REFERENCE = re.compile(r"\{(mart\.\w+)\.(\w+)\}")
_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - it makes SQL, no HTML
Parameters = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: the period, and which medias and channels; none of them means all."""

    period: Period
    medias: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """A question.

    Attributes:
        name: of the file.
        grain: the sentence "one row per ...".
        columns: what each column means, in order, as the header writes it.
        text: the template of the SELECT.
    """

    name: str
    grain: str
    columns: Mapping[str, str]
    text: str

    def definition(self, column: str) -> str:
        """Return what a column means, in the words of the models.

        Raises:
            KeyError: the header refers to a column that no model has.
        """
        return _REFERENCE.sub(lambda found: _words(found[1], found[2]), self.columns[column])

    def statement(self, choice: Choice | None = None, attribute: str | None = None, **values: Any) -> tuple[str, Any]:
        """Return the statement and its parameters.

        Args:
            choice: what a person chose.
            attribute: by what an audience is split, one of ``ATTRIBUTES``.
            values: further parameters.
        """
        if attribute is not None and attribute not in ATTRIBUTES:
            raise ValueError(f"{attribute} is no attribute of an audience")
        condition, parameters = _condition(choice) if choice else ("", {})
        text = _ENVIRONMENT.from_string(self.text).render(chosen=condition, attribute=attribute)
        given = {**parameters, **(_days(choice.period) if choice else {}), **values}
        return text, {name: value for name, value in given.items() if re.search(rf":{name}\b", text)}


@cache
def load_queries() -> dict[str, Query]:
    """Return the questions by name."""
    return {file.stem: _parsed(file.stem, file.read_text(encoding="utf-8")) for file in sorted(HOME.glob("*.sql"))}


def _parsed(name: str, source: str) -> Query:
    lines = source.splitlines()
    header = [line for line in lines if line.startswith("--")]
    columns = {found[1]: found[2] for line in header if (found := _COLUMN.fullmatch(line))}
    grain = header[0].removeprefix("-- grain:").strip()
    return Query(name, grain, columns, "\n".join(line for line in lines if not line.startswith("--")).strip())


def _words(table: str, column: str) -> str:
    return dict(load_models()[table].columns)[column]


def _condition(choice: Choice) -> tuple[str, Parameters]:
    """Return the condition for the medias and channels chosen, and its parameters."""
    parts, parameters = [], Parameters()
    for column, values in (("media_id", choice.medias), ("channel_name", choice.channels)):
        if values:
            names = [f"{column}_{number}" for number in range(len(values))]
            parts.append(f"and {column} in ({', '.join(f':{name}' for name in names)})")
            parameters |= zip(names, values, strict=True)
    return "\n    ".join(parts), parameters


def _days(period: Period) -> dict[str, date]:
    return {"first_of_both": period.previous.first, "first_day": period.first, "last_day": period.last}
