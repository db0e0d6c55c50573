"""The lines of the program that resources of a preview come from, as the program itself wrote them down.

Pulumi's events do not have them. The file is a courtesy: what can't be read of it, or could be two resources', is no
line, and never an error.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from headgate.plan.view import Source, View

_Key = tuple[str, str]


def over(view: View, file: Path | None) -> View:
    """Return a view whose resources have their line, where the file names it and Pulumi did not."""
    lines = _read(file) if file else {}
    if not lines:
        return view
    known = (replace(each, source=each.source or lines.get((each.type, each.name))) for each in view.resources)
    return replace(view, resources=tuple(known))


def _read(file: Path) -> dict[_Key, Source]:
    """Return the line of each resource by its type and name."""
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    found: dict[_Key, set[Source]] = {}
    for line in text.splitlines():
        try:
            told = json.loads(line)
            key, source = (str(told["type"]), str(told["name"])), Source(str(told["file"]), int(told["line"]))
        except (ValueError, TypeError, KeyError):
            continue
        found.setdefault(key, set()).add(source)
    return {key: sources.pop() for key, sources in found.items() if len(sources) == 1}
