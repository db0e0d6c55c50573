"""What the gates of the sandbox's clusters pull: the rules as a signed bundle, and what the registry knows of models.

In earnest those who own the rules sign and push them, and a process of the platform's keeps the facts current
(docs/guides/policies.md). Here keys of the sandbox's own sign both, and its supervisor runs the process.
"""

from __future__ import annotations

import datetime
import http.client
import json
import re
import ssl
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from headgate.cli.platform_images import login_server
from headgate.cli.sandbox_signers import ensure_signers
from headgate.errors import HeadgateError
from headgate.model import ModelRegistry, Registry
from headgate.model.descriptor import digest_of
from headgate.model.facts import fact, key
from headgate.model.proofs.standing import gathered, judged
from headgate.model.proofs.statement import now
from headgate.policy import archive, remote
from headgate.policy.bundle import Bundle
from headgate.sandbox.azure.counterparts.container_registry import facts_process
from headgate.sandbox.control import Control, ProcessSpec
from headgate.sandbox.files import write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.rules_key import ensure_facts_key, ensure_rules_key
from headgate.sandbox.supervisor.logfiles import log_path, tail
from headgate.sandbox.workloads import published

PATIENCE = 60.0
_PAUSE = 0.2
# OPA names what it decides by with the revision that `headgate.gate.published` gave it.
_ACTIVATED = re.compile(r'^last_success_bundle_activation\{active_revision="facts (\d+)",name="facts"\}', re.MULTILINE)
_GATE, _GATE_PORT = "headgate-gate", "8443"

Version = tuple[str, str]
"""Name of a model, and the digest or number of one of its versions."""
_Found = TypeVar("_Found")


def prepare_bundle(state: StateDir, stack: str) -> None:
    """Sign the rules, and say what the gates of a platform are to pull: its digest is known before its registry is."""
    if not (state.model_signers.is_file() and state.model_approvers.is_file()):
        ensure_signers(state)
    rules_key, facts_key = ensure_rules_key(state)[1].read_text(), ensure_facts_key(state)[1].read_text()
    content = _signed_rules(state)
    told = {"digest": remote.digest_of_rules(content), "key": rules_key, "facts": {"key": facts_key}}
    write_if_changed(state.gate_bundles, json.dumps({login_server(stack): told}, indent=1) + "\n")


def _signed_rules(state: StateDir) -> bytes:
    """Return the signed bundle: the one that was signed last, while nothing that it is made of has changed."""
    kept, made_of = state.gate / "rules.tar.gz", state.gate / "made-of"
    bundle, (private, public) = Bundle.find(), ensure_rules_key(state)
    found = (path for path in bundle.root.rglob("*") if path.is_file())
    # Python writes what it compiles beside the pack while the program runs: signed anew, it is another bundle.
    files = sorted(path for path in found if "__pycache__" not in path.parts)
    # What packs them counts too: a bundle of another form is another bundle.
    parts = [(str(path), digest_of(path.read_bytes())) for path in (*files, public, Path(archive.__file__))]
    wanted = digest_of(json.dumps(parts).encode())
    if not (kept.is_file() and made_of.is_file() and made_of.read_text() == wanted):
        write_if_changed(kept, archive.sign(archive.build(bundle), private))
        write_if_changed(made_of, wanted)
    return kept.read_bytes()


def publish(state: StateDir, registry: Registry) -> None:
    """Push the signed rules, and have the facts kept current; gates that start wait for both."""
    remote.push(registry, _signed_rules(state))
    Control(state).ensure_process(_facts(state, registry.login_server), wait=0)
    _until(lambda: remote.facts_of_now(registry), lambda: _silent(state, registry))


def _facts(state: StateDir, server: str) -> ProcessSpec:
    """Return the process that tells the gates what the registry knows."""
    command = (sys.executable, "-m", "headgate.cli.main", "policy", "facts", "--watch", "--registry", server)
    people = ("--signers", state.model_signers, "--approvers", state.model_approvers)
    files = map(str, ("--key", state.facts_key, *people, "--ledger", state.ledger))
    return ProcessSpec(name=facts_process(server.partition(".")[0]), argv=(*command, *files), group="registry")


def wait_until_told(state: StateDir, registry: Registry, versions: Iterable[Version]) -> None:
    """Return once the gates of all clusters know what the registry knows of these versions, as of now.

    Who deploys sooner is refused: a gate learns of a promotion a few seconds after it.
    """
    models, trust = ModelRegistry(registry), ensure_signers(state).trust(registry.login_server)
    standing = judged([gathered(models, *version, trust) for version in versions], trust)
    wanted = {key(each): _lasting(fact(each)) for each in standing}

    def edition() -> int | None:
        facts = remote.facts_of_now(registry)
        if facts is None or datetime.datetime.fromisoformat(facts["until"]) <= now():
            return None
        told = {each: _lasting(facts["models"].get(each, {})) for each in wanted}
        return int(facts["serial"]) if told == wanted else None

    serial = _until(edition, lambda: _silent(state, registry))
    _until(lambda: not _behind(state, serial), lambda: _deaf(_behind(state, serial)))


def _lasting(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a version, but for where it was deployed, which changes by itself."""
    return {name: value for name, value in told.items() if name != "deployed"}


def _behind(state: StateDir, serial: int) -> list[str]:
    """Return the regions whose gate decides by an older edition, or can't be asked."""
    return [each.location for each in Control(state).regions() if not serial <= _heard(state, each.cluster)]


def _heard(state: StateDir, cluster: str) -> int:
    """Return which edition of the facts a cluster's gate decides by, as its metrics tell; 0 is none."""
    for row in published.read(state.region(cluster)):
        if row.namespace == _GATE and _GATE_PORT in row.ports:
            return _activated(row.ports[_GATE_PORT])
    return 0


def _activated(port: int) -> int:
    """Return what an OPA says. Its authority is the gate's own, and what is read here is trusted with nothing."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
    found = _ACTIVATED.search(text)
    return int(found[1]) if found else 0


def _until(ask: Callable[[], _Found | None], late: Callable[[], HeadgateError]) -> _Found:
    """Ask until something is found, or raise what is to be said of it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := ask()):
        if time.monotonic() > deadline:
            raise late()
        time.sleep(_PAUSE)
    return found


def _silent(state: StateDir, registry: Registry) -> HeadgateError:
    name = facts_process(registry.login_server.partition(".")[0])
    return HeadgateError(
        "nobody tells the gates what the registry knows of models",
        where=f"{registry.login_server}/{remote.FACTS}:{remote.NOW}",
        found="\n            ".join(tail(log_path(state.logs, name))) or "no word of it",
        expected=f"an edition that counts, within {PATIENCE:g} s",
        fix=f"headgate sandbox logs {name}",
    )


def _deaf(regions: list[str]) -> HeadgateError:
    return HeadgateError(
        "a gate has not heard what the registry knows of models",
        where=", ".join(regions),
        found="an older edition of the facts, or no answer",
        expected=f"the newest, within {PATIENCE:g} s",
        fix="headgate sandbox status; headgate sandbox logs REGION/workloads/headgate-gate.opa.opa",
    )
