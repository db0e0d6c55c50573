"""A deployment as a Mermaid flowchart, for places that draw it themselves: pull requests, wikis, editors."""

from __future__ import annotations

import re
from collections.abc import Iterator

from headgate.diagram.inventory import Inventory, Region
from headgate.diagram.palette import GATE, MODEL, PLAIN, RECORD, ROUTE, STORE, Paint

_CLASSES: dict[str, Paint] = {
    "edge": ROUTE,
    "gate": GATE,
    "model": MODEL,
    "nodes": PLAIN,
    "store": STORE,
    "records": RECORD,
}
_UNSAFE = re.compile(r"[^a-z0-9]+")


def draw(inventory: Inventory) -> str:
    """Draw an inventory."""
    lines = ["flowchart TB", *_above(inventory)]
    for region in inventory.regions:
        lines += _region(region)
    lines += [*_below(inventory), *_ways(inventory)]
    lines += [
        f"  classDef {name} fill:{paint.fill},stroke:{paint.line},color:#1f2328" for name, paint in _CLASSES.items()
    ]
    return "\n".join(lines) + "\n"


def _above(inventory: Inventory) -> Iterator[str]:
    if inventory.edge:
        yield "  callers([callers])"
        yield f"  edge{_box(inventory.edge.kind, inventory.edge.name)}:::edge"
    if any(region.is_gated for region in inventory.regions):
        yield f"  changes{_box('changes', 'pull request, pulumi up')}:::gate"


def _region(region: Region) -> Iterator[str]:
    """Yield a region as a group: entries, namespaces with models, nodes."""
    own = _id(region.name)
    title = " · ".join(part for part in (region.name, region.cluster, region.version) if part)
    yield f'  subgraph {own}["{_text(title)}"]'
    gateway = next((each for each in region.services if each.is_gateway), None)
    if gateway:
        yield f"    {own}_gateway{_box('gateway', gateway.pods)}:::edge"
    if region.is_gated:
        yield f"    {own}_gate{_box('admission gate', 'fails closed')}:::gate"
    for namespace in region.namespaces:
        yield f'    subgraph {own}_{_id(namespace.name)}["{_text(namespace.name)}"]'
        for one in namespace.models:
            notes = " · ".join(part for part in (one.pods, one.digest and f"{one.digest}…") if part)
            name = f"{one.name} {one.version}".strip() + (" (job)" if one.kind == "job" else "")
            yield f"      {own}_{_id(namespace.name)}_{_id(one.name)}{_box(name, notes)}:::model"
        yield "    end"
    if region.pools:
        pools = [f"{pool.name}: {pool.low} to {pool.high} x {pool.size}" for pool in region.pools]
        yield f"    {own}_nodes{_box('nodes', *pools)}:::nodes"
    yield "  end"


def _below(inventory: Inventory) -> Iterator[str]:
    if inventory.registry:
        copies = [f"copy in {name}" for name in inventory.registry.regions[1:]]
        name = _text("<br/>".join(("registry", inventory.registry.name, *copies)), breaks=True)
        yield f'  registry[("{name}")]:::store'
    if inventory.records:
        name = "<br/>".join(("records", *(f"{record.kind} {record.name}" for record in inventory.records)))
        yield f'  records[("{_text(name, breaks=True)}")]:::records'


def _ways(inventory: Inventory) -> Iterator[str]:
    """Yield the flows: requests, changes, images, records."""
    if inventory.edge:
        yield "  callers --> edge"
    for region in inventory.regions:
        own = _id(region.name)
        has_gateway = any(each.is_gateway for each in region.services)
        if inventory.edge and has_gateway and region.priority is not None:
            yield f'  edge -- "priority {region.priority}" --> {own}_gateway'
        if region.is_gated:
            yield f"  changes -. judged .-> {own}_gate"
        for namespace in region.namespaces:
            serving = (one for one in namespace.models if one.kind == "model" and has_gateway)
            for one in serving:
                yield f"  {own}_gateway --> {own}_{_id(namespace.name)}_{_id(one.name)}"
        if inventory.registry:
            yield f'  registry -- "by digest" --> {own}'
        if inventory.records:
            yield f"  {own} -.-> records"


def _box(title: str, *notes: str) -> str:
    """Return a box with a title and lines below it."""
    return f'["{_text("<br/>".join(part for part in (f"<b>{title}</b>", *notes) if part), breaks=True)}"]'


def _text(text: str, *, breaks: bool = False) -> str:
    """Write a text so that nothing in it is taken for Mermaid's own marks."""
    escaped = text.replace("#", "#35;").replace('"', "#quot;")
    return escaped if breaks else escaped.replace("<", "#lt;").replace(">", "#gt;")


def _id(name: str) -> str:
    """Return a name as an identifier."""
    return _UNSAFE.sub("_", name.lower()).strip("_")
