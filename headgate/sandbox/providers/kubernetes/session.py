"""A configured provider: its settings, its cluster if there is one, and what it has learned during this run.

Owns the answer to "is there a cluster to ask?", for previews and for real operations: a preview without one degrades,
an operation without one fails with the reason.
"""

from __future__ import annotations

import threading
from typing import Any

from headgate.errors import HeadgateError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.providers.kubernetes.awaiting.wait import Wait
from headgate.sandbox.providers.kubernetes.cluster import PREVIEW_PATIENCE_SECONDS, Cluster, unreachable
from headgate.sandbox.providers.kubernetes.guard import require_sandbox
from headgate.sandbox.providers.kubernetes.kinds import Kind
from headgate.sandbox.providers.kubernetes.kubeconfig import Target, read_target
from headgate.sandbox.providers.kubernetes.settings import PLAN_ONLY, Settings
from headgate.sandbox.providers.protocol.engine import EngineLog


class Session:
    """What one Configure call set up. Thread-safe."""

    def __init__(self, settings: Settings, log: EngineLog, cancelled: threading.Event, state: StateDir) -> None:
        """Find the cluster that is meant; a cluster that is no sandbox is refused here, before anything else."""
        self.settings, self.log, self.cancelled = settings, log, cancelled
        self._target: Target | None = None
        self._absence: HeadgateError | None = None
        self._cluster: Cluster | None = None
        self._declared_scopes: dict[tuple[str, str], bool] = {}
        self._probe_lock = threading.Lock()
        self._answers: bool | None = None
        self._find_cluster(state)

    def _find_cluster(self, state: StateDir) -> None:
        settings = self.settings
        if settings.plan_only:
            self._absence = _plan_only()
            return
        try:
            self._target = read_target(settings.kubeconfig, settings.context, settings.cluster)
        except HeadgateError as error:
            self._absence = error
            return
        require_sandbox(self._target, state)
        self._cluster = Cluster.connect(self._target.document, self.cancelled)

    @property
    def default_namespace(self) -> str:
        """Namespace of objects that name none."""
        return self.settings.namespace or (self._target.namespace if self._target else "default")

    def require(self) -> Cluster:
        """Return the cluster for a real operation, or say why there is none."""
        if self._cluster is None:
            raise self._absence or _plan_only()
        return self._cluster

    def wait(self) -> Wait:
        """Return the waiting for objects of this cluster."""
        return Wait(self.require(), self.cancelled)

    def for_preview(self, urn: str) -> Cluster | None:
        """Return the cluster if it answers; warn once and return None if it does not."""
        if self._cluster is None:
            return None
        impatient = self._cluster.with_patience(PREVIEW_PATIENCE_SECONDS)
        with self._probe_lock:
            if self._answers is None:
                reason = impatient.unreachable_reason()
                self._answers = reason is None
                if reason is not None:
                    self.log.warning(urn, f"previewing without the cluster: {unreachable(impatient.server, reason)}")
        return impatient if self._answers else None

    def declare(self, document: dict[str, Any]) -> None:
        """Remember a CRD of this program, whose objects may be checked before the cluster knows it."""
        spec = document.get("spec")
        if document.get("kind") != "CustomResourceDefinition" or not isinstance(spec, dict):
            return
        names = spec.get("names")
        kind = names.get("kind") if isinstance(names, dict) else None
        if isinstance(kind, str) and isinstance(spec.get("group"), str):
            self._declared_scopes[spec["group"], kind] = spec.get("scope") != "Cluster"

    def declared(self, kind: Kind) -> bool:
        """Whether a CRD of this program declares the kind."""
        return (kind.group, kind.name) in self._declared_scopes

    def is_namespaced(self, kind: Kind, urn: str) -> bool:
        """Whether objects of the kind live in a namespace; assumed so when nobody can tell yet."""
        known = kind.known_scope
        if known is None:
            known = self._declared_scopes.get((kind.group, kind.name))
        if known is None and (cluster := self.for_preview(urn)):
            found = cluster.resource(kind)
            known = found.namespaced if found else None
        return True if known is None else known


def _plan_only() -> HeadgateError:
    return HeadgateError(
        "this is a plan-only run: the stand-in for the kubernetes provider answers previews and can't touch a cluster",
        found=f"{PLAN_ONLY}=1",
        expected="a preview without refresh",
        fix=f"leave out --refresh, or unset {PLAN_ONLY} to work on the sandbox",
    )
