"""Soft-deleted vaults: kept with their names until they are recovered or purged.

Owns Azure's three answers to a PUT under such a name: recover it, refuse until it is asked to recover, refuse for good.
"""

from __future__ import annotations

import time
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.faults import now
from headgate.sandbox.azure.ids import SUBSCRIPTION_ID, key
from headgate.sandbox.azure.store import Store
from headgate.sandbox.azure.types.spec import Body

_KIND = "deleted-vault"
_DAY = 86400.0


class DeletedVaults:
    """The vaults that were deleted and can come back."""

    def __init__(self, store: Store) -> None:
        """Nothing but the store is needed."""
        self._store = store

    def keep(self, body: Body) -> None:
        """Keep a vault that is being deleted, unless it was made without soft delete."""
        properties = body["properties"]
        if properties.get("enableSoftDelete") is False:
            return
        days = properties.get("softDeleteRetentionInDays", 90)
        document = {"body": body, "deletionDate": now(), "purgeAt": time.time() + days * _DAY}
        self._store.keep(_KIND, body["name"].lower(), document)

    def recovered(self, body: Body, old: Body | None) -> Body:
        """Return the body to store for a PUT: with `createMode: recover`, that of the vault that was deleted."""
        mode = body["properties"].pop("createMode", "default")
        kept = self._current().get(body["name"].lower())
        if old is not None or kept is None:
            if mode == "recover" and old is None:
                raise bad_request("BadRequest", f"The deleted vault '{body['name']}' does not exist.")
            return body
        if key(kept["body"]["id"]) != key(body["id"]):
            raise ArmError(
                409,
                "VaultAlreadyExists",
                f"The vault name '{body['name']}' is already in use. A vault of this name was deleted and not purged: "
                f"'{kept['body']['id']}'.",
            )
        if mode != "recover":
            raise ArmError(
                409,
                "ConflictError",
                "A vault with the same name already exists in deleted state. You need to either recover or purge "
                f"existing key vault '{body['name']}'. Follow this link "
                "https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.",
            )
        self._store.drop(_KIND, body["name"].lower())
        # What is asked for now counts; the retention period of a vault never changes.
        days = kept["body"]["properties"].get("softDeleteRetentionInDays")
        return {**body, "properties": {**body["properties"], **({"softDeleteRetentionInDays": days} if days else {})}}

    def listing(self) -> list[dict[str, Any]]:
        """Return the deleted vaults as Azure lists them."""
        return [self._shown(document) for document in self._current().values()]

    def purge(self, location: str, name: str) -> None:
        """Forget a deleted vault, unless purge protection forbids it."""
        kept = self._current().get(name.lower())
        if kept is None or kept["body"]["location"] != location:
            raise ArmError(404, "DeletedVaultNotFound", f"The specified deleted vault '{name}' does not exist.")
        if kept["body"]["properties"].get("enablePurgeProtection"):
            raise bad_request(
                "DeletedVaultPurge", f"The vault '{name}' has purge protection enabled and can't be purged."
            )
        self._store.drop(_KIND, name.lower())

    def _current(self) -> dict[str, Any]:
        found = self._store.kept(_KIND)
        for name in [name for name, document in found.items() if document["purgeAt"] < time.time()]:
            self._store.drop(_KIND, name)
            del found[name]
        return found

    def _shown(self, document: dict[str, Any]) -> dict[str, Any]:
        body = document["body"]
        place = (
            f"/subscriptions/{SUBSCRIPTION_ID}/providers/Microsoft.KeyVault/locations/{body['location']}/deletedVaults"
        )
        return {
            "id": f"{place}/{body['name']}",
            "name": body["name"],
            "properties": {
                "vaultId": body["id"],
                "location": body["location"],
                "deletionDate": document["deletionDate"],
                "purgeProtectionEnabled": bool(body["properties"].get("enablePurgeProtection")),
            },
        }
