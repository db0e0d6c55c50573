"""Each component in three cases, whole; and what each change of each of its arguments does.

What a case makes stands in `cases/<component>/`, to be read in a review; `GOLDENS=write` writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from component_cases import (
    CASES,
    FOLDER,
    arguments,
    changes_of,
    outcome,
    program,
    whole,
    written,
)

from components.catalog import COMPONENTS

pytestmark = pytest.mark.unit

Record = Callable[..., Any]


class _Plain(yaml.SafeDumper):
    """Writes what a person compares: in the order of names, nothing by reference."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write the same thing twice rather than once and a name for it."""
        return True


def kept(component: str, name: str, found: Any) -> Any:
    """Return what is written down of a case, which is this where it is asked to be written."""
    path = FOLDER / component / f"{name}.yaml"
    if os.environ.get("GOLDENS") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.dump(found, Dumper=_Plain, width=120, allow_unicode=True), encoding="utf-8")
    return written(component, name)


def outcomes(record: Record, component: str) -> dict[str, dict[str, Any]]:
    """Return what each change of a component's arguments does."""
    args = arguments(component, "max")
    recorded: dict[str, Any] = {}

    def made(given: dict[str, Any]) -> Any:
        key = yaml.safe_dump(given)
        if key not in recorded:
            recorded[key] = record(program(component, given))
        return recorded[key]

    return {
        change.name: outcome(made(change.before(args)), made(change.after(args))) for change in changes_of(component)
    }


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_a_component_makes_these_resources_and_no_others(record: Record, component: str, case: str) -> None:
    """With as little as it takes, with everything, and with all that guards it: type, parent, options and inputs."""
    found = whole(record(program(component, arguments(component, case))))

    assert found == kept(component, case, found)


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_a_change_of_an_argument_does_this_and_no_more(record: Record, component: str) -> None:
    """Which properties of which resources change in place, what comes and what goes."""
    found = outcomes(record, component)

    assert found == kept(component, "changes", found)
