"""A deployment as a picture: clients, the edge, regions side by side, and what they share."""

from __future__ import annotations

from drawing import svg
from drawing.inventory import Inventory, Region

_GAP, _MARGIN, _WIDTH = 28, 28, 420
_ROW, _CHIP = 24, 58
_BETWEEN = 76  # from the regions to what they share
_INK, _QUIET, _LINE = "#1f2328", "#59636e", "#818b98"
_EDGE, _CLUSTER, _MODEL, _GATE, _STORE = "#ddf4ff", "#f6f8fa", "#dafbe1", "#fff8c5", "#fbefff"
_WAYS = {"flow": _LINE, "images": "#a475f9", "records": "#bf8700"}
_STYLE = (
    f"text{{font-family:{svg.SANS};font-size:13px;fill:{_INK}}}"
    f".quiet{{fill:{_QUIET};font-size:12px}}.head{{font-size:16px;font-weight:600}}path{{stroke-width:1.6;fill:none}}"
    + "".join(f".{name}{{stroke:{color}}}.{name}.ends{{marker-end:url(#{name})}}" for name, color in _WAYS.items())
)
_ARROWS = "".join(
    f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    f'<path d="M0 0 8 4 0 8z" style="fill:{color}"/></marker>'
    for name, color in _WAYS.items()
)


def draw(inventory: Inventory) -> str:
    """Draw an inventory."""
    count = max(1, len(inventory.regions))
    width = 2 * _MARGIN + count * _WIDTH + (count - 1) * _GAP
    body = max([_height(region) for region in inventory.regions], default=0)
    top = 150
    height = top + body + _BETWEEN + 84
    content = [
        svg.element("defs", _ARROWS),
        svg.box(0.5, 0.5, width - 1, height - 1, rx=10, fill="#ffffff", stroke="#d1d9e0"),
    ]
    content += _draw_edge(inventory, width)
    for number, region in enumerate(inventory.regions):
        left = _MARGIN + number * (_WIDTH + _GAP)
        content += _draw_route(region, width, left, top)
        content += _draw_region(region, left, top, body)
    content += _draw_ways(count, top + body)
    content += _draw_shared(inventory, width, top + body + _BETWEEN)
    title = f"{len(inventory.regions)} regions behind one front door, {inventory.resources} resources"
    return svg.picture(width, height, title, _STYLE, content)


def _height(region: Region) -> float:
    """Return how tall a region's card is."""
    return 70 + _ROW * len(region.pools) + (40 if region.is_gated else 0) + (_CHIP + 8) * len(region.models) + 8


def _draw_edge(inventory: Inventory, width: float) -> list[str]:
    """Draw clients and the front door."""
    middle = width / 2
    half = 190
    return [
        svg.text(middle, 26, "requests: Open Inference Protocol", class_="quiet", text_anchor="middle"),
        svg.element("path", class_="flow ends", d=f"M{middle} 32V46"),
        svg.box(middle - half, 48, 2 * half, 50, rx=8, fill=_EDGE, stroke="#54aeff"),
        svg.text(middle, 69, "front door", class_="head", text_anchor="middle"),
        svg.text(middle, 88, inventory.edge or "none", class_="quiet", text_anchor="middle"),
    ]


def _draw_route(region: Region, width: float, left: float, top: float) -> list[str]:
    """Draw the way from the front door to a region, with its rank."""
    x, middle = left + _WIDTH / 2, width / 2
    start = middle + max(-150, min(150, (x - middle) / 2))
    path = f"M{start} 98C{start} 128 {x} 112 {x} {top - 3}"
    if region.priority is None:
        return []
    rank = f"priority {region.priority}, weight {region.weight}"
    anchor, shift = ("end", -10) if x < middle else ("start", 10)
    return [
        svg.element("path", class_="flow ends", d=path),
        svg.text(x + shift, 128, rank, class_="quiet", text_anchor=anchor),
    ]


