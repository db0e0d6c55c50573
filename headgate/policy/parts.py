"""A large run in parts, judged side by side: objects by the thousand on each core, relations over the whole.

OPA works on one core, and what a rule on objects says of a resource depends on nothing but that resource. Owns the
parts and the sum of their answers; who answers a part is the caller's.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from headgate.policy.catalogue import SCOPES

# Below, a second OPA takes longer to start than it saves.
LARGE = 1_500
# Above, a part needs more memory than starting another OPA for the rest takes time.
_MOST = 2_500
_OBJECT, _RELATION = SCOPES

Answer = dict[str, Any]


def evaluate(ask: Callable[[Mapping[str, Any]], Answer], run: Mapping[str, Any]) -> Answer:
    """Return the decision document over a run; one part that can't be judged, and nothing was."""
    resources = run["resources"]
    cores = len(os.sched_getaffinity(0))
    if len(resources) < LARGE or cores < 2 or "scope" in run:
        return ask(run)
    size = min(-(-len(resources) // cores), _MOST)
    starts = range(0, len(resources), size)
    parts = [{**run, "scope": _OBJECT, "resources": resources[start : start + size]} for start in starts]
    with ThreadPoolExecutor(cores) as pool:
        # The relations first: they have the most to read. At admission nothing is judged among objects.
        relations = pool.submit(ask, {**run, "scope": _RELATION}) if run.get("gate") != "A" else None
        objects = list(pool.map(ask, parts))
        whole = relations.result() if relations else {"results": [], "rules": []}
    results = [
        {**each, "resource": each["resource"] + start}
        for start, answer in zip(starts, objects, strict=True)
        for each in answer["results"]
    ]
    return {"results": [*results, *whole["results"]], "rules": [*objects[0]["rules"], *whole["rules"]]}
