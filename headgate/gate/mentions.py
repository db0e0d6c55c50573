"""Which models a run mentions, by digest, wherever they stand: what gates ask about. To find too much does no harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from headgate.plan.view import Resource

Mention = tuple[str, str]
"""A model's name, TEAM/MODEL, and a digest."""

_OCI = re.compile(r"(?:^|/)models/([a-z0-9-]+/[a-z0-9-]+)(?::[\w.-]+)?@(sha256:[0-9a-f]{64})$")
_AZURE = re.compile(r"^azureml://registries/[\w-]+/models/([a-z0-9-]+)/versions/sha256-([0-9a-f]{64})$")


def mentioned(resources: Iterable[Resource], names: Callable[[], Collection[str]]) -> list[Mention]:
    """Return what looks like a model; `names` tells all that there are, and is asked where one lacks its team."""
    return sorted({each for resource in resources for each in _mentions(resource.properties, names)})


def _mentions(value: Any, names: Callable[[], Collection[str]]) -> Iterator[Mention]:
    if isinstance(value, str):
        yield from _mentioned(value, names)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _mentions(inner, names)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _mentions(inner, names)


def _mentioned(text: str, names: Callable[[], Collection[str]]) -> Iterator[Mention]:
    if found := _OCI.search(text):
        yield found[1], found[2]
    elif found := _AZURE.match(text):
        # An Azure Machine Learning registry names a model without its team.
        yield from ((name, f"sha256:{found[2]}") for name in names() if name.endswith(f"/{found[1]}"))