def _draw_region(region: Region, left: float, top: float, height: float) -> list[str]:
    """Draw a region's card: cluster, pools, admission gate, models."""
    inner = left + 16
    content = [
        svg.box(left, top, _WIDTH, height, rx=10, fill=_CLUSTER, stroke="#d1d9e0"),
        svg.text(inner, top + 28, region.name, class_="head"),
        svg.text(inner, top + 50, f"{region.cluster} · Kubernetes {region.version}", class_="quiet"),
    ]
    y = top + 76.0
    for pool in region.pools:
        content += [
            svg.element("circle", cx=inner + 5, cy=y - 4, r=4, fill=_LINE),
            svg.text(inner + 18, y, f"{pool.name} pool"),
            svg.text(
                left + _WIDTH - 16, y, f"{pool.least} to {pool.most} of {pool.size}", class_="quiet", text_anchor="end"
            ),
        ]
        y += _ROW
    y -= 6
    if region.is_gated:
        content += [
            svg.box(inner, y, _WIDTH - 32, 30, rx=6, fill=_GATE, stroke="#d4a72c"),
            svg.text(inner + 12, y + 20, "admission gate: OPA, fails closed"),
        ]
        y += 40
    for model in region.models:
        pods = f"{model.least} to {model.most} pods" if model.most else ""
        content += [
            svg.box(inner, y, _WIDTH - 32, _CHIP, rx=6, fill=_MODEL, stroke="#4ac26b"),
            svg.text(inner + 12, y + 23, f"{model.name} {model.version}", font_weight=600),
            svg.text(left + _WIDTH - 28, y + 23, pods, class_="quiet", text_anchor="end"),
            svg.text(inner + 12, y + 44, f"namespace {model.namespace} · {model.digest}", class_="quiet"),
        ]
        y += _CHIP + 8
    return content


def _draw_ways(count: int, bottom: float) -> list[str]:
    """Draw the ways that all regions share: images from the registry, and records to the ledger."""
    middles = [_MARGIN + number * (_WIDTH + _GAP) + _WIDTH / 2 for number in range(count)]
    first, last = middles[0], middles[-1]
    images, records = bottom + 48, bottom + 22
    content = [
        svg.element("path", class_="images", d=f"M{first - 60} {bottom + _BETWEEN}V{images}H{last - 60}"),
        svg.element("path", class_="records", d=f"M{first + 60} {records}H{last + 60}"),
        svg.text(first - 50, images + 18, "images, by digest", class_="quiet"),
        svg.text(last + 70, records + 34, "decisions, audit events", class_="quiet"),
        svg.element("path", class_="records ends", d=f"M{last + 60} {records}V{bottom + _BETWEEN - 2}"),
    ]
    for middle in middles:
        content += [
            svg.element("path", class_="images ends", d=f"M{middle - 60} {images}V{bottom + 3}"),
            svg.element("path", class_="records", d=f"M{middle + 60} {bottom}V{records}"),
        ]
    return content


def _draw_shared(inventory: Inventory, width: float, y: float) -> list[str]:
    """Draw what the regions share."""
    half = (width - 2 * _MARGIN - _GAP) / 2
    right = _MARGIN + half + _GAP
    registry = ", ".join(inventory.registries) or "none"
    summary = f"{inventory.resources} resources of {', '.join(inventory.stacks)}"
    shared = " · ".join([*inventory.shared, summary])
    return [
        svg.box(_MARGIN, y, half, 48, rx=8, fill=_STORE, stroke="#c297ff"),
        svg.text(_MARGIN + 14, y + 20, "model registry", font_weight=600),
        svg.text(_MARGIN + 14, y + 39, registry, class_="quiet"),
        svg.box(right, y, half, 48, rx=8, fill=_GATE, stroke="#d4a72c"),
        svg.text(right + 14, y + 20, "ledger", font_weight=600),
        svg.text(right + 14, y + 39, "append-only Merkle log, signed checkpoints", class_="quiet"),
        svg.text(width / 2, y + 70, shared, class_="quiet", text_anchor="middle"),
    ]
