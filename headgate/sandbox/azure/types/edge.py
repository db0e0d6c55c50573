"""Azure Front Door (Standard and Premium) and its firewall policies; a real reverse proxy stands behind a profile."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

PROFILE = "Microsoft.Cdn/profiles"
ENDPOINT, ROUTE = f"{PROFILE}/afdEndpoints", f"{PROFILE}/afdEndpoints/routes"
SECURITY = f"{PROFILE}/securityPolicies"
ORIGIN_GROUP, ORIGIN = f"{PROFILE}/originGroups", f"{PROFILE}/originGroups/origins"
_PATH = PROFILE + "/{profileName}"
_GROUP_PATH = _PATH + "/originGroups/{originGroupName}"
_ENDPOINT_PATH = _PATH + "/afdEndpoints/{endpointName}"
_DASHED = NameRule(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,88}[a-zA-Z0-9])?", "1-90 letters, digits and '-', not at the ends")


def _profile(body: Body, _view: View) -> dict[str, Any]:
    return {"frontDoorId": stable_uuid("afd", body["id"]), "resourceState": "Active", "extendedProperties": {}}


def _endpoint(body: Body, _view: View) -> dict[str, Any]:
    label = stable_uuid("endpoint", body["id"]).replace("-", "")[:16]
    return {"hostName": f"{body['name'].lower()}-{label}.z01.azurefd.net", "deploymentStatus": "NotStarted"}


def _sane_probe(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    balancing = body["properties"].get("loadBalancingSettings") or {}
    size, wanted = balancing.get("sampleSize", 4), balancing.get("successfulSamplesRequired", 3)
    if not 0 <= wanted <= size <= 255:
        return bad_request(
            "BadRequest",
            f"successfulSamplesRequired {wanted} must not exceed sampleSize {size}.",
            "loadBalancingSettings",
        )
    interval = (body["properties"].get("healthProbeSettings") or {}).get("probeIntervalInSeconds", 240)
    if not 1 <= interval <= 255:
        return bad_request("BadRequest", "probeIntervalInSeconds must be between 1 and 255.", "healthProbeSettings")
    return None


def _sane_origin(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    priority, weight = body["properties"].get("priority", 1), body["properties"].get("weight", 1000)
    if 1 <= priority <= 5 and 1 <= weight <= 1000:
        return None
    return bad_request("BadRequest", f"priority {priority} must be 1 to 5 and weight {weight} 1 to 1000.")


def _route_has_origins(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse a route without an origin group that has an origin."""
    group = (body["properties"].get("originGroup") or {}).get("id")
    if group is None:
        return bad_request("BadRequest", "The property 'properties.originGroup' is required.", "originGroup")
    if not view.get(group):
        return bad_request("BadRequest", f"The referenced origin group '{group}' does not exist.", "originGroup")
    if not view.children(group, ORIGIN):
        return bad_request(
            "BadRequest",
            "Please make sure that the originGroup is created successfully and at least one enabled origin is created "
            "under the origin group.",
            "originGroup",
        )
    return None


def route_that_uses(group: Body, view: View) -> ArmError | None:
    """Return the refusal to delete an origin group that a route uses."""
    for route in view.of_type(ROUTE):
        used = (route["properties"].get("originGroup") or {}).get("id", "")
        if used.lower() == group["id"].lower():
            return ArmError(
                409, "Conflict", f"Cannot delete origin group '{group['name']}': it is used by route '{route['name']}'."
            )
    return None


def last_origin(origin: Body, view: View) -> ArmError | None:
    """Return the refusal to delete the last origin of a group that a route uses."""
    group_id = origin["id"].rsplit("/origins/", 1)[0]
    group = view.get(group_id)
    if group is None or len(view.children(group_id, ORIGIN)) > 1 or route_that_uses(group, view) is None:
        return None
    return ArmError(
        409, "Conflict", f"Cannot delete origin '{origin['name']}': its group is used by a route and has no other."
    )


def _firewall(body: Body, view: View) -> dict[str, Any]:
    """Add which front doors use a policy."""
    linked = [{"id": item["id"]} for item in view.of_type(SECURITY) if _firewall_of(item) == body["id"].lower()]
    return {"resourceState": "Enabled", "securityPolicyLinks": linked}


def _firewall_of(association: Body) -> str:
    parameters = association["properties"].get("parameters") or {}
    return str((parameters.get("wafPolicy") or {}).get("id", "")).lower()


