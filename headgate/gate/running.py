"""What already runs in a cluster, judged as if it were asked for now: by the rules, levels and view of admission.

Owns what is read: all that the gate would be asked about, or the kinds that the chosen rules name. What a controller
made is judged as well, for a name in `ownerReferences` proves nothing; a finding that its controller has too is told
once, there. What Kubernetes itself brings of roles is left out, for as long as it is exactly that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.kubernetes.admission_webhook import CORE, GROUPS
from headgate.cluster.own_roles import is_own
from headgate.errors import HeadgateError
from headgate.gate.pull_request import concluded
from headgate.gate.scope import WHOLE, Scope
from headgate.plan.manifests import from_review
from headgate.plan.view import Resource, View
from headgate.policy import opa, parts
from headgate.policy.bundle import Bundle
from headgate.policy.catalogue import ANYTHING_ELSE, for_gate
from headgate.policy.decision import Decision, Outcome
from headgate.policy.evaluator import Envelope, judge

if TYPE_CHECKING:
    from headgate.cluster.api import Api, Kind
    from headgate.gate.baseline import Baseline
    from headgate.gate.facts import Facts
    from headgate.waiver.standing import Standing

GATE = "A"
_PREFIX = "kubernetes:"


def running(api: Api, bundle: Bundle, environment: str | None = None, scope: Scope = WHOLE) -> View:
    """Read what the rules judge of a cluster."""
    exempt = _exempt(bundle, bundle.environment_of(None, environment))
    names = _kinds(bundle, scope)
    kinds = [kind for kind in api.kinds() if _is_asked_about(kind) and (names is None or kind.name in names)]
    found = [
        _resource(document, kind, api.name)
        for kind in kinds
        for document in api.objects(kind)
        if not _is_exempt(document, kind, exempt) and not _rests(document) and not is_own(document)
    ]
    if not found:
        raise HeadgateError(
            "there is nothing to judge",
            where=api.name,
            found=f"no object of {len(kinds)} kinds",
            expected="at least one outside the namespaces that are exempt",
            fix="name the cluster that runs something, and rules that judge its kinds",
        )
    return View(tuple(found), f"cluster {api.name}")


def decide(
    view: View,
    bundle: Bundle,
    environment: str | None = None,
    ledger: Path | None = None,
    *,
    scope: Scope = WHOLE,
    baseline: Baseline | None = None,
    waivers: Sequence[Standing] = (),
    facts: Facts | None = None,
    timeout: float = opa.TIMEOUT_SECONDS,
) -> Decision:
    """Judge what runs, and record the decision where a ledger is kept."""
    envelope = Envelope(GATE, "apply", bundle.environment_of(None, environment))
    ask = partial(parts.evaluate, partial(opa.evaluate, bundle, timeout=timeout))
    found = judge(bundle, view, envelope, ask, facts.about(view.resources) if facts else None)
    return concluded(folded(scope.of(found)), ledger, baseline, waivers)


def folded(decision: Decision) -> Decision:
    """Return a decision that tells once, at the topmost controller, what its objects have from it."""
    by_uid = {_uid(result.resource): result.resource for result in decision.results}
    said = {
        (result.rule.id, _uid(result.resource)): {each.message for each in result.violations}
        for result in decision.findings
    }
    results = []
    for result in decision.results:
        above = _above(result.resource, by_uid) if result.violations else []
        told_there = {message for uid in above for message in said.get((result.rule.id, uid), ())}
        own = tuple(each for each in result.violations if each.message not in told_there)
        if own or result.outcome is Outcome.PASS:
            results.append(replace(result, violations=own))
    return replace(decision, results=tuple(results))


def _above(resource: Resource, by_uid: Mapping[str, Resource]) -> list[str]:
    """Return what made an object, and what made that; nothing where the way ends in a circle, that has no top."""
    above: list[str] = []
    seen = {_uid(resource)}
    while (uid := _controller(resource)) in by_uid:
        if uid in seen:
            return []
        seen.add(uid)
        above.append(uid)
        resource = by_uid[uid]
    return above


def _kinds(bundle: Bundle, scope: Scope) -> set[str] | None:
    """Return the kinds that the rules name; None where one of them judges every kind."""
    rules = [rule for rule in for_gate(bundle.rules, GATE) if scope.rules is None or rule.id in scope.rules]
    types = {each for rule in rules for each in rule.types}
    if types & {ANYTHING_ELSE, f"{_PREFIX}{ANYTHING_ELSE}"}:
        return None
    return {each.removeprefix(_PREFIX) for each in types if each.startswith(_PREFIX)}


def _is_asked_about(kind: Kind) -> bool:
    """Whether the webhook lets the gate see writes of a kind."""
    return kind.group not in GROUPS and not (kind.group == "" and kind.plural in CORE)


def _exempt(bundle: Bundle, environment: str) -> set[str]:
    """Return the namespaces that the webhook leaves out, as HG-AU-003 holds it to."""
    layers = [bundle.parameters[name].get("audit", {}).get("gate", {}) for name in (environment, "base")]
    return set(next((layer["exempt"] for layer in layers if "exempt" in layer), ()))


def _is_exempt(document: Mapping[str, Any], kind: Kind, exempt: set[str]) -> bool:
    metadata = _metadata(document)
    own = metadata.get("name") if (kind.group, kind.name) == ("", "Namespace") else metadata.get("namespace")
    return own in exempt


def _rests(document: Mapping[str, Any]) -> bool:
    """Whether an object is only kept for the record: an old set of replicas, a pod that has ended."""
    if not any(owner.get("controller") is True for owner in _owners(document)):
        return False
    spec, status = (document.get(part) or {} for part in ("spec", "status"))
    if document.get("kind") == "ReplicaSet":
        return bool(spec.get("replicas") == 0)
    return document.get("kind") == "Pod" and status.get("phase") in ("Succeeded", "Failed")


def _resource(document: dict[str, Any], kind: Kind, origin: str) -> Resource:
    """Return what the gate would see, were the object written now; one that goes only loses its finalizers."""
    metadata = _metadata(document)
    part, operation = ("oldObject", "DELETE") if metadata.get("deletionTimestamp") else ("object", "CREATE")
    # Of a namespace, the API server says that it stands in itself.
    own = metadata.get("name") if (kind.group, kind.name) == ("", "Namespace") else metadata.get("namespace")
    request = {
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.name},
        "name": metadata.get("name"),
        "namespace": own,
        "operation": operation,
        part: document,
    }
    # It stands in no file.
    return replace(from_review({"request": request}, origin), source=None)


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _owners(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    owners = _metadata(document).get("ownerReferences")
    yield from (each for each in owners or () if isinstance(each, Mapping))


def _uid(resource: Resource) -> str:
    return str(_metadata(resource.properties).get("uid") or resource.id)


def _controller(resource: Resource) -> str:
    """Return the uid of what made an object; empty where nothing says that it did."""
    return next((str(each.get("uid")) for each in _owners(resource.properties) if each.get("controller") is True), "")
