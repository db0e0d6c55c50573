"""One region as a card: its gateway and gate on the upper edge, its namespaces with models, its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from headgate.diagram import svg
from headgate.diagram.inventory import Pool, Region
from headgate.diagram.palette import GATE, MODEL, NODES, PLAIN, ROUTE, Paint
from headgate.diagram.workload import Namespace, Served

WIDTH = 456
PORT = 34  # height of what sits on the card's upper edge
_HEAD, _TITLE, _CHIP, _GAP, _POOL = 100, 24, 50, 8, 25
_LEFT, _RIGHT, _BUS = 50, 20, 30
_BAR = 96
_LINE = 18
_LETTERS = 58  # of the small text, in one line of the card


@dataclass(frozen=True)
class Card:
    """A region's card at its place."""

    region: Region
    left: float
    top: float
    height: float

    @property
    def gateway(self) -> float:
        """Where requests come in, from the left."""
        return self.left + 20 + 95

    @property
    def gate(self) -> float:
        """Where changes come in."""
        return self.left + WIDTH - 20 - 100

    @property
    def middle(self) -> float:
        """The card's middle."""
        return self.left + WIDTH / 2


def height_of(region: Region) -> float:
    """Return how tall a region's card must be."""
    namespaces = sum(_TITLE + len(each.models) * (_CHIP + _GAP) + 6 for each in region.namespaces)
    pools = _TITLE + len(region.pools) * _POOL + 4 if region.pools else 0
    services = _TITLE + len(_service_lines(region)) * _LINE + 4 if _service_lines(region) else 0
    return _HEAD + namespaces + services + pools + 10


def draw_card(card: Card) -> Iterator[str]:
    """Draw a card from top to bottom."""
    region, y = card.region, card.top + _HEAD
    yield svg.box(card.left, card.top, WIDTH, card.height, rx=12, fill=PLAIN.fill, stroke=PLAIN.line)
    yield from _head(card)
    bus: list[float] = []
    for namespace in region.namespaces:
        yield svg.text(card.left + _LEFT, y + 10, f"namespace {namespace.name}", class_="quiet")
        y += _TITLE
        yield from _models(card, namespace, y)
        bus += [y + index * (_CHIP + _GAP) + _CHIP / 2 for index, one in enumerate(namespace.models) if _serves(one)]
        y += len(namespace.models) * (_CHIP + _GAP) + 6
    yield from _bus(card, bus)
    yield from _services(card, y)
    yield from _nodes(card)


def _serves(one: Served) -> bool:
    return one.kind == "model"


def _head(card: Card) -> Iterator[str]:
    """Draw the region's name, its cluster, and its two entries."""
    region, top = card.region, card.top
    yield svg.text(card.left + _LEFT, top + 50, region.name, class_="head")
    cluster = " · ".join(part for part in (region.cluster, region.version and f"Kubernetes {region.version}") if part)
    yield svg.text(card.left + _LEFT, top + 72, cluster or "a cluster of the platform", class_="quiet")
    if region.priority is not None:
        rank = f"priority {region.priority} · weight {region.weight}"
        yield svg.text(card.left + WIDTH - _RIGHT, top + 50, rank, class_="quiet", text_anchor="end")
    gateway = next((each for each in region.services if each.is_gateway), None)
    if gateway:
        yield from _port(card.gateway, top, 190, f"gateway · {gateway.pods}", ROUTE)
    if region.is_gated:
        yield from _port(card.gate, top, 200, "admission gate · fails closed", GATE)


def _port(middle: float, top: float, width: float, label: str, paint: Paint) -> Iterator[str]:
    yield svg.box(middle - width / 2, top - PORT / 2, width, PORT, rx=PORT / 2, fill=paint.fill, stroke=paint.line)
    yield svg.text(middle, top + 5, label, text_anchor="middle")