def _sane_firewall(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse managed rules of a Standard policy, and rules that share a priority or have no limit."""
    rows = (body["properties"].get("managedRules") or {}).get("managedRuleSets") or []
    sku = (body.get("sku") or {}).get("name", "")
    if rows and not sku.startswith("Premium"):
        return bad_request("BadRequest", f"Managed rules are not supported for sku {sku or 'Classic'}.", "managedRules")
    rules = (body["properties"].get("customRules") or {}).get("rules") or []
    priorities = [rule.get("priority") for rule in rules]
    if len(set(priorities)) != len(priorities):
        return bad_request("BadRequest", "Custom rules must have different priorities.", "customRules")
    for rule in rules:
        if rule.get("ruleType") == "RateLimitRule" and rule.get("rateLimitDurationInMinutes") not in (1, 5):
            return bad_request("BadRequest", "rateLimitDurationInMinutes must be 1 or 5.", "customRules")
    return None


def _association_is_sound(body: Body, _old: Body | None, view: View) -> ArmError | None:
    """Refuse an association of what does not exist, of another tier, or of a path that has a firewall already."""
    policy = view.get(_firewall_of(body))
    if policy is None:
        return bad_request("BadRequest", f"The WAF policy '{_firewall_of(body)}' does not exist.", "wafPolicy")
    profile = view.get(body["id"].rsplit("/securityPolicies/", 1)[0])
    if profile is not None and (policy.get("sku") or {}).get("name") != (profile.get("sku") or {}).get("name"):
        return bad_request("BadRequest", "The WAF policy's sku must be the profile's.", "wafPolicy")
    domains = _domains(body)
    missing = next((domain for domain in domains if view.get(domain) is None), None)
    if missing is not None:
        return bad_request("BadRequest", f"The domain '{missing}' does not exist.", "associations")
    for other in view.of_type(SECURITY):
        if other["id"].lower() != body["id"].lower() and domains & _domains(other):
            return ArmError(409, "Conflict", f"A domain is associated with security policy '{other['name']}' already.")
    return None


def _domains(association: Body) -> set[str]:
    parameters = association["properties"].get("parameters") or {}
    rows = [domain for row in parameters.get("associations") or [] for domain in row.get("domains") or []]
    return {str(row.get("id", "")).lower() for row in rows}


def association_that_uses(policy: Body, view: View) -> ArmError | None:
    """Return the refusal to delete a firewall that stands before an endpoint."""
    users = [item["name"] for item in view.of_type(SECURITY) if _firewall_of(item) == policy["id"].lower()]
    if not users:
        return None
    return ArmError(
        409, "Conflict", f"WAF policy '{policy['name']}' can't be deleted: security policy '{users[0]}' uses it."
    )


TYPES = (
    TypeSpec(
        "cdn:Profile",
        in_group(_PATH),
        NameRule(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,258}[a-zA-Z0-9])?", "1-260 letters, digits and '-', not at the ends"),
        location=LocationKind.GLOBAL,
        replaces=("location", "sku"),
        seconds=8,
        outputs=_profile,
    ),
    TypeSpec(
        "cdn:AFDEndpoint",
        in_group(_ENDPOINT_PATH),
        NameRule(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,44}[a-zA-Z0-9])?", "1-46 letters, digits and '-', not at the ends"),
        location=LocationKind.GLOBAL,
        replaces=("location", "autoGeneratedDomainNameLabelScope"),
        seconds=8,
        outputs=_endpoint,
    ),
    TypeSpec(
        "cdn:AFDOriginGroup",
        in_group(_GROUP_PATH),
        _DASHED,
        location=LocationKind.NONE,
        seconds=5,
        rules=(_sane_probe,),
        deletion_rules=(route_that_uses,),
    ),
    TypeSpec(
        "cdn:AFDOrigin",
        in_group(_GROUP_PATH + "/origins/{originName}"),
        _DASHED,
        location=LocationKind.NONE,
        seconds=5,
        rules=(_sane_origin,),
        deletion_rules=(last_origin,),
    ),
    TypeSpec(
        "cdn:Route",
        in_group(_ENDPOINT_PATH + "/routes/{routeName}"),
        _DASHED,
        location=LocationKind.NONE,
        seconds=8,
        rules=(_route_has_origins,),
    ),
    TypeSpec(
        "cdn:SecurityPolicy",
        in_group(_PATH + "/securityPolicies/{securityPolicyName}"),
        _DASHED,
        location=LocationKind.NONE,
        seconds=5,
        rules=(_association_is_sound,),
    ),
    TypeSpec(
        "cdn:Policy",
        in_group("Microsoft.Cdn/cdnWebApplicationFirewallPolicies/{policyName}"),
        NameRule(r"[a-zA-Z][a-zA-Z0-9]{0,127}", "1-128 letters and digits, starting with a letter"),
        location=LocationKind.GLOBAL,
        seconds=5,
        outputs=_firewall,
        rules=(_sane_firewall,),
        deletion_rules=(association_that_uses,),
    ),
    TypeSpec(
        "frontdoor:Policy",
        in_group("Microsoft.Network/FrontDoorWebApplicationFirewallPolicies/{policyName}"),
        NameRule(r"[a-zA-Z][a-zA-Z0-9]{0,127}", "1-128 letters and digits, starting with a letter"),
        location=LocationKind.GLOBAL,
        seconds=5,
        outputs=_firewall,
        rules=(_sane_firewall,),
        deletion_rules=(association_that_uses,),
    ),
)
