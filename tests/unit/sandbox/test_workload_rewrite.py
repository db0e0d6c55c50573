"""A container's arguments are made true on this machine, and nothing else in them is touched."""

from __future__ import annotations

import pytest

from headgate.sandbox.workloads.programs import program_of
from headgate.sandbox.workloads.rewrite import expand, with_paths, with_ports

pytestmark = pytest.mark.unit

MOUNTS = {"/certs": "/s/certs", "/certs/ca": "/s/ca", "/var/run/secrets/kubernetes.io/serviceaccount": "/s/token"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--tls-cert-file=/certs/tls.crt", "--tls-cert-file=/s/certs/tls.crt"),
        ("/certs", "/s/certs"),
        ("/certs/ca/root.pem:/certs/tls.crt", "/s/ca/root.pem:/s/certs/tls.crt"),
        ("/certsother/x", "/certsother/x"),
        ("/etc/certs/x", "/etc/certs/x"),
        ("/certs.bak", "/certs.bak"),
        ("bundle=/var/run/secrets/kubernetes.io/serviceaccount/token", "bundle=/s/token/token"),
    ],
)
def test_mount_paths_are_replaced_at_path_boundaries(text: str, expected: str) -> None:
    """The longest mount wins; names that only begin alike stay."""
    assert with_paths(text, MOUNTS) == expected


def test_without_mounts_a_text_stays() -> None:
    """No pattern of nothing."""
    assert with_paths("/certs", {}) == "/certs"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--addr=:8443", "--addr=127.0.0.1:{port:p8443}"),
        ("--addr=0.0.0.0:8443", "--addr=127.0.0.1:{port:p8443}"),
        (":8443", "127.0.0.1:{port:p8443}"),
        ("--addr=[::]:8443", "--addr=127.0.0.1:{port:p8443}"),
        ("--addr=https://0.0.0.0:8443", "--addr=https://127.0.0.1:{port:p8443}"),
        ("--addr=localhost:8443", "--addr=127.0.0.1:{port:p8443}"),
        ("http://localhost:8181/v1", "http://127.0.0.1:20001/v1"),
        ("https://registry.example.net:8443/v2", "https://registry.example.net:8443/v2"),
        ("--addr=:84433", "--addr=:84433"),
        ("image@sha256:8443", "image@sha256:8443"),
    ],
)
def test_only_addresses_of_the_pod_change(text: str, expected: str) -> None:
    """Own ports become tokens, a neighbour's loopback port its number, other hosts' ports stay."""
    assert with_ports(text, {8443: "{port:p8443}"}, {8443: "{port:p8443}", 8181: "20001"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--metricsPort=8443", "--metricsPort={port:p8443}"),
        ("-port 8443", "-port {port:p8443}"),
        ("--metricsPort=84430", "--metricsPort=84430"),
        ("--limit=8443", "--limit=8443"),
        ("--export-of=8443", "--export-of=8443"),
    ],
)
def test_a_flag_that_takes_a_port_alone_gets_the_real_one(text: str, expected: str) -> None:
    """Its name says that it is a port; other numbers stay."""
    assert with_ports(text, {8443: "{port:p8443}"}, {}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("$(A)-$(B)", "1-$(B)"), ("$$(A)", "$(A)"), ("$A", "$A"), ("", "")],
)
def test_variables_expand_as_in_kubernetes(text: str, expected: str) -> None:
    """Unknown names stay as they are, and `$$` is a dollar."""
    assert expand(text, {"A": "1"}) == expected


@pytest.mark.parametrize(
    ("image", "program"),
    [
        ("opa", "opa"),
        ("hg.azurecr.io/runtimes/opa:1.22.0", "opa"),
        ("hg.azurecr.io/runtimes/opa@sha256:abc", "opa"),
        ("localhost:5000/opa:1@sha256:abc", "opa"),
        ("hg.azurecr.io/runtimes/gate-certificates:1", "gate-certificates"),
        ("hg.azurecr.io/runtimes/rollouts-controller@sha256:abc", "rollouts-controller"),
        ("hg.azurecr.io/opa/server:1", None),
        ("hg.azurecr.io/runtimes/opal:1", None),
        ("hg.azurecr.io/runtimes/notopa", None),
        ("", None),
    ],
)
def test_a_program_is_known_by_the_last_word_of_its_repository(image: str, program: str | None) -> None:
    """Registry, path, tag and digest do not matter."""
    assert program_of(image) == program
