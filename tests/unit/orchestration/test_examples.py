"""The two example configurations: the smallest that works, and the one that shows every option with its default."""

from pathlib import Path
from types import NoneType
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel

from extract.settings import Settings, StreamPulse, Wistia, load_settings

EXAMPLES = Path(__file__).parents[3] / "orchestration" / "examples"


def test_the_smallest_configuration_is_valid() -> None:
    settings = load_settings(EXAMPLES / "reelhouse.yaml", environment={})
    assert settings.wistia
    assert settings.wistia.channels == {"v08dlrgr7v": "Facebook", "gskhw4w4lm": "YouTube"}


def test_the_reference_shows_the_defaults() -> None:
    assert load_settings(EXAMPLES / "reelhouse.reference.yaml", environment={}) == Settings(
        wistia=Wistia(), streampulse=StreamPulse()
    )


def options(section: type[BaseModel], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for name, field in section.model_fields.items():
        inner = next((kind for kind in get_args(field.annotation) if kind is not NoneType), field.annotation)
        is_section = isinstance(inner, type) and issubclass(inner, BaseModel)
        names |= options(inner, f"{prefix}{name}.") if is_section else {f"{prefix}{name}"}  # type: ignore[arg-type]
    return names


def keys(values: dict[str, Any], known: set[str], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, value in values.items():
        path = f"{prefix}{name}"
        found |= {path} if path in known else keys(value, known, f"{path}.")
    return found


def test_the_reference_shows_every_option() -> None:
    known = options(Settings)
    assert keys(yaml.safe_load((EXAMPLES / "reelhouse.reference.yaml").read_text()), known) == known


@pytest.mark.parametrize("name", ["reelhouse.yaml", "reelhouse.reference.yaml"])
def test_the_examples_hold_no_secret(name: str) -> None:
    values = yaml.safe_load((EXAMPLES / name).read_text())
    assert set(values.get("secrets", {}).values()) <= {None}
