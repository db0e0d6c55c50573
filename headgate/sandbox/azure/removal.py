"""Deletion: who may not go yet, and in which order the rest goes.

Owns locks, a type's reasons to stay, and the descent: youngest first, so that children leave before what holds them.
"""

from __future__ import annotations

from headgate.sandbox.azure import rules
from headgate.sandbox.azure.counterparts import Counterparts
from headgate.sandbox.azure.errors import locked
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types import spec_for_id
from headgate.sandbox.azure.types.spec import Body, TypeSpec
from headgate.sandbox.azure.vaults import DeletedVaults

_LOCK = "Microsoft.Authorization/locks"


class Removal:
    """Takes resources away with their counterparts."""

    def __init__(self, store: Store, counterparts: Counterparts, deleted_vaults: DeletedVaults) -> None:
        """Take what deletions need."""
        self._store = store
        self._counterparts = counterparts
        self._deleted_vaults = deleted_vaults

    def check(self, spec: TypeSpec, body: Body) -> None:
        """Raise the first reason why a resource can't be deleted."""
        if spec.arm_type != _LOCK:
            for scope, lock in rules.locks_over(self._store, body["id"]):
                raise locked(body["id"], f"{scope} ({lock['name']})")
        for rule in spec.deletion_rules:
            refusal = rule(body, self._store)
            if refusal is not None:
                raise refusal

    def remove(self, body: Body) -> None:
        """Remove a resource and what is below it. A second run goes on where the first one ended."""
        for item in [*reversed(self._store.below(body["id"])), body]:
            self._counterparts.remove(item["type"], item)
            self._remove_companions(item)
            with self._store.transaction():
                if item["type"] == "Microsoft.KeyVault/vaults":
                    self._deleted_vaults.keep(item)
                self._store.delete(item["id"])
        self._counterparts.settle(body)

    def _remove_companions(self, item: Body) -> None:
        found = spec_for_id(item["id"])
        for companion in found[0].companions(item, self._store) if found else []:
            kept = self._store.get(companion["id"])
            if kept is not None and kept.get("managedBy") == item["id"]:
                for below in [*self._store.below(kept["id"]), kept]:
                    self._store.delete(below["id"])
