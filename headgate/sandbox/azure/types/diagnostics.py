"""Diagnostic settings of resources and of the subscription: kept, checked, and simulated only.

Owns Azure's rules for them: what a type can log at all, where logs may go, and that no two settings share a sink.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.types.spec import Body, LocationKind, TypeSpec, View

_FILE = Path(__file__).parents[1] / "data" / "diagnostics.json"
_SETTING = "Microsoft.Insights/diagnosticSettings"
_SINKS = ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId", "serviceBusRuleId")
_MOST = 5


@cache
def _unable() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(_FILE.read_text())
    return found


def _goes_somewhere(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a setting that sends nowhere, to what does not exist, or nothing at all."""
    properties = body["properties"]
    if not any(properties.get(name) for name in _SINKS):
        return bad_request("BadRequest", "At least one data sink needs to be specified.")
    for name in ("workspaceId", "storageAccountId", "eventHubAuthorizationRuleId"):
        target = properties.get(name)
        if target and not view.get(target):
            return bad_request("ResourceNotFound", f"The destination '{target}' could not be found.", name)
    if not properties.get("logs") and not properties.get("metrics"):
        return bad_request("BadRequest", "At least one log or metric category must be enabled.")
    return None


def _can_log(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse what the type of the resource does not have."""
    arm_type = _type_of(_watched(body))
    if arm_type in _unable()["neither"]:
        return bad_request("ResourceTypeNotSupported", f"The resource type '{arm_type}' does not support diagnostics.")
    for asked, table in (("metrics", "no_metrics"), ("logs", "no_logs")):
        if body["properties"].get(asked) and arm_type in _unable()[table]:
            return bad_request("BadRequest", f"{asked.capitalize()} are not supported by '{arm_type}'.", asked)
    return None


def _in_place(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a store or a hub elsewhere than what it gets the logs of; workspaces may be anywhere."""
    home = (view.get(_watched(body)) or {}).get("location", "global")
    for name, ending in (("storageAccountId", ""), ("eventHubAuthorizationRuleId", "/authorizationRules/")):
        target = body["properties"].get(name)
        sink = view.get(target.split(ending)[0] if ending else target) if target else None
        if sink is not None and home != "global" and sink.get("location") != home:
            return bad_request(
                "BadRequest", f"Resource '{_watched(body)}' is in '{home}', its sink '{target}' is not.", name
            )
    return None


def _sinks_are_its_own(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a sink that another setting of the resource has, and a sixth setting."""
    others = list(_others(body, view))
    for name in _SINKS:
        wanted = body["properties"].get(name)
        for other in others:
            if wanted and key(other["properties"].get(name) or "") == key(wanted):
                return ArmError(
                    409,
                    "Conflict",
                    f"Data sink '{wanted}' is already used in diagnostic setting '{other['name']}'. Data sinks can't "
                    "be reused in different settings on the same category for the same resource.",
                )
    if len(others) >= _MOST:
        return bad_request("BadRequest", f"A resource can have {_MOST} diagnostic settings at most.")
    return None


def _others(body: Body, view: View) -> Iterator[Body]:
    for other in view.of_type(_SETTING):
        if key(_watched(other)) == key(_watched(body)) and key(other["id"]) != key(body["id"]):
            yield other


def _watched(body: Body) -> str:
    return str(body["id"]).rsplit(f"/providers/{_SETTING}/", 1)[0]


def _type_of(arm_id: str) -> str:
    if "/providers/" not in arm_id:
        return "Microsoft.Resources/subscriptions"
    tail = arm_id.rsplit("/providers/", 1)[1].split("/")
    return "/".join([tail[0], *tail[1::2]])


_RULES: Any = (_goes_somewhere, _can_log, _in_place, _sinks_are_its_own)

TYPES = (
    TypeSpec(
        "monitor:DiagnosticSetting",
        "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        location=LocationKind.NONE,
        rules=_RULES,
        has_state=False,
    ),
    TypeSpec(
        "monitor:SubscriptionDiagnosticSetting",
        "/subscriptions/{subscriptionId}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        location=LocationKind.NONE,
        rules=_RULES,
        has_state=False,
    ),
)
