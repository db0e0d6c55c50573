"""A region's audit events reach the ledger: API server, TLS and token, collector, entry."""

from __future__ import annotations

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

    def found() -> list[tuple[str, str]]:
        reader = LedgerReader(sandbox.ledger)
        documents = [reader.document(entry) for _, entry in reader.entries()]
        events = [one for one in documents if one["kind"] == "kubernetes"]
        # Whatever is refused is kept, whoever asked: the control plane too is, while an API server is just starting.
        return [(one["actor"], one["subject"]) for one in events if one["data"]["code"] != 403]

    gone = ("kubernetes-admin", f"{region.cluster} delete configmaps default/recorded")
    until(lambda: gone in found())
    assert ("kubernetes-admin", f"{region.cluster} patch configmaps default/recorded") in found()
    assert not [actor for actor, _ in found() if actor.startswith(("headgate:", "system:kube-"))]
    assert verify(sandbox.ledger).is_well
