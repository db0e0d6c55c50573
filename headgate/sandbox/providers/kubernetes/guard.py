"""The check that apply mode touches a sandbox and nothing else.

Owns the decision. A kubeconfig that was left in the environment, or copied from production, must not become a target.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes.kubeconfig import Target


def require_sandbox(target: Target, state: StateDir) -> None:
    """Refuse a cluster that is not one of this state directory's regions."""
    if not _is_loopback(target.server):
        raise _refusal(target, "an API server that is not on this machine", state)
    authority = state.pki / "ca.crt"
    if not authority.is_file():
        raise _refusal(target, "no certificate authority of a sandbox", state)
    if _certificates(target.authority) != _certificates(authority.read_text()):
        raise _refusal(target, "a cluster of another certificate authority", state)


def _is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _certificates(text: str) -> set[str]:
    """Return the certificates of a PEM text, apart from comments and line ends."""
    blocks = text.split("-----BEGIN CERTIFICATE-----")[1:]
    return {"".join(block.split("-----END CERTIFICATE-----")[0].split()) for block in blocks}


def _refusal(target: Target, found: str, state: StateDir) -> HeadgateError:
    return HeadgateError(
        "the sandbox's stand-in for the kubernetes provider works only against a sandbox",
        where=f"cluster {target.cluster} at {target.server}",
        found=found,
        expected=f"a region of the sandbox in {state.root}",
        fix="use the official kubernetes provider for a real cluster, or set HEADGATE_STATE to the sandbox's state",
    )
