"""What a bill of materials names, whoever wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.model.proofs.ingredients import ingredients

pytestmark = pytest.mark.unit


def test_each_part_goes_by_its_package_url_and_by_its_name() -> None:
    """Parts of parts are parts; files are the version's own."""
    bom = {
        "components": [
            {"type": "library", "name": "torch", "version": "2.4.0", "purl": "pkg:pypi/torch@2.4.0"},
            {"type": "library", "group": "org", "name": "scorer", "components": [{"type": "library", "name": "inner"}]},
            {"type": "file", "name": "weights.bin"},
            {"type": "file", "name": "a.zip", "components": [{"type": "library", "name": "packed", "version": "1"}]},
        ]
    }

    assert ingredients(bom) == ["inner", "org/scorer", "packed@1", "pkg:pypi/torch@2.4.0", "torch@2.4.0"]


def test_a_bill_without_parts_names_none() -> None:
    """Which is something else than one that can't be read."""
    assert (ingredients({}), ingredients({"components": []})) == ([], [])


@pytest.mark.parametrize(
    "components",
    [
        "torch",
        {"name": "torch"},
        ["torch"],
        [{"type": "library"}],
        [{"type": "library", "name": ""}],
        [{"type": "library", "name": ["torch"]}],
        [{"type": "library", "name": "torch", "purl": {"a": 1}}],
        [{"type": "library", "name": "torch", "version": 2}],
        [{"type": "library", "name": "a", "components": "torch"}],
    ],
)
def test_a_part_that_can_not_be_read_hides_in_no_list(components: Any) -> None:
    """All of it is unreadable then, which the rules refuse."""
    assert ingredients({"components": components}) is None


def test_parts_within_parts_without_end_can_not_be_read() -> None:
    """Nor do they end the gate."""
    deep: dict[str, Any] = {"type": "library", "name": "a"}
    for _ in range(5000):
        deep = {"type": "library", "name": "a", "components": [deep]}

    assert ingredients({"components": [deep]}) is None
