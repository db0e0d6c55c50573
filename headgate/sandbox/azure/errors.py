"""Azure Resource Manager's errors: HTTP status, code and message as the real service words them.

Owns the shape `{"error": {"code", "message", "target"?}}` and a constructor per error that the sandbox raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(eq=False)
class ArmError(Exception):
    """A refusal, or a failed operation."""

    status: int
    code: str
    message: str
    target: str | None = None
    retry_after: int | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """Return the body that Azure answers with."""
        error = {"code": self.code, "message": self.message}
        return {"error": error | ({"target": self.target} if self.target else {})}

    @classmethod
    def from_json(cls, status: int, document: Any, retry_after: int | None = None) -> ArmError:
        """Read an answer's body."""
        error = document.get("error") if isinstance(document, dict) else None
        if not isinstance(error, dict):
            return cls(status, "InvalidResponse", str(document)[:200], None, retry_after)
        return cls(status, error.get("code", ""), error.get("message", ""), error.get("target"), retry_after)


def bad_request(code: str, message: str, target: str | None = None) -> ArmError:
    """Return a 400."""
    return ArmError(400, code, message, target)


def group_not_found(group: str) -> ArmError:
    """Return the answer for a resource in a group that does not exist."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def not_found(arm_id: str, kind: str, name: str, group: str | None) -> ArmError:
    """Return the answer for a resource that does not exist."""
    where = f" under resource group '{group}'" if group else ""
    return ArmError(404, "ResourceNotFound", f"The Resource '{kind}/{name}'{where} was not found.", arm_id)


def parent_not_found(child: str, parent: str) -> ArmError:
    """Return the answer for a child of something that does not exist."""
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Failed to perform 'write' on resource(s) of type '{child}', because the parent resource '{parent}' "
        "could not be found.",
    )


def being_deleted(group: str) -> ArmError:
    """Return the answer for a write into a group that is going."""
    return ArmError(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
    )


def busy(name: str, doing: str) -> ArmError:
    """Return the answer for a write while another operation runs."""
    return ArmError(
        409,
        "AnotherOperationInProgress",
        f"Another operation on this or dependent resource '{name}' is in progress ({doing}).",
        retry_after=1,
    )


def locked(scope: str, lock: str) -> ArmError:
    """Return the answer for a write that a management lock forbids."""
    return ArmError(
        409,
        "ScopeLocked",
        f"The scope '{scope}' cannot perform delete operation because following scope(s) are locked: '{lock}'. "
        "Please remove the lock and try again.",
    )


def throttled(retry_after: int) -> ArmError:
    """Return the answer of a service that is asked too often."""
    return ArmError(
        429,
        "TooManyRequests",
        f"The request is being throttled. Please try again after '{retry_after}' seconds.",
        retry_after=retry_after,
    )


def over_quota(family: str, location: str, limit: int, used: int, wanted: int) -> ArmError:
    """Return the answer for more cores of a family than the subscription may have in a region."""
    return ArmError(
        409,
        "QuotaExceeded",
        f"Operation could not be completed as it results in exceeding approved {family} Cores quota. "
        f"Additional details - Deployment Model: Resource Manager, Location: {location}, Current Limit: {limit}, "
        f"Current Usage: {used}, Additional Required: {wanted}, (Minimum) New Limit Required: {used + wanted}.",
    )


def unresolved(arm_id: str, body: Mapping[str, Any]) -> ArmError:
    """Return the refusal of a reference to what is not there, or elsewhere."""
    return ArmError(
        404,
        "InvalidResourceReference",
        f"Resource {arm_id} referenced by resource {body['id']} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
    )
