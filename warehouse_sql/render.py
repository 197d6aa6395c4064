"""From a model's template to the SQL that is sent. Templates know the macros and two switches, and no values."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse_sql.model import HOME


@cache
def render(text: str, *, repoint: bool = False) -> str:
    """Render a template.

    Args:
        text: the template.
        repoint: whether rows already loaded are taken through the rules again because versions of a media changed.

    Raises:
        jinja2.UndefinedError: the template names a macro that does not exist.
    """
    return _environment().from_string(text).render(repoint=repoint)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HOME / "macros"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - SQL, not HTML
        keep_trailing_newline=False,
    )
    for name in sorted(environment.list_templates(extensions=["sql"])):
        environment.globals.update(_macros(environment, name))
    return environment


def _macros(environment: Environment, name: str) -> dict[str, Any]:
    module = environment.get_template(name).module
    return {macro: value for macro, value in vars(module).items() if not macro.startswith("_")}
