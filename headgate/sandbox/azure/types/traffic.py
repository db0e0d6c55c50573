"""Traffic Manager: DNS answers by priority or weight; a real resolver stands behind a profile."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import key
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

PROFILE = "Microsoft.Network/trafficmanagerprofiles"
ENDPOINT = PROFILE + "/{endpointType}"
_PATH = PROFILE + "/{profileName}"
_ENDPOINT_TYPES = ("AzureEndpoints", "ExternalEndpoints", "NestedEndpoints")
# Which timeouts each probe interval takes.
_TIMEOUTS = {10: range(5, 10), 30: range(5, 11)}


def profile_id(arm_id: str) -> str:
    """Return the profile in the id of anything under it."""
    return "/".join(arm_id.split("/")[:9])


def host_name(profile: Body) -> str:
    """Return the DNS name of a profile."""
    dns = profile["properties"].get("dnsConfig") or {}
    return f"{dns.get('relativeName') or profile['name']}.trafficmanager.net"


def _profile(body: Body, _view: View) -> dict[str, Any]:
    dns = dict(body["properties"].get("dnsConfig") or {})
    return {
        "dnsConfig": {**dns, "fqdn": host_name(body)},
        "profileStatus": body["properties"].get("profileStatus") or "Enabled",
    }


def _endpoint(body: Body, _view: View) -> dict[str, Any]:
    """Say whether an endpoint is on or off: what probes find is in the resolver's own status."""
    enabled = body["properties"].get("endpointStatus", "Enabled") == "Enabled"
    return {"endpointMonitorStatus": "CheckingEndpoint" if enabled else "Disabled"}


def _sane_monitor(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    monitor = body["properties"].get("monitorConfig") or {}
    interval, timeout = monitor.get("intervalInSeconds", 30), monitor.get("timeoutInSeconds", 10)
    if interval not in _TIMEOUTS:
        return bad_request("BadRequest", f"The probing interval {interval} must be 10 or 30 seconds.", "monitorConfig")
    if timeout not in _TIMEOUTS[interval]:
        allowed = _TIMEOUTS[interval]
        return bad_request(
            "BadRequest",
            f"The probe timeout {timeout} must be {allowed[0]} to {allowed[-1]} seconds at an interval of {interval}.",
            "monitorConfig",
        )
    if not 0 <= monitor.get("toleratedNumberOfFailures", 3) <= 9:
        return bad_request("BadRequest", "toleratedNumberOfFailures must be 0 to 9.", "monitorConfig")
    return None


def _name_is_free(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a DNS name that another profile has: all of Azure shares them."""
    mine = host_name(body).lower()
    others = [item for item in view.of_type(PROFILE) if key(item["id"]) != key(body["id"])]
    if any(host_name(item).lower() == mine for item in others):
        return ArmError(409, "Conflict", f"Domain name {mine} already exists. Please choose a different DNS prefix.")
    return None


def _sane_endpoint(body: Body, _old: Body | None, view: View) -> ArmError | None:
    kind, properties = body["id"].rsplit("/", 2)[1], body["properties"]
    if kind not in _ENDPOINT_TYPES:
        return bad_request("BadRequest", f"The endpoint type '{kind}' must be one of {', '.join(_ENDPOINT_TYPES)}.")
    if kind == "ExternalEndpoints" and not properties.get("target"):
        return bad_request("BadRequest", "The target of an external endpoint is required.", "target")
    others = [item for item in view.children(profile_id(body["id"]), ENDPOINT) if key(item["id"]) != key(body["id"])]
    for field in ("target", "priority"):
        taken = {str(item["properties"].get(field)).lower(): item["name"] for item in others}
        value = properties.get(field)
        if value is not None and str(value).lower() in taken:
            return bad_request(
                "BadRequest",
                f"The endpoint '{body['name']}' has the {field} {value} of endpoint '{taken[str(value).lower()]}'. "
                f"Each endpoint of a profile needs its own.",
                field,
            )
    return None


TYPES = (
    TypeSpec(
        "trafficmanager:Profile",
        in_group(_PATH),
        NameRule(r"[a-zA-Z0-9]([-a-zA-Z0-9.]{0,61}[a-zA-Z0-9])?", "1-63 letters, digits, '-' and '.'"),
        location=LocationKind.GLOBAL,
        seconds=5,
        outputs=_profile,
        rules=(_sane_monitor, _name_is_free),
        has_state=False,
    ),
    TypeSpec(
        "trafficmanager:Endpoint",
        in_group(_PATH + "/{endpointType}/{endpointName}"),
        location=LocationKind.NONE,
        seconds=3,
        outputs=_endpoint,
        rules=(_sane_endpoint,),
        has_state=False,
    ),
)
