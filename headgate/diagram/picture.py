"""A deployment as SVG: callers and changes above, regions side by side, what they share below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from headgate.diagram import svg
from headgate.diagram.card import PORT, WIDTH, Card, draw_card, height_of, shortened
from headgate.diagram.inventory import Inventory, Record
from headgate.diagram.palette import FLOWS, GATE, INK, QUIET, RECORD, ROUTE, STORE, Paint

_MARGIN, _GAP = 32, 40
_TOP, _BAND, _BOX = 46, 96, 58  # the boxes above, and the room below them
_BELOW, _FOOT = 92, 104
_STYLE = (
    f"text{{font-family:{svg.SANS};font-size:13px;fill:{INK}}}"
    f".quiet{{fill:{QUIET};font-size:12px}}.small{{font-size:12px}}.code{{font-family:{svg.MONOSPACE};font-size:11px}}"
    ".head{font-size:17px;font-weight:600}.title{font-size:15px;font-weight:600}path{stroke-width:1.6;fill:none}"
    + "".join(
        f".{name}{{stroke:{colour};stroke-dasharray:{dash or 'none'}}}.{name}.ends{{marker-end:url(#{name})}}"
        for name, (colour, dash, _) in FLOWS.items()
    )
)
_ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 8 4 0 8z" style="fill:{colour};stroke:none"/></marker>'
    for name, (colour, _, _) in FLOWS.items()
)


def draw(inventory: Inventory) -> str:
    """Draw an inventory."""
    count = max(1, len(inventory.regions))
    width = 2 * _MARGIN + count * WIDTH + (count - 1) * _GAP
    is_gated = any(region.is_gated for region in inventory.regions)
    top = _TOP + _BOX + _BAND if inventory.edge or is_gated else _MARGIN + PORT / 2
    body = max(map(height_of, inventory.regions), default=0)
    cards = [
        Card(region, _MARGIN + index * (WIDTH + _GAP), top, body) for index, region in enumerate(inventory.regions)
    ]
    bottom = top + body
    foot = bottom + (_BELOW + _BOX if inventory.registry or inventory.records else 0)
    height = foot + _FOOT
    content = [
        svg.element("defs", _ARROWS),
        svg.box(0.5, 0.5, width - 1, height - 1, rx=12, fill="#ffffff", stroke="#d1d9e0"),
        *_ways_down(cards, width),
        *(part for card in cards for part in draw_card(card)),
        *_above(inventory, width),
        *_ways_below(inventory, cards, bottom),
        *_below(inventory, width, bottom + _BELOW),
        *_legend(inventory, width, foot + 34),
    ]
    names = ", ".join(region.name for region in inventory.regions) or "no region"
    title = f"{', '.join(inventory.stacks)}: {names}; {inventory.resources} resources"
    return svg.picture(width, height, title, _STYLE, content)


def _edge_middle(width: float) -> float:
    """Return where the edge stands: in the middle, or to the left where the picture is too narrow for that."""
    return width / 2 if width > 700 else _MARGIN + 125


def _changes_middle(width: float) -> float:
    return width - _MARGIN - 95


def _above(inventory: Inventory, width: float) -> Iterator[str]:
    """Draw callers with the edge, and where changes come from."""
    x, half = _edge_middle(width), 150 if width > 700 else 125
    if inventory.edge:
        yield svg.text(x, 24, "callers", class_="quiet", text_anchor="middle")
        yield svg.element("path", class_="request ends", d=f"M{x:g} 30V{_TOP - 2:g}")
        yield from _box(x - half, _TOP, 2 * half, inventory.edge.kind, inventory.edge.name, ROUTE, middle=True)
    if any(region.is_gated for region in inventory.regions):
        left = _changes_middle(width) - 95
        yield from _box(left, _TOP, 190, "changes", "pull request, pulumi up", GATE, middle=True)


def _box(
    left: float, top: float, width: float, title: str, note: str, paint: Paint, *, middle: bool = False
) -> Iterator[str]:
    """Draw a box with a title and a line below it."""
    yield svg.box(left, top, width, _BOX, rx=9, fill=paint.fill, stroke=paint.line)
    x, anchor = (left + width / 2, "middle") if middle else (left + 16, "start")
    yield svg.text(x, top + 24, title, class_="title", text_anchor=anchor)
    yield svg.text(x, top + 44, shortened(note, int((width - 32) / 6.6)), class_="quiet", text_anchor=anchor)


def _ways_down(cards: list[Card], width: float) -> Iterator[str]:
    """Draw requests from the edge to each region that gets any, and changes to each gate."""
    start, below = _edge_middle(width), _TOP + _BOX
    served = [card for card in cards if card.region.priority is not None]
    for index, card in enumerate(served):
        x, end = card.gateway, card.top - PORT / 2 - 2
        from_x = start + (index - (len(served) - 1) / 2) * 36
        path = f"M{from_x:g} {below:g}C{from_x:g} {below + 46:g} {x:g} {below + 20:g} {x:g} {end:g}"
        yield svg.element("path", class_="request ends", d=path)
    gated = [card for card in cards if card.region.is_gated]
    x, turn = _changes_middle(width), below + 50
    if gated:
        # One line along all gates: two on top of each other would fill each other's dashes.
        ends = [card.gate for card in gated]
        yield svg.element("path", class_="change", d=f"M{x:g} {below:g}V{turn:g}")
        yield svg.element("path", class_="change", d=f"M{max(x, *ends):g} {turn:g}H{min(x, *ends):g}")
    for card in gated:
        yield svg.element("path", class_="change ends", d=f"M{card.gate:g} {turn:g}V{card.top - PORT / 2 - 2:g}")


def _ways_below(inventory: Inventory, cards: list[Card], bottom: float) -> Iterator[str]:
    """Draw the ways that regions share: from the registry, and to where records are kept."""
    if not cards:
        return
    images, records = bottom + 56, bottom + 28
    if inventory.registry:
        ends = [card.left + 110 for card in cards]
        yield svg.element("path", class_="image", d=f"M{ends[0]:g} {bottom + _BELOW:g}V{images:g}H{ends[-1]:g}")
        for x in ends:
            yield svg.element("path", class_="image ends", d=f"M{x:g} {images:g}V{bottom + 3:g}")
    if inventory.records:
        begins = [card.left + WIDTH - 110 for card in cards]
        yield svg.element("path", class_="record", d=f"M{begins[0]:g} {records:g}H{begins[-1]:g}")
        for x in begins:
            yield svg.element("path", class_="record", d=f"M{x:g} {bottom:g}V{records:g}")
        yield svg.element("path", class_="record ends", d=f"M{begins[-1]:g} {records:g}V{bottom + _BELOW - 2:g}")


def _below(inventory: Inventory, width: float, y: float) -> Iterator[str]:
    """Draw what the regions share."""
    half = (width - 2 * _MARGIN - _GAP) / 2
    if inventory.registry:
        copies = ", ".join(inventory.registry.regions[1:])
        where = inventory.registry.name + (f" · copies in {copies}" if copies else "")
        yield from _box(_MARGIN, y, half, "registry of models and images", where, STORE)
    if inventory.records:
        yield from _box(_MARGIN + half + _GAP, y, half, "records", " · ".join(_kept(inventory.records)), RECORD)


def _kept(records: Sequence[Record]) -> Iterator[str]:
    """Tell where records are kept: the name of what there is one of, the number of what there are more of."""
    for kind in dict.fromkeys(record.kind for record in records):
        names = [record.name for record in records if record.kind == kind]
        yield f"{kind} {names[0]}" if len(names) == 1 else f"{kind} ({len(names)})"


def _legend(inventory: Inventory, width: float, y: float) -> Iterator[str]:
    """Draw what the lines mean, and what the picture is of."""
    shown = {
        "request": bool(inventory.edge),
        "change": any(region.is_gated for region in inventory.regions),
        "image": bool(inventory.registry and inventory.regions),
        "record": bool(inventory.records and inventory.regions),
    }
    labels = [(name, FLOWS[name][2]) for name, is_shown in shown.items() if is_shown]
    columns = 2 if width < 700 else 4
    for index, (name, label) in enumerate(labels):
        x = _MARGIN + (index % columns) * ((width - 2 * _MARGIN) / columns)
        row = y + (index // columns) * 20
        yield svg.element("path", class_=f"{name} ends", d=f"M{x:g} {row - 4:g}H{x + 30:g}")
        yield svg.text(x + 40, row, label, class_="quiet")
    last = y + 26 * bool(labels) + 20 * (len(labels) > columns)
    letters = int((width - 2 * _MARGIN) / 5.9)
    drawn = f"{inventory.resources} resources of {', '.join(inventory.stacks)}"
    yield svg.text(_MARGIN, last, shortened(drawn, letters), class_="quiet")
    yield svg.text(_MARGIN, last + 18, shortened(" · ".join(inventory.shared), letters), class_="quiet")
