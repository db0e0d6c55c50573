"""From one update to the next: what stands, what is asked for, and what can't be done in one step."""

from __future__ import annotations

import pytest

from headgate.stack import load_stack
from headgate.stack.continuity import Standing, step_errors
from headgate.stack.edge import RegionState
from tests.unit.stack.conftest import Stacks

pytestmark = pytest.mark.unit

FILE = "stacks/Pulumi.platform-dev.yaml"
SERVING, DRAINING = RegionState.SERVING, RegionState.DRAINING


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("1.36", "1.36", None),
        ("1.35", "1.36", None),
        ("1.36.3", "1.36", None),
        ("1.36", "1.36.4", None),
        ("1.36.3", "1.36.4", None),
        ("1.34", "1.36", "Kubernetes goes up by one minor at a time"),
        ("1.37", "1.36", "Kubernetes can't go back to an older version"),
        ("1.36.4", "1.36.3", "Kubernetes can't go back to an older version"),
    ],
)
def test_versions_go_one_minor_up(stacks: Stacks, before: str, after: str, what: str | None) -> None:
    """Aliases and patches pass; the fault stands at the version's line."""
    stacks.edit("defaults/base.yaml", 'kubernetes_version: "1.36"', f'kubernetes_version: "{after}"')

    errors = step_errors(Standing(before, "uaenorth", {"uaenorth": SERVING}), load_stack("platform-dev", stacks.folder))

    assert [(each.what, each.where) for each in errors] == ([(what, "stacks/defaults/base.yaml:8")] if what else [])


@pytest.mark.parametrize(
    ("home", "regions", "expected"),
    [
        ("uaenorth", {"uaenorth": SERVING}, []),
        ("uaenorth", {"uaenorth": SERVING, "uaecentral": DRAINING}, []),
        (
            "uaenorth",
            {"uaenorth": SERVING, "uaecentral": SERVING},
            [("region uaecentral is still in traffic and can't be removed yet", f"{FILE}:3")],
        ),
        (
            "uaecentral",
            {"uaecentral": DRAINING, "uaenorth": SERVING},
            [("the platform's home can't move", f"{FILE}:4")],
        ),
    ],
)
def test_regions_go_when_they_have_drained(
    stacks: Stacks, home: str, regions: dict[str, RegionState], expected: list[tuple[str, str]]
) -> None:
    """The primary never, as registry, logs and edge live there."""
    errors = step_errors(Standing("1.36", home, regions), load_stack("platform-dev", stacks.folder))

    assert [(each.what, each.where) for each in errors] == expected


def test_what_is_exported_is_read_again(stacks: Stacks) -> None:
    """Exports come back in any order, so the home is named."""
    stand = Standing.of(load_stack("platform-dev", stacks.folder).platform)

    assert Standing.from_export(stand.export()) == stand
    assert stand.export() == {
        "kubernetes_version": "1.36",
        "home": "uaenorth",
        "regions": {"uaenorth": "serving"},
        "provisioned": False,
    }


NODES = "    cluster:\n      autoprovisioning: {cpu: {sizes: [Standard_D8s_v5], max_cpus: 64}%s}\n"
FIXED = "      pools: {cpu: {min: 2, max: 2}}\n"


@pytest.mark.parametrize(
    ("before", "cluster", "expected"),
    [
        (
            True,
            "",
            [("nodes that Karpenter made still stand, and would stay without it", "stacks/defaults/base.yaml:7")],
        ),
        (False, "", []),
        (True, NODES % "", []),
        (True, NODES % ", draining: true" + FIXED, []),
        (False, NODES % "", []),
    ],
)
def test_karpenter_goes_when_it_has_given_its_nodes_back(
    stacks: Stacks, before: bool, cluster: str, expected: list[tuple[str, str]]
) -> None:
    """Without it nobody would drain them, and their NodePools could never be deleted."""
    stacks.edit(FILE.removeprefix("stacks/"), "    gateway:", f"{cluster}    gateway:")
    loaded = load_stack("platform-dev", stacks.folder)

    errors = step_errors(Standing("1.36", "uaenorth", {"uaenorth": SERVING}, before), loaded)

    assert [(each.what, each.where) for each in errors] == expected


def test_what_drains_is_no_longer_provisioned(stacks: Stacks) -> None:
    """So the update after it may leave it out."""
    stacks.edit(FILE.removeprefix("stacks/"), "    gateway:", NODES % ", draining: true" + FIXED + "    gateway:")

    assert Standing.of(load_stack("platform-dev", stacks.folder).platform).provisioned is False


@pytest.mark.parametrize(
    "export", [None, {}, "text", {"regions": {}}, {"kubernetes_version": "1.36"}, {"regions": {"a": "serving"}}]
)
def test_a_platform_that_exports_nothing_was_never_deployed(export: object) -> None:
    """An older platform, too, has nothing to compare with."""
    assert Standing.from_export(export) is None
