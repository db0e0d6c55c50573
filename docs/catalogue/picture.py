"""An example run in memory, and the picture of what it makes."""

from __future__ import annotations

import ast
import re
import runpy
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.errors import HeadgateError

CHECKOUT = Path(__file__).resolve().parents[2]
_LAYERS = {"azure-native": "Azure", "kubernetes": "Kubernetes"}


@dataclass(frozen=True)
class Example:
    """An example, as its page shows it."""

    path: str
    intent: str
    code: str
    summary: str
    diagram: str


def file_name(name: str) -> str:
    """Return a component's name as its example's file has it: `AdmissionGate` → `admission_gate`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def example_path(name: str) -> str:
    """Return where a component's example is."""
    return f"examples/components/{file_name(name)}.py"


def example_of(name: str) -> Example:
    """Return the example of a component, after it has run."""
    path = example_path(name)
    source = CHECKOUT / path
    text = source.read_text(encoding="utf-8")
    tree = ast.parse(text)
    intent = ast.get_docstring(tree) or ""
    code = "".join(text.splitlines(keepends=True)[tree.body[0].end_lineno :]).lstrip("\n") if intent else text
    made = [each for each in registrations(source) if not each.type.startswith("pulumi:")]
    if not any(each.type == f"headgate:index:{name}" for each in made):
        raise HeadgateError(f"the example of {name} makes none", where=path, fix="make one, then run `make docs`")
    return Example(path, " ".join(intent.split()), code, _summary(made), _diagram(made))


def registrations(source: Path) -> list[Any]:
    """Run a program in memory; return what it registered."""
    sys.path[:0] = [path for path in (str(CHECKOUT),) if path not in sys.path]
    from lint.program import run

    def program() -> dict[str, Any]:
        runpy.run_path(str(source), run_name="__main__")
        return {}

    return run(program).registrations


def _summary(made: list[Any]) -> str:
    """Return how many resources of which kind there are."""
    kinds = Counter((_layer(each), each.kind) for each in made if _layer(each))
    parts = []
    for layer in _LAYERS.values():
        listed = [
            f"{kind}{f' ({count})' if count > 1 else ''}" for (at, kind), count in sorted(kinds.items()) if at == layer
        ]
        if listed:
            parts.append(f"**{layer}**: {', '.join(listed)}.")
    return " ".join(parts)


def _diagram(made: list[Any]) -> str:
    """Return the Mermaid text: components with their resources, and which resource takes what from which."""
    number = {each.urn: f"r{index}" for index, each in enumerate(made)}
    lines = ["flowchart LR"]
    for component in (each for each in made if not _layer(each)):
        lines.append(f'  subgraph {number[component.urn]}["{component.kind} {component.name}"]')
        children = [each for each in made if each.parent == component.urn and _layer(each)]
        lines += [f'    {number[each.urn]}["{each.kind}<br/>{_called(each, component)}"]' for each in children]
        lines.append("  end")
    lines += [f"  {number[source]} --> {number[target]}" for source, target in _arrows(made)]
    return "\n".join(lines) + "\n"


def _arrows(made: list[Any]) -> list[tuple[str, str]]:
    """Return which resource needs which, without what follows from other arrows."""
    drawn = {each.urn: each for each in made if _layer(each)}
    needs = {urn: {used for used in each.uses if used in drawn} for urn, each in drawn.items()}
    return [
        (used, urn)
        for urn, direct in needs.items()
        for used in sorted(direct)
        if not any(used in _reached(needs, other) for other in direct - {used})
    ]


def _reached(needs: dict[str, set[str]], urn: str) -> set[str]:
    """Return all that a resource needs, directly or not."""
    found: set[str] = set()
    waiting = list(needs[urn])
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += needs[at]
    return found


def _called(each: Any, component: Any) -> str:
    """Return what a resource is called beneath its component's name."""
    return str(each.name.removeprefix(f"{component.name}-"))


def _layer(each: Any) -> str:
    return _LAYERS.get(each.type.partition(":")[0], "")
