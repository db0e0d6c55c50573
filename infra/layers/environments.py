"""Which version of its environment a program of managed work is: never the name of one that another has followed.

A locked workspace keeps each version that it ever had, and gives none of their names again. So an image that comes back
after another one gets the next name of its own. Which names were given is what the stack last exported, and what it
holds: after an update that failed, that is more. After several that failed it is less than what was given: what the
first of them made, another has followed, and nobody tells of it. So from then on a new name says what it follows, which
no name that was given before can say.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Self

from components import names
from infra.deployed import resources

EXPORT = "environments"
# The name of a version that was made after an update had failed.
_FOLLOWS = re.compile(r"[0-9a-f]+-[0-9a-f]{8}")
_VERSION = "azure-native:machinelearningservices:EnvironmentVersion"


@dataclass(frozen=True)
class Environment:
    """Versions of one work's environment: those that are in service, by image, and all that there ever were."""

    versions: dict[str, str]
    ever: list[str]


class Environments:
    """The environments of a stack's managed work, as its last update left them."""

    def __init__(self, standing: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the outputs of what stands, by URN."""
        self._standing = standing

    @classmethod
    def of(cls, stack: str) -> Self:
        """Read what a stack holds."""
        return cls(resources(stack, _VERSION))

    def named(self, logical: str, images: Iterable[str], before: Mapping[str, Any] | None) -> Environment:
        """Name the version of each image of one component, of which the last update exported `before`, or nothing."""
        standing = {
            outputs["properties"]["image"]: str(outputs["name"])
            for urn, outputs in self._standing.items()
            if f"::{logical}-environment-" in urn
        }
        told = (before or {}).get(EXPORT)
        ever = {*(told or []), *standing.values()}
        # Of what an earlier release deployed nothing is known but what stands: it never gave a name with a number.
        numbered = before is not None and told is None
        has_failed = not {*standing.values()} <= {*(told or [])} or any(map(_FOLLOWS.fullmatch, ever))
        follows = _digest(ever) if has_failed else ""
        versions: dict[str, str] = {}
        for image in images:
            free = next(name for name in _names(image, follows, numbered=numbered) if name not in ever)
            versions.setdefault(image, standing.get(image) or free)
        return Environment(versions, sorted({*ever, *versions.values()}))


def _digest(ever: Iterable[str]) -> str:
    """Return what tells these versions from any others that were known at another time."""
    return hashlib.sha256("\n".join(sorted(ever)).encode()).hexdigest()[:8]


def _names(image: str, follows: str, *, numbered: bool) -> Iterator[str]:
    """Yield the names that an image can have: the beginning of its digest, that and what it follows, or a number."""
    if follows:
        yield f"{names.short_digest(image)}-{follows}"
    elif not numbered:
        yield names.short_digest(image)
    yield from (f"{names.short_digest(image)}-{number}" for number in count(2))
