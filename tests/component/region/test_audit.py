"""A region's audit events reach the ledger: API server, its log, collector, entry; also those of when it was away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from headgate.audit import LedgerReader, verify
from headgate.audit.record import collector_of
from headgate.engine.environment import prepare
from headgate.sandbox import lifecycle
from headgate.sandbox.control import Control, RegionEndpoints, State
from headgate.sandbox.kube import KubeClient
from headgate.sandbox.layout import StateDir
from tests.component.region.steps import apply, named, until

pytestmark = pytest.mark.component


@pytest.fixture
def collector(sandbox: StateDir, control: Control) -> Iterator[None]:
    """Run the sandbox's collector, as `up` does."""
    assert control.ensure_process(lifecycle.collector(sandbox)).state is State.READY
    yield
    control.stop_process("audit")


def test_the_clusters_gates_are_given_the_collector_s_own_address(collector: None, sandbox: StateDir) -> None:
    """What an update passes on to OPA is where the collector says that it listens, over TLS, with its token."""
    variables = prepare(sandbox)
    found = collector_of(sandbox.ledger)

    assert found is not None
    assert found.address.startswith("https://")
    assert variables["HEADGATE_AUDIT_URL"] == f"{found.address}/v1/opa"
    assert variables["HEADGATE_AUDIT_TOKEN_FILE"] == found.token_file


def test_who_changed_what_in_a_region_is_an_entry(
    collector: None, kube: KubeClient, region: RegionEndpoints, sandbox: StateDir
) -> None:
    """With its actor; the control plane's own work is not; the ledger verifies."""
    apply(kube, named("ConfigMap", "recorded", "default", data={"a": "b"}))
    kube.delete("v1", "ConfigMap", "recorded", "default")

    gone = ("kubernetes-admin", f"{region.cluster} delete configmaps default/recorded")
    until(lambda: gone in written(sandbox))
    assert ("kubernetes-admin", f"{region.cluster} patch configmaps default/recorded") in written(sandbox)
    assert not [actor for actor, _ in written(sandbox) if actor.startswith(("headgate:", "system:kube-"))]
    assert verify(sandbox.ledger).is_well


def test_what_was_written_while_the_collector_was_away_is_in_the_ledger(
    collector: None, kube: KubeClient, region: RegionEndpoints, sandbox: StateDir, control: Control
) -> None:
    """Killed under writes: each is an entry when it is back, in their order; what it had not noted may be twice."""
    names = [f"away-{number}" for number in range(30)]
    for number, name in enumerate(names):
        if number == 10:
            running = [each.pid for each in control.processes() if each.name == "audit" and each.pid]
            os.kill(running[0], signal.SIGKILL)
            control.stop_process("audit")
        apply(kube, named("ConfigMap", name, "default", data={"a": "b"}))
    assert control.ensure_process(lifecycle.collector(sandbox)).state is State.READY
    apply(kube, named("ConfigMap", "back", "default", data={"a": "b"}))

    def subjects() -> list[str]:
        return [subject for _, subject in written(sandbox)]

    until(lambda: f"{region.cluster} patch configmaps default/back" in subjects())
    expected = [f"{region.cluster} patch configmaps default/{name}" for name in names]
    assert list(dict.fromkeys(one for one in subjects() if "/away-" in one)) == expected
    assert verify(sandbox.ledger).is_well
    for name in [*names, "back"]:
        kube.delete("v1", "ConfigMap", name, "default")


def written(sandbox: StateDir) -> list[tuple[str, str]]:
    """Return who did what to a cluster, as the ledger has it."""
    reader = LedgerReader(sandbox.ledger)
    documents = [reader.document(entry) for _, entry in reader.entries()]
    events = [one for one in documents if one["kind"] == "kubernetes"]
    # Whatever is refused is kept, whoever asked: the control plane too is, while an API server is just starting.
    return [(one["actor"], one["subject"]) for one in events if one["data"]["code"] != 403]