def _models(card: Card, namespace: Namespace, y: float) -> Iterator[str]:
    """Draw a namespace's models and jobs, one chip each."""
    left, width = card.left + _LEFT, WIDTH - _LEFT - _RIGHT
    for one in namespace.models:
        dash = {} if _serves(one) else {"stroke_dasharray": "4 3"}
        yield svg.box(left, y, width, _CHIP, rx=7, fill=MODEL.fill, stroke=MODEL.line, **dash)
        title = shortened(f"{one.name} {one.version}".strip(), 34)
        yield svg.text(left + 12, y + 21, title, font_weight=600)
        yield svg.text(left + width - 12, y + 21, shortened(one.pods, 18), class_="quiet", text_anchor="end")
        notes = [part for part in ("" if _serves(one) else "job", one.digest and f"{one.digest}…") if part]
        yield svg.text(left + 12, y + 39, " · ".join(notes), class_="quiet code")
        if one.gpu:
            yield svg.text(left + width - 12, y + 39, "GPU", class_="quiet", text_anchor="end")
        y += _CHIP + _GAP


def _bus(card: Card, places: list[float]) -> Iterator[str]:
    """Draw the way from the gateway to each model that serves."""
    if not places or not any(each.is_gateway for each in card.region.services):
        return
    x = card.left + _BUS
    yield svg.element("path", class_="request", d=f"M{x:g} {card.top + PORT / 2:g}V{places[-1]:g}")
    for y in places:
        yield svg.element("path", class_="request ends", d=f"M{x:g} {y:g}H{card.left + _LEFT - 2:g}")


def _service_lines(region: Region) -> list[str]:
    """Return what else runs, in lines that fit the card."""
    lines = [""]
    for service in region.services:
        if service.is_gateway:
            continue
        word = f"{service.name} ({service.pods})" if service.pods else service.name
        joined = f"{lines[-1]}, {word}" if lines[-1] else word
        lines = [*lines[:-1], joined] if len(joined) <= _LETTERS else [*lines, word]
    return [line for line in lines if line]


def _services(card: Card, y: float) -> Iterator[str]:
    """Draw what the platform itself runs in the cluster."""
    lines = _service_lines(card.region)
    if lines:
        yield svg.text(card.left + _LEFT, y + 10, "the platform's own", class_="quiet")
    for index, line in enumerate(lines):
        yield svg.text(card.left + _LEFT, y + 10 + _TITLE - 4 + index * _LINE, line, class_="small")


def _nodes(card: Card) -> Iterator[str]:
    """Draw the pools at the bottom, each with a bar from its least to its most."""
    pools = card.region.pools
    y = card.top + card.height - 10 - len(pools) * _POOL
    if pools:
        yield svg.text(card.left + _LEFT, y - 8, "nodes", class_="quiet")
    most = max((pool.high for pool in pools), default=1) or 1
    for pool in pools:
        yield from _pool(card, pool, y + 8, most)
        y += _POOL


def _pool(card: Card, pool: Pool, y: float, most: int) -> Iterator[str]:
    left, right = card.left + _LEFT, card.left + WIDTH - _RIGHT
    bar = right - 70 - _BAR
    low, high = (max(3.0, _BAR * number / most) if number else 0.0 for number in (pool.low, pool.high))
    yield svg.text(left, y + 4, shortened(pool.name, 12), font_weight=600)
    size = pool.size.removeprefix("Standard_") + (" spot" if pool.spot else "")
    yield svg.text(left + 66, y + 4, shortened(size, 22), class_="quiet")
    yield svg.box(bar, y - 4, _BAR, 7, rx=3.5, fill="#eaeef2")
    yield svg.box(bar, y - 4, high, 7, rx=3.5, fill=NODES.fill)
    if low:
        yield svg.box(bar, y - 4, low, 7, rx=3.5, fill=NODES.line)
    bounds = f"{pool.low} to {pool.high}" if pool.low != pool.high else str(pool.low)
    yield svg.text(right, y + 4, bounds, text_anchor="end")


def shortened(text: str, letters: int) -> str:
    """Cut a text that would run out of its place."""
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
