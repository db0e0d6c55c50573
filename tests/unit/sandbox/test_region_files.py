"""What a region is written as: stages, selectors, roles, identities, facts."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from headgate.errors import HeadgateError
from headgate.sandbox import lifecycle
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import hosts_of
from headgate.sandbox.process import HttpProbe, ProcessStatus, RegionSpec, RegionStatus, State
from headgate.sandbox.region import bootstrap, configuration, control_plane, identities, plan
from headgate.sandbox.region.context import RegionContext
from headgate.sandbox.region.facts import RegionFacts, write_facts

pytestmark = pytest.mark.unit


@pytest.fixture
def context(tmp_path: Path) -> RegionContext:
    """Return a region whose ports are numbered from 20000."""
    numbers = iter(range(20000, 20100))
    ports = plan.reserve_ports("west", lambda _, names: {name: next(numbers) for name in names})
    return RegionContext(StateDir(tmp_path), RegionSpec("west", "westeurope"), 4, ports)


def test_the_stages_are_one_document_without_placeholders() -> None:
    """KWOK reads it as it is: every stage is there once, and knows the programs that it must hold back."""
    text = configuration.stage_document()
    documents = list(yaml.safe_load_all(text))

    names = [document["metadata"]["name"] for document in documents]
    assert "$(" not in text
    assert "opa|gate-certificates" in text
    assert {document["kind"] for document in documents} == {"Stage", "Metric", "ClusterResourceUsage"}
    assert sorted(names) == sorted(set(names))
    assert {"pod-ready", "pod-unready", "pod-volumes-failed", "pod-process-failed", "pod-delete"} <= set(names)


def test_the_api_server_dials_the_cluster_through_the_proxy(context: RegionContext) -> None:
    """By unix socket; nothing else is redirected."""
    selections = configuration.egress_selector(context)["egressSelections"]

    assert selections == [
        {
            "name": "cluster",
            "connection": {
                "proxyProtocol": "HTTPConnect",
                "transport": {"uds": {"udsName": str(context.egress_socket)}},
            },
        }
    ]


def test_the_audit_log_is_written_before_a_request_is_answered(context: RegionContext) -> None:
    """Where the collector follows it, outside of what goes with the region."""
    configured = configuration.write(context)

    assert configured.audit_log == context.state.audit_logs / "west" / "audit.log"
    assert not configured.audit_log.is_relative_to(context.directory)
    assert "--audit-log-mode=blocking" in control_plane.auditing(configured)


def test_the_collector_serves_what_its_probe_and_the_api_servers_verify(tmp_path: Path) -> None:
    """With a certificate of the sandbox's CA, for the address that they ask."""
    state = StateDir(tmp_path)
    spec = lifecycle.collector(state)

    certificate = x509.load_pem_x509_certificate((state.pki / "audit.crt").read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((state.pki / "ca.crt").read_bytes()))
    assert hosts_of(certificate) == {"127.0.0.1", "localhost"}
    assert spec.argv[-8:] == (
        "--tls-cert",
        str(state.pki / "audit.crt"),
        "--tls-key",
        str(state.pki / "audit.key"),
        "--tls-ca",
        str(state.pki / "ca.crt"),
        "--audit-logs",
        str(state.audit_logs),
    )
    assert spec.ready == HttpProbe("https://127.0.0.1:{port:https}/healthz", ca=str(state.pki / "ca.crt"))


def test_bootstrap_objects_are_complete(context: RegionContext) -> None:
    """Every component's user has a role bound to it, no role is the administrator's, no placeholder is left."""
    identities.issue(context)
    documents = bootstrap.documents(context)

    bound = {row["name"] for each in documents for row in each.get("subjects", [])}
    own = {user for user in identities.COMPONENTS.values() if user.startswith("headgate:")}
    assert bound == own
    assert "cluster-admin" not in {each.get("roleRef", {}).get("name") for each in documents}
    assert "$(" not in yaml.safe_dump_all(documents)


def test_identities_are_kept_and_private(context: RegionContext) -> None:
    """A second start issues nothing new; every key and kubeconfig is its owner's alone."""
    first = identities.issue(context)
    kubeconfig = context.admin_kubeconfig.read_text()
    second = identities.issue(context)

    files = [path for path in context.directory.rglob("*") if path.is_file() and path.name != ".lock"]
    assert second == first
    assert context.admin_kubeconfig.read_text() == kubeconfig
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_facts_are_read_as_they_were_written(context: RegionContext) -> None:
    """By the egress proxy and the workload runner."""
    write_facts(context)

    facts = RegionFacts.read(context.state, "west")
    assert (facts.cluster, facts.location, facts.number) == ("west", "westeurope", 4)
    assert facts.server == context.server
    assert facts.ports == context.ports


def status(name: str, state: State, restarts: int = 0) -> ProcessStatus:
    """Return a process's status."""
    return ProcessStatus(name, "sandbox", state, 1, {}, restarts, 0, "/nonexistent.log", "exited with code 1")


def test_up_waits_for_what_is_starting_and_gives_up_on_what_keeps_dying() -> None:
    """The one is named as lacking, the other is an error with its log."""
    region = RegionStatus("west", "westeurope", "1.36.3", State.STARTING, "", None, ())

    lacking = lifecycle.lacking_of([region], [status("audit", State.READY), status("azure", State.BACKOFF, 1)])
    assert lacking == ["azure is backoff", "region westeurope is starting"]
    with pytest.raises(HeadgateError) as caught:
        lifecycle.lacking_of([], [status("azure", State.BACKOFF, 4)])
    assert caught.value.fix == "headgate sandbox logs azure"


def test_a_region_that_failed_says_why() -> None:
    """Its reason is the error's."""
    region = RegionStatus("west", "westeurope", "1.36.3", State.FAILED, "etcd is not built yet", None, ())

    with pytest.raises(HeadgateError) as caught:
        lifecycle.lacking_of([region], [])
    assert caught.value.found == "etcd is not built yet"


def test_the_audit_token_is_made_once_and_private(tmp_path: Path) -> None:
    """API servers and the collector must agree on it over restarts."""
    state = StateDir(tmp_path)
    first = lifecycle.collector(state)
    token = state.audit_token.read_text()

    assert lifecycle.collector(state) == first
    assert state.audit_token.read_text() == token
    assert len(token.strip()) >= 32
    assert stat.S_IMODE(state.audit_token.stat().st_mode) == 0o600
