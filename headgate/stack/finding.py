"""A fault between values that no single field can show, and the two kinds that every stack can have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath, Origin


@dataclass(frozen=True)
class Finding:
    """A fault between values, before it has a file and line."""

    path: KeyPath
    what: str
    found: str
    expected: str
    fix: str

    def at(self, origin: Callable[[KeyPath], Origin]) -> HeadgateError:
        """Give it its place."""
        return HeadgateError(
            self.what, where=str(origin(self.path)), found=self.found, expected=self.expected, fix=self.fix
        )


def repeated(kind: str, path: KeyPath, names: list[str], key: str = "name") -> Iterator[Finding]:
    """Yield each name that was there before."""
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding(
                (*path, index, key),
                f"{kind} `{name}` is there twice",
                found=f"{name}, also at position {names.index(name) + 1} of {path[-1]}",
                expected=f"each {kind} once",
                fix="remove or rename one of the two",
            )


def bounds(path: KeyPath, low: int, high: int) -> Iterator[Finding]:
    """Yield a lower bound that is above the upper."""
    if low > high:
        yield Finding(path, "the minimum is above the maximum", f"min {low}, max {high}", "min ≤ max", "swap them")
