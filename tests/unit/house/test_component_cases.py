"""The cases of the components: that each has them, and that no argument of the contract is left out.

What they are held to is `tests/unit/components/test_cases.py`; this is what whoever adds a component must know.
"""

from __future__ import annotations

import pytest
from component_cases import CASES, FOLDER, argument_types, cases, changes_of, fields_of, fields_on, written

from components.catalog import COMPONENTS

pytestmark = pytest.mark.unit


def test_every_component_has_its_three_cases() -> None:
    """What it is given, and beside it what it makes of that; and nothing is left of a component that went."""
    folders = {path.name: {each.stem for each in path.iterdir()} for path in FOLDER.iterdir() if path.is_dir()}

    assert {path.stem for path in FOLDER.glob("*.yaml")} == COMPONENTS.keys()
    assert folders == {component: {*CASES, "changes"} for component in COMPONENTS}
    assert {component for component in COMPONENTS if not {*CASES} <= cases(component).keys()} == set()


@pytest.mark.parametrize("component", sorted(COMPONENTS))
def test_a_change_is_made_in_place_unless_it_says_why_not(component: str) -> None:
    """Nothing is made anew, taken away, refused or without effect but with its reason, and no reason outlives that."""
    done = written(component, "changes")
    changes = changes_of(component)
    anew = {name for name, does in done.items() if does.keys() & {"replaces", "refused", "takes away"} or not does}

    assert len({change.name for change in changes}) == len(changes)
    assert sorted(anew) == sorted(change.name for change in changes if change.because)


def test_every_argument_is_changed() -> None:
    """Each argument of each component, and each field of what it is made of in the case of one component at least."""
    changed: set[tuple[type, str]] = set()
    for component in COMPONENTS:
        kind = argument_types(component)
        changed |= {field for change in changes_of(component) for field in fields_on(kind, change.path)}
    asked = {field for component in COMPONENTS for field in fields_of(argument_types(component))}

    assert sorted(f"{kind.__name__}.{name}" for kind, name in asked - changed) == []
