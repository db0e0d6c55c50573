"""Real programs behind resources: a control plane for a cluster, nodes for a pool, a registry, a reverse proxy.

Owns the table of types that have one, and the order in which they are brought up again after a restart. A
counterpart is idempotent: `ensure` may be called at any time with a resource that is wanted, `remove` with one that is
gone already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol

from headgate.errors import HeadgateError
from headgate.sandbox.azure.types.spec import Body, View

if TYPE_CHECKING:
    from headgate.sandbox.azure.faults import Faults

LOG = logging.getLogger(__name__)
RealAction = Callable[[Body, Body], Body]
Begin = Callable[["Faults", float], None]


class Counterpart(Protocol):
    """What stands behind a resource type."""

    def ensure(self, body: Body) -> None:
        """Have the real thing as the resource says."""

    def remove(self, body: Body) -> None:
        """Have it gone."""


class Counterparts:
    """The table of counterparts; an empty one leaves Azure simulated through and through."""

    def __init__(
        self,
        table: Mapping[str, Counterpart] | None = None,
        actions: Mapping[str, RealAction] | None = None,
        begins: Begin | None = None,
    ) -> None:
        """`table` is keyed by ARM type, in the order of a start; `actions` by `type/action`, in lower case.

        `begins` starts what goes on by itself, once everything is up.
        """
        self._table = {arm_type.lower(): item for arm_type, item in (table or {}).items()}
        self._actions = actions or {}
        self._begins = begins

    def concerns(self, arm_type: str) -> bool:
        """Say whether a type has a counterpart."""
        return arm_type.lower() in self._table

    def check(self, arm_type: str, asked: Body, old: Body) -> None:
        """Raise the refusal of a change that only the real thing can tell can't be made."""
        check = getattr(self._table.get(arm_type.lower()), "check", None)
        if check is not None:
            check(asked, old)

    def ensure(self, arm_type: str, body: Body) -> None:
        """Bring a resource's counterpart up."""
        counterpart = self._table.get(arm_type.lower())
        if counterpart is not None:
            counterpart.ensure(body)

    def remove(self, arm_type: str, body: Body) -> None:
        """Take a resource's counterpart down."""
        counterpart = self._table.get(arm_type.lower())
        if counterpart is not None:
            counterpart.remove(body)

    def settle(self, body: Body) -> None:
        """Let counterparts that are made of several resources follow after a removal."""
        for counterpart in {id(item): item for item in self._table.values()}.values():
            follow = getattr(counterpart, "settle", None)
            if follow is not None:
                follow(body)

    def action(self, arm_type: str, action: str) -> RealAction | None:
        """Return the action that needs the real thing."""
        return self._actions.get(f"{arm_type}/{action}".lower())

    def ensure_all(self, view: View) -> None:
        """Bring up what a restart of the machine or a kill has taken down; one failure does not stop the others."""
        for arm_type, counterpart in self._table.items():
            wanted = [body for body in view.of_type(arm_type) if _is_wanted(body)]
            if wanted:
                with ThreadPoolExecutor(min(8, len(wanted)), thread_name_prefix="counterpart") as pool:
                    list(pool.map(lambda body, item=counterpart: _try(item, body), wanted))

    def begin(self, faults: Faults, scale: float) -> None:
        """Start what goes on by itself; faults in force meet it too."""
        if self._begins is not None:
            self._begins(faults, scale)

    def fault_added(self, fault: Any, view: View) -> None:
        """Let an outage stop the regions that it asks for."""
        self._switch_regions([fault], view, on=False)

    def faults_cleared(self, faults: list[Any], view: View) -> None:
        """Start what an outage had stopped."""
        self._switch_regions(faults, view, on=True)

    def _switch_regions(self, faults: list[Any], view: View, on: bool) -> None:
        switch = getattr(self._table.get("microsoft.containerservice/managedclusters"), "switch", None)
        places = {fault.region for fault in faults if fault.stop_region}
        for body in view.of_type("Microsoft.ContainerService/managedClusters") if switch and places else []:
            if body.get("location") in places and switch is not None:
                switch(body, on)


def _is_wanted(body: Body) -> bool:
    return body["properties"].get("provisioningState") not in ("Deleting", "Accepted", "Creating")


def _try(counterpart: Counterpart, body: Body) -> None:
    try:
        counterpart.ensure(body)
    except HeadgateError as error:
        LOG.error("%s: %s", body["id"], error)
    except Exception:
        LOG.exception("%s", body["id"])
