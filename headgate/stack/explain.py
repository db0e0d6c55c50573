"""Where every value of a stack came from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from headgate.errors import HeadgateError
from headgate.stack.document import KeyPath
from headgate.stack.faults import dotted
from headgate.stack.load import LoadedStack

SCHEMA = "schema default"
_PART = re.compile(r"\.?[^.\[]+|\[[^\]]*\]|.")


@dataclass(frozen=True)
class Explained:
    """A value, and the place that set it."""

    path: str
    value: Any
    origin: str

    def as_json(self) -> dict[str, Any]:
        """Return the row for `--json`."""
        return {"path": self.path, "value": self.value, "origin": self.origin}


def explain(stack: LoadedStack, path: str | None = None) -> list[Explained]:
    """Return every value below a path (or all), in the order of the schema."""
    values = stack.config.model_dump(mode="json")
    rows = [_explained(stack, keys, value) for keys, value in _leaves(values, ())]
    if path is None:
        return rows
    meant = _by_position(values, path)
    kept = [row for row in rows if row.path == meant or row.path.startswith((f"{meant}.", f"{meant}["))]
    if not kept:
        raise _no_such_path(path, rows)
    return kept


def _by_position(values: Any, path: str) -> str:
    """Return a path with the position of each entry that it names: `models[fraud-score]`, as differences are shown."""
    meant = ""
    for part in _PART.findall(path):
        key = part.strip("[].")
        if isinstance(values, list):
            found = next((index for index, item in enumerate(values) if key in (str(index), _name(item))), None)
            meant += part if found is None else f"[{found}]"
            values = None if found is None else values[found]
        else:
            meant += part
            values = values.get(key) if isinstance(values, dict) else None
    return meant


def _name(entry: Any) -> Any:
    return entry.get("name") if isinstance(entry, dict) else None


def _explained(stack: LoadedStack, path: KeyPath, value: Any) -> Explained:
    """Find the place of one value."""
    origin = stack.origins.get(path)
    return Explained(dotted(path), value, str(origin) if origin else SCHEMA)


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Yield single values and empty groups, with their paths."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def _no_such_path(path: str, rows: list[Explained]) -> HeadgateError:
    """Say which path was probably meant."""
    known = [row.path for row in rows]
    groups = {name.rpartition(".")[0] for name in known} - {""}
    close = difflib.get_close_matches(path, [*known, *groups], n=1, cutoff=0.4)
    return HeadgateError(
        f"the stack has no setting `{path}`",
        found=path,
        expected="a path such as models[0].replicas",
        fix=f"did you mean `{close[0]}`?" if close else "leave the path out to see all",
    )
