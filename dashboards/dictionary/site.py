"""The pages of the site: pure text by path, and writing them."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from dashboards.dictionary.drawing import drawing_of
from dashboards.dictionary.entries import SCHEMAS, Entry, bus_matrix, entries
from extract.clock import parse_instant
from extract.errors import ConfigurationError
from warehouse_sql.check_log import LastResult
from warehouse_sql.model import HOME as MODELS

HERE = Path(__file__).parent
ABOUT = {
    "mart": "What dashboards and analysts read.",
    "core": "Dimensions and facts, one place for each truth.",
    "restricted": "Who somebody is, apart from all else; few may read it.",
    "staging": "The last load as it came, typed by contract.",
    "audit": "What loads, migrations and replays remember of themselves.",
}
MARK = ".reelhouse-docs"
"""The file by which a folder is known for a site of ours, which may be written again."""


@dataclass(frozen=True, slots=True)
class DocsReport:
    """What was written: where to begin, how many pages, and of how many checks the last result is known."""

    start: str
    pages: int
    checks: int


def pages(results: Iterable[LastResult] = ()) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each file of the site.

    Args:
        results: what checks found when they were last run.
    """
    known = list(results)
    tables = entries(known)
    environment = _environment()
    dimensions, rows = bus_matrix()
    common = {"schemas": SCHEMAS, "about": ABOUT, "version": version("reelhouse"), "tables": tables, "root": ""}
    failed = [result for result in known if result.count]
    yield "index.html", environment.get_template("index.html").render(common, checked=known, failed=failed)
    yield "matrix.html", environment.get_template("matrix.html").render(common, dimensions=dimensions, rows=rows)
    yield "measures.html", environment.get_template("measures.html").render(common, text=_measures())
    for table in tables:
        drawing = Markup(drawing_of(table.name)) if table.schema in ("mart", "core") else ""  # noqa: S704 - ours
        text = environment.get_template("table.html").render({**common, "root": "../"}, table=table, drawing=drawing)
        yield f"tables/{table.name}.html", text
    yield "search.js", f"const INDEX = {json.dumps(list(_index(tables)), ensure_ascii=False)};\n"
    for asset in sorted((HERE / "assets").iterdir()):
        yield asset.name, asset.read_text(encoding="utf-8")
    yield MARK, "A site made by `reelhouse docs`; it may be made again here.\n"


def write(out: Path, results: Iterable[LastResult] = ()) -> DocsReport:
    """Write the site into a folder.

    Raises:
        ConfigurationError: the folder holds something else.
    """
    if out.exists() and any(out.iterdir()) and not (out / MARK).exists():
        raise ConfigurationError(f"{out} holds something that `reelhouse docs` did not write; name an empty folder")
    known = list(results)
    written = 0
    for path, text in pages(known):
        file = out / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        written += path.endswith(".html")
    return DocsReport(str(out / "index.html"), written, len(known))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["minute"] = _minute
    environment.filters["breakable"] = _breakable
    return environment


def _breakable(name: str) -> Markup:
    """Let a name be broken where a person would: after an underscore or a dot."""
    return Markup(re.sub(r"([_.])", r"\1<wbr>", str(escape(name))))  # noqa: S704 - what it holds is escaped


def _minute(instant: str) -> str:
    """Write an instant for people: to the minute, in UTC."""
    return f"{parse_instant(instant):%-d %b %Y, %H:%M} UTC"


def _measures() -> Markup:
    text = (MODELS / "marts" / "README.md").read_text(encoding="utf-8").partition("## Decisions")[0]
    return Markup(MarkdownIt("commonmark").enable("table").render(text))  # noqa: S704 - a file of this package


def _index(tables: Iterable[Entry]) -> Iterator[dict[str, str]]:
    for table in tables:
        url = f"tables/{table.name}.html"
        yield {"name": table.name, "about": table.first_sentence, "url": url}
        for column in table.columns:
            yield {"name": f"{table.name}.{column.name}", "about": column.about, "url": f"{url}#{column.name}"}
