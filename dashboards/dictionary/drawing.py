"""The lineage of a table as a drawing: the source's fields on the left, the table on the right, a line for each step.

Tables are boxes whose rows are columns. Where a box stands follows from its distance to the source; lines run to the
right. The drawing is SVG text: whoever points at a column sees its ways, back and forth.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from warehouse_sql.lineage import Origin, trace

WIDTH, ROW, GAP, BETWEEN, MARGIN = 250, 22, 26, 80, 12
LONGEST = 36


@dataclass(frozen=True, slots=True)
class Node:
    """A column, or a field of the source: its name, the box in which it stands, and what the row says."""

    name: str
    box: str
    label: str


@dataclass(frozen=True, slots=True)
class Graph:
    """All columns on the ways back of a table, and the steps between them."""

    nodes: Mapping[str, Node]
    edges: frozenset[tuple[str, str]]


def graph_of(table: str) -> Graph:
    """Return the ways back of all columns of a table."""
    nodes: dict[str, Node] = {}
    edges: set[tuple[str, str]] = set()
    for origin in trace(table):
        _collect(origin, nodes, edges)
    return Graph(nodes, frozenset(edges))


def drawing_of(table: str) -> str:
    """Return the lineage of a table as SVG."""
    return draw(graph_of(table))


def _collect(origin: Origin, nodes: dict[str, Node], edges: set[tuple[str, str]]) -> None:
    nodes.setdefault(origin.name, _node(origin.name))
    for source in origin.origins:
        if source.name != origin.name:
            edges.add((source.name, origin.name))
        _collect(source, nodes, edges)


def _node(name: str) -> Node:
    if name.startswith("rows of "):
        return Node(name, name.removeprefix("rows of "), "(its rows)")
    stream, colon, field = name.partition(": ")
    if colon:
        return Node(name, stream, field)
    box, dot, column = name.rpartition(".")
    return Node(name, box, column) if dot else Node(name, "reelhouse", name)


def ranks(graph: Graph) -> dict[str, int]:
    """Return in which column of the drawing each box stands: right of all that feeds it."""
    feeds: dict[str, set[str]] = {node.box: set() for node in graph.nodes.values()}
    for source, target in graph.edges:
        if graph.nodes[source].box != graph.nodes[target].box:
            feeds[graph.nodes[target].box].add(graph.nodes[source].box)
    found: dict[str, int] = {}

    def rank(box: str, above: frozenset[str]) -> int:
        if box not in found:
            found[box] = max((rank(source, above | {box}) + 1 for source in feeds[box] - above), default=0)
        return found[box]

    for box in sorted(feeds):
        rank(box, frozenset({box}))
    return found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row of a box is drawn."""

    x: float
    y: float


def draw(graph: Graph) -> str:
    """Return a graph as SVG."""
    boxes: dict[str, list[Node]] = {}
    for node in graph.nodes.values():
        boxes.setdefault(node.box, []).append(node)
    standing = ranks(graph)
    places: dict[str, Place] = {}
    parts: list[str] = []
    height = 0.0
    for rank in range(max(standing.values()) + 1):
        y = float(MARGIN)
        for box in _ordered([name for name in boxes if standing[name] == rank], boxes, graph, places):
            rows = sorted(boxes[box], key=lambda node: _middle(node.name, graph, places))
            x = MARGIN + rank * (WIDTH + BETWEEN)
            parts.append(_box(box, x, y, len(rows)))
            for number, node in enumerate(rows, start=1):
                places[node.name] = Place(x, y + number * ROW)
                parts.append(_row(node, places[node.name]))
            y += (len(rows) + 1) * ROW + GAP
        height = max(height, y)
    lines = [_line(source, target, places) for source, target in sorted(graph.edges)]
    width = 2 * MARGIN + (max(standing.values()) + 1) * (WIDTH + BETWEEN) - BETWEEN
    return (
        f'<svg class="lineage" viewBox="0 0 {width:.0f} {height:.0f}" style="--natural:{width:.0f}" '
        f'role="group" aria-label="Lineage">{"".join(lines)}{"".join(parts)}</svg>'
    )


def _ordered(
    names: Iterable[str], boxes: Mapping[str, list[Node]], graph: Graph, places: Mapping[str, Place]
) -> list[str]:
    """Return boxes so that each stands about as high as what feeds it."""

    def height(box: str) -> tuple[float, str]:
        middles = [_middle(node.name, graph, places) for node in boxes[box]]
        return sum(middles) / len(middles), box

    return sorted(names, key=height)


def _middle(name: str, graph: Graph, places: Mapping[str, Place]) -> float:
    heights = [places[source].y for source, target in graph.edges if target == name and source in places]
    return sum(heights) / len(heights) if heights else 0.0


def _box(name: str, x: float, y: float, rows: int) -> str:
    return (
        f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{(rows + 1) * ROW}" rx="4"/>'
        f'<text class="head" x="{x + 8}" y="{y + 15}">{escape(_short(name))}</text>'
    )


def _row(node: Node, place: Place) -> str:
    return (
        f'<g class="node" tabindex="0" role="button" data-name="{escape(node.name)}">'
        f"<title>{escape(node.name)}</title>"
        f'<rect class="cell" x="{place.x}" y="{place.y}" width="{WIDTH}" height="{ROW}"/>'
        f'<text x="{place.x + 8}" y="{place.y + 15}">{escape(_short(node.label))}</text></g>'
    )


def _line(source: str, target: str, places: Mapping[str, Place]) -> str:
    start, end = places[source], places[target]
    x1, y1, x2, y2 = start.x + WIDTH, start.y + ROW / 2, end.x, end.y + ROW / 2
    if x2 < x1:  # within a box, or to a box of the same column: around its right side
        x2 = end.x + WIDTH
        bend = x1 + BETWEEN / 2
        path = f"M{x1} {y1} C{bend} {y1} {bend} {y2} {x2} {y2}"
    else:
        half = (x1 + x2) / 2
        path = f"M{x1} {y1} C{half} {y1} {half} {y2} {x2} {y2}"
    return f'<path class="step" d="{path}" data-from="{escape(source)}" data-to="{escape(target)}"/>'


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
