"""Every component of the catalogue by the real engine: both regions, no second change, every argument changed, gone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from whole_catalogue.running import Done, Whole, whole

from components import catalog
from headgate.sandbox.azure.client import ArmClient
from headgate.sandbox.control import Control

pytestmark = pytest.mark.stress

COMPONENT = "headgate:index:"
# What is made anew on purpose when what it holds changes, each under a name of its own.
RENEWED = {
    # Named by a hash of their content, so that pods never read half of a change.
    "kubernetes:core/v1:ConfigMap": ("-rules", "-config", "-configuration"),
    # Each digest is a version, and a version is never another.
    "azure-native:machinelearningservices:EnvironmentVersion": ("-environment-version",),
}
# One entry of an argument that is a list, or an option that is off now: a resource of its own that goes with it.
GOES = (
    "azure-native:authorization:",
    # Of versions that are served: it stays in the workspace, and goes with the endpoint's environment.
    "azure-native:machinelearningservices:EnvironmentVersion",
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Whole]:
    """Run a sandbox with nothing in it; its path is short, for unix sockets live in it."""
    folder = Path(tempfile.mkdtemp(prefix="hg-", dir="/tmp"))
    try:
        with whole(folder) as made:
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kind_of(urn: str) -> str:
    """Return the type of a resource, without its parents'."""
    return urn.split("::")[2].rpartition("$")[2]


def components_of(urns: set[str]) -> set[str]:
    """Return the components that resources belong to, by type."""
    parents = {part for urn in urns for part in urn.split("::")[2].split("$")}
    return {part.removeprefix(COMPONENT) for part in parents if part.startswith(COMPONENT)}


def unexpected(done: Done) -> dict[str, list[str]]:
    """Return what an update did beside changing in place, adding, and taking away entries of lists."""
    found = {operation: sorted(urns) for operation, urns in done.items() if operation not in {"update", "create"}}
    kept = {operation: [urn for urn in urns if not _on_purpose(operation, urn)] for operation, urns in found.items()}
    return {operation: urns for operation, urns in kept.items() if urns}


def _on_purpose(operation: str, urn: str) -> bool:
    if operation == "delete":
        return kind_of(urn).startswith(GOES)
    return operation != "read" and urn.endswith(RENEWED.get(kind_of(urn), ("nothing",)))


def test_every_component_is_deployed(sandbox: Whole) -> None:
    """And all that it makes is ready; that each is in both regions, the unit tests of the program see to."""
    done = sandbox.up(turned=False)

    assert done.keys() == {"create"}
    assert components_of(done["create"]) == set(catalog.COMPONENTS)


def test_a_second_update_does_nothing(sandbox: Whole) -> None:
    """Clusters and Azure hold what was asked for, as it was asked for."""
    assert sandbox.up(turned=False) == {}


def test_every_argument_changes_in_place(sandbox: Whole) -> None:
    """All at once: nothing is replaced, nothing goes but entries of lists, and each component has something changed."""
    done = sandbox.up(turned=True)

    assert unexpected(done) == {}
    assert components_of({urn for urn in done["update"] if not kind_of(urn).startswith(COMPONENT)}) == set(
        catalog.COMPONENTS
    )
    assert sandbox.up(turned=True) == {}


def test_destroy_leaves_nothing(sandbox: Whole) -> None:
    """No cluster, no site, and no resource in Azure; all that was in them went before."""
    done = sandbox.destroy()

    assert done.keys() == {"delete"}
    assert sandbox.resources() == []
    assert Control(sandbox.state).regions() == []
    with closing(ArmClient(sandbox.state)) as azure:
        assert azure.own("GET", "/-/resources") == {"value": []}
