"""The cases of every component: what it is given, what each change of an argument is, and what both make.

Owns how the case files are read and how a change is judged: by the rules of the sandbox's providers, which are those of
the official ones. Does not own what is made, which stands beside each case file.
"""

from __future__ import annotations

import copy
import hashlib
import importlib
import inspect
import json
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components import catalog
from headgate.sandbox.azure.types import resolve
from headgate.sandbox.providers.azure_native.comparing import compare
from headgate.sandbox.providers.kubernetes.immutable import replaces, replacing_fields
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.protocol.diff import changes, path_text
from headgate.sandbox.providers.protocol.values import PropertyPath, value_at, without_nulls

FOLDER = Path(__file__).resolve().parents[1] / "unit/components/cases"
CASES = ("defaults", "max", "hardened")
OWNERSHIP = {
    "team": "fraud",
    "owner": "ml-platform",
    "environment": "prod",
    "cost_center": "ml",
    "data_class": "restricted",
    "commit": "0123abc",
    "change": "CHG-7",
}
# A longer text is a document that a component carries, such as a dashboard: those have tests of their own.
SHOWN = 400
DOCUMENT = "a document, with tests of its own"
_RULES = ":PrometheusRuleGroup"
_WORDS = ("given", "because")


@dataclass(frozen=True)
class Change:
    """A change of one argument: what it is in, what it becomes, and why it makes something anew or takes it away."""

    path: str
    value: Any
    given: Mapping[str, Any]
    because: str

    @property
    def name(self) -> str:
        """What it is called: the argument, and what else was given where that matters."""
        return f"{self.path} = {_brief(self.value)}" + (f" with {', '.join(self.given)}" if self.given else "")

    def before(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return what the component is given before it."""
        made = copy.deepcopy(args)
        for path, value in self.given.items():
            _put(made, path.split("."), value)
        return made

    def after(self, args: dict[str, Any]) -> dict[str, Any]:
        """Return what the component is given after it."""
        made = self.before(args)
        _put(made, self.path.split("."), self.value)
        return made


@cache
def cases(component: str) -> dict[str, Any]:
    """Return a component's case file."""
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{component}.yaml").read_text(encoding="utf-8"))
    return found


def written(component: str, name: str) -> Any:
    """Return what is written down of a case, or of the changes."""
    return yaml.load((FOLDER / component / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def arguments(component: str, case: str) -> dict[str, Any]:
    """Return what a component is given in a case: what all of them have, and the case's own."""
    of = cases(component)
    made = copy.deepcopy({**of.get("always", {}), **of[case]})
    return {**made, "ownership": {**OWNERSHIP, **made.get("ownership", {})}}


def changes_of(component: str) -> list[Change]:
    """Return the changes of a component's arguments."""
    found = []
    for row in cases(component)["changes"]:
        ((path, value),) = ((key, item) for key, item in row.items() if key not in _WORDS)
        found.append(Change(path, value, row.get("given", {}), row.get("because", "")))
    return found


def program(component: str, args: dict[str, Any]) -> Callable[[], dict[str, Any]]:
    """Return a program of one component."""

    def run() -> dict[str, Any]:
        getattr(catalog, component)("c", copy.deepcopy(args))
        return {}

    return run


def whole(recording: Any) -> dict[str, Any]:
    """Return everything that was registered, in the order of names."""
    return {
        each.name: {
            "type": each.type,
            **({"parent": each.parent} if each.parent else {}),
            **({"protect": True} if each.protect else {}),
            **({"ignores": each.ignored} if each.ignored else {}),
            **({"replaced_for": each.replaced_for} if each.replaced_for else {}),
            "inputs": _shown(each.inputs | _told(each)),
        }
        for each in recording.resources
    }


def outcome(before: Any, after: Any) -> dict[str, Any]:
    """Return what an update does: paths that change in place, and what is made anew, refused, added or taken away."""
    was, now = (
        {(each.name, each.type): each for each in one.resources if _is_real(each.type)} for one in (before, after)
    )
    both = sorted(was.keys() & now.keys())
    found: dict[str, Any] = {
        "updates": {},
        "replaces": {},
        "refused": {},
        "adds": sorted(name for name, _ in now.keys() - was.keys()),
        "takes away": sorted(name for name, _ in was.keys() - now.keys()),
        "guards": [name for name, kind in both if was[name, kind].protect != now[name, kind].protect],
    }
    for key in both:
        paths = list(_paths(was[key], now[key]))
        # What is made anew takes the rest along, also what could not be changed where it stands.
        for path, does in [each for each in paths if each[1] == "replaces"] or paths:
            listed = found[does].setdefault(key[0], [])
            # Which of its rules is the business of the rules.
            short = "rules" if key[1].endswith(_RULES) and path.startswith("rules[") else path
            if short not in listed:
                listed.append(short)
    return {word: value for word, value in found.items() if value}


def _paths(was: Any, now: Any) -> Iterator[tuple[str, str]]:
    """Yield each path that differs, and what that does to the resource."""
    before, after = without_nulls(was.inputs), without_nulls(now.inputs)
    for name in now.ignored:
        # As the engine does: what is ignored keeps its old value, or its absence.
        after.pop(name, None)
        if name in before:
            after[name] = before[name]
    if now.type.startswith("azure-native:"):
        spec = resolve(now.type).spec
        for each in compare(spec, before, after):
            anew = each.replace or _within(each.path, now.replaced_for)
            refused = not anew and _within(each.path, spec.refuses)
            yield path_text(each.path), "replaces" if anew else "refused" if refused else "updates"
        return
    fields = replacing_fields(
        Kind.of(after),
        config_map_mutable=True,
        secret_mutable=True,
        frozen=before.get("immutable") is True,
    )
    for each in changes(before, after):
        anew = replaces(each.path, fields, value_at(before, each.path), value_at(after, each.path))
        yield path_text(each.path), "replaces" if anew else "updates"


def _within(path: PropertyPath, properties: Collection[str]) -> bool:
    """Say whether a path is one of some properties, below one, or above one, which then comes or goes with it."""
    dotted = ".".join(str(step) for step in path if isinstance(step, str))
    return any(f"{dotted}.".startswith(f"{each}.") or each.startswith(f"{dotted}.") for each in properties)


def argument_types(component: str) -> type:
    """Return the TypedDict of a component's arguments."""
    kind = getattr(importlib.import_module(catalog.COMPONENTS[component]), component)
    return typing.get_type_hints(kind.__init__)["args"]  # type: ignore[no-any-return]


def fields_of(kind: type) -> Iterator[tuple[type, str]]:
    """Yield each field of a TypedDict and of those that it holds, with the one that it is of."""
    for name, hint in _hints(kind).items():
        yield kind, name
        form = _form(hint)
        while isinstance(form, _Many):
            form = _form(form.item)
        if form is not None:
            yield from fields_of(form)


def fields_on(kind: type, path: str) -> list[tuple[type, str]]:
    """Return the fields that the path of a change leads through, each with the TypedDict that it is of."""
    found: list[tuple[type, str]] = []
    form: type | _Many | None = kind
    for step in path.split("."):
        assert form is not None, f"{path}: nothing is below {found[-1][1]}"
        if isinstance(form, _Many):
            form = _form(form.item)
        else:
            found.append((form, step))
            form = _form(_hints(form)[step])
    return found


def _hints(kind: type) -> dict[str, Any]:
    """Return the fields of a TypedDict; an input names a class that is not in every module."""
    return typing.get_type_hints(kind, localns={"Output": pulumi.Output, "T": typing.Any})


@dataclass(frozen=True)
class _Many:
    """A list, or a map: its items."""

    item: Any


def _form(hint: Any) -> type | _Many | None:
    """Return the TypedDict that a value is, or that there are many of something; none of what has no parts."""
    if inspect.isclass(hint) and typing.is_typeddict(hint):
        return hint
    origin = typing.get_origin(hint)
    if origin in (list, dict):
        return _Many(typing.get_args(hint)[-1])
    if origin in (typing.Union, types.UnionType):
        # Of an input: the value itself, not the promise of it.
        return next((form for part in typing.get_args(hint) if (form := _form(part)) is not None), None)
    return None


def _is_real(kind: str) -> bool:
    return not kind.startswith(("headgate:", "pulumi:"))


def _told(registered: Any) -> dict[str, Any]:
    """Return what is told in short: a vendored definition by its digest, rules by name, since promtool tries them."""
    if registered.type.endswith(":CustomResourceDefinition"):
        text = json.dumps(registered.inputs["spec"], sort_keys=True)
        return {"spec": f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"}
    if registered.type.endswith(_RULES):
        return {"rules": [each.get("alert") or each.get("record") for each in registered.inputs["rules"]]}
    return {}


def _shown(value: Any) -> Any:
    """Return inputs without the documents in them."""
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return DOCUMENT if isinstance(value, str) and len(value) > SHOWN else value


def _brief(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000).removesuffix("\n...\n").strip()
    return text if len(text) <= 60 else f"{text[:59]}…"


def _put(args: Any, steps: list[str], value: Any) -> None:
    """Set a value at a path; none takes it away."""
    *parents, last = steps
    for step in parents:
        args = args[int(step)] if isinstance(args, list) else args.setdefault(step, {})
    key: Any = int(last) if isinstance(args, list) else last
    if value is None:
        del args[key]
    elif isinstance(args, list) and key == len(args):
        args.append(value)
    else:
        args[key] = value
