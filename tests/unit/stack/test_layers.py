"""Layers: mappings merge, lists replace, and every value knows the line that set it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.stack import load_stack
from headgate.stack.document import Document, Origin
from headgate.stack.explain import explain
from headgate.stack.layers import merge_layers

pytestmark = pytest.mark.unit

# A key is of one kind in every layer, as the models demand: a number, a list or a group.
leaves = {"a": st.integers(), "b": st.lists(st.integers(), max_size=2)}
layers = st.fixed_dictionaries({}, optional={**leaves, "c": st.fixed_dictionaries({}, optional=leaves)})


def merged(*documents: dict[str, Any]) -> dict[str, Any]:
    """Merge plain values."""
    return merge_layers(Document(f"{index}.yaml", value) for index, value in enumerate(documents)).value


@given(layers)
def test_an_empty_layer_changes_nothing(layer: dict[str, Any]) -> None:
    """Neither below nor above."""
    assert merged({}, layer) == layer
    assert merged(layer, {}) == layer


@given(layers, layers, layers)
def test_merging_is_associative(first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]) -> None:
    """It does not matter which two layers are laid together first."""
    assert merged(merged(first, second), third) == merged(first, merged(second, third))


@given(layers, layers)
def test_merging_leaves_its_sources_alone(first: dict[str, Any], second: dict[str, Any]) -> None:
    """A layer can be used again: nothing is written into it."""
    before = repr((first, second))
    merged(first, second)
    assert repr((first, second)) == before


def test_lists_replace_and_mappings_merge() -> None:
    """The stronger layer's list stands alone; its mapping adds to the weaker's."""
    assert merged({"l": [1, 2], "m": {"a": 1, "b": 1}}, {"l": [3], "m": {"b": 2}}) == {
        "l": [3],
        "m": {"a": 1, "b": 2},
    }


def test_every_value_names_the_line_that_set_it(stacks: Any) -> None:
    """Base, environment and stack file, and the schema where none of them speaks."""
    stacks.write("defaults/dev.yaml", "platform:\n  cluster:\n    pools:\n      cpu: {max: 3}\n")

    rows = {row.path: (row.value, row.origin) for row in explain(load_stack("platform-dev", stacks.folder))}

    assert rows["cluster.pools.cpu.min"] == (1, "stacks/defaults/base.yaml:12")
    assert rows["cluster.pools.cpu.max"] == (3, "stacks/defaults/dev.yaml:4")
    assert rows["regions[0].network"] == ("10.20.0.0/16", "stacks/Pulumi.platform-dev.yaml:5")
    assert rows["regions[0].weight"] == (500, "schema default")


def test_what_pulumi_says_wins_over_the_file(stacks: Any) -> None:
    """A value given as `pulumi up --config` is used, and is not blamed on a line of the file."""
    loaded = load_stack("fraud-dev", stacks.folder)
    settings = {key: loaded.values[key] for key in ("name", "owner", "cost_center", "models")}

    changed = load_stack("fraud-dev", stacks.folder, {**settings, "owner": "night-shift"})

    assert changed.team.owner == "night-shift"
    assert changed.origins[("owner",)] == Origin("pulumi config")
    assert changed.origins[("name",)] == Origin("stacks/Pulumi.fraud-dev.yaml", 3)


def test_yaml_words_mean_what_pulumi_reads(stacks: Any) -> None:
    """`yes` is text and 1:30 is text, as in Pulumi's own reader; so is what is in quotes."""
    from headgate.stack.document import read_document

    stacks.write("x.yaml", "a: yes\nb: 1:30\nc: true\nd: '1'\ne: '010'\nf: 1.5\ng: ~\nh: 2026-01-01\n")

    assert read_document(stacks.folder / "x.yaml").value == {
        "a": "yes",
        "b": "1:30",
        "c": True,
        "d": "1",
        "e": "010",
        "f": 1.5,
        "g": None,
        "h": "2026-01-01",
    }
