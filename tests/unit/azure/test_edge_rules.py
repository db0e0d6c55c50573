"""What Azure refuses of firewalls, their associations, and Traffic Manager; and what its resolver is told."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.sandbox.azure.counterparts.traffic_manager import described
from headgate.sandbox.azure.errors import ArmError
from tests.unit.azure.conftest import PROVIDERS, Azure

pytestmark = pytest.mark.unit

FIREWALL = f"{PROVIDERS}/Microsoft.Network/FrontDoorWebApplicationFirewallPolicies/waf"
PROFILE = f"{PROVIDERS}/Microsoft.Cdn/profiles/afd"
ENDPOINT = f"{PROFILE}/afdEndpoints/models"
ASSOCIATION = f"{PROFILE}/securityPolicies/firewall"
DNS = f"{PROVIDERS}/Microsoft.Network/trafficmanagerprofiles/tm"
PREMIUM = {"name": "Premium_AzureFrontDoor"}


def refusal(azure: Azure, arm_id: str, body: dict[str, Any]) -> str | None:
    """Return why a write is refused, or nothing."""
    try:
        azure.put(arm_id, body)
    except ArmError as error:
        return error.message
    return None


def firewall(sku: str = "Premium_AzureFrontDoor", **properties: Any) -> dict[str, Any]:
    """Return a firewall policy with managed rules."""
    managed = {"managedRuleSets": [{"ruleSetType": "Microsoft_DefaultRuleSet", "ruleSetVersion": "2.1"}]}
    return {"location": "Global", "sku": {"name": sku}, "properties": {"managedRules": managed, **properties}}


def association(policy: str = FIREWALL, domain: str = ENDPOINT) -> dict[str, Any]:
    """Return an association of a firewall with an endpoint."""
    return {
        "properties": {
            "parameters": {
                "type": "WebApplicationFirewall",
                "wafPolicy": {"id": policy},
                "associations": [{"domains": [{"id": domain}], "patternsToMatch": ["/*"]}],
            }
        }
    }


def limit(priority: int, minutes: int) -> dict[str, Any]:
    """Return a rate limit."""
    match = {"matchVariable": "SocketAddr", "operator": "IPMatch", "matchValue": ["0.0.0.0/0"]}
    return {
        "name": f"Limit{priority}",
        "priority": priority,
        "ruleType": "RateLimitRule",
        "rateLimitDurationInMinutes": minutes,
        "rateLimitThreshold": 100,
        "action": "Block",
        "matchConditions": [match],
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (firewall("Standard_AzureFrontDoor"), "Managed rules are not supported for sku Standard_AzureFrontDoor."),
        (firewall(customRules={"rules": [limit(1, 1), limit(1, 1)]}), "Custom rules must have different priorities."),
        (firewall(customRules={"rules": [limit(1, 3)]}), "rateLimitDurationInMinutes must be 1 or 5."),
    ],
)
def test_a_firewall_that_can_not_be_is_refused(azure: Azure, body: dict[str, Any], message: str) -> None:
    """Managed rules are Premium's; priorities and durations are Azure's."""
    assert refusal(azure, FIREWALL, body) == message


def test_a_firewall_stands_before_an_endpoint_until_the_association_goes(azure: Azure) -> None:
    """What does not exist can't be associated, an endpoint has one firewall, and one in use can't be deleted."""
    azure.put(PROFILE, {"location": "Global", "sku": PREMIUM, "properties": {}})
    azure.put(ENDPOINT, {"location": "Global", "properties": {}})
    early = refusal(azure, ASSOCIATION, association())
    azure.put(FIREWALL, firewall())
    nowhere = refusal(azure, ASSOCIATION, association(domain=f"{ENDPOINT}-x"))
    azure.put(ASSOCIATION, association())
    twice = refusal(azure, f"{ASSOCIATION}2", association())
    with pytest.raises(ArmError) as kept:
        azure.delete(FIREWALL)
    links = azure.get(FIREWALL)["properties"]["securityPolicyLinks"]
    azure.delete(ASSOCIATION)
    azure.delete(FIREWALL)

    assert early == f"The WAF policy '{FIREWALL.lower()}' does not exist."
    assert nowhere == f"The domain '{ENDPOINT.lower()}-x' does not exist."
    assert twice == "A domain is associated with security policy 'firewall' already."
    assert kept.value.message == "WAF policy 'waf' can't be deleted: security policy 'firewall' uses it."
    assert links == [{"id": ASSOCIATION}]


def profile(**monitor: Any) -> dict[str, Any]:
    """Return a Traffic Manager profile with fast probes."""
    probes = {"intervalInSeconds": 10, "timeoutInSeconds": 9, "toleratedNumberOfFailures": 0, **monitor}
    return {
        "location": "global",
        "properties": {
            "dnsConfig": {"relativeName": "hg-models", "ttl": 5},
            "trafficRoutingMethod": "Priority",
            "monitorConfig": probes,
        },
    }


@pytest.mark.parametrize(
    ("monitor", "message"),
    [
        ({"intervalInSeconds": 20}, "The probing interval 20 must be 10 or 30 seconds."),
        ({"timeoutInSeconds": 10}, "The probe timeout 10 must be 5 to 9 seconds at an interval of 10."),
        ({"toleratedNumberOfFailures": 10}, "toleratedNumberOfFailures must be 0 to 9."),
    ],
)
def test_probes_have_traffic_managers_limits(azure: Azure, monitor: dict[str, Any], message: str) -> None:
    """Two intervals, each with its timeouts."""
    assert refusal(azure, DNS, profile(**monitor)) == message


def test_each_endpoint_has_its_own_target_and_place(azure: Azure) -> None:
    """As in Azure: neither may be another's, and a DNS name is one profile's."""

    def endpoint(target: str, priority: int) -> dict[str, Any]:
        return {"properties": {"target": target, "priority": priority}}

    azure.put(DNS, profile())
    azure.put(f"{DNS}/ExternalEndpoints/a", endpoint("203.0.113.1", 1))

    assert refusal(azure, f"{DNS}2", profile()) == (
        "Domain name hg-models.trafficmanager.net already exists. Please choose a different DNS prefix."
    )
    assert "has the target 203.0.113.1 of endpoint 'a'" in str(
        refusal(azure, f"{DNS}/ExternalEndpoints/b", endpoint("203.0.113.1", 2))
    )
    assert "has the priority 1 of endpoint 'a'" in str(
        refusal(azure, f"{DNS}/ExternalEndpoints/b", endpoint("203.0.113.2", 1))
    )
    assert refusal(azure, f"{DNS}/ExternalEndpoints/b", endpoint("203.0.113.2", 2)) is None


def test_the_resolver_is_told_all_that_it_needs(azure: Azure) -> None:
    """Probes, answers and endpoints of a profile, with the host that the gateways' certificates carry."""
    host = {"customHeaders": [{"name": "Host", "value": "models.example.com"}], "path": "/ready", "port": 443}
    azure.put(DNS, profile(**host))
    properties = {"target": "203.0.113.1", "priority": 1, "weight": 3, "endpointStatus": "Disabled"}
    azure.put(f"{DNS}/ExternalEndpoints/a", {"properties": properties})

    endpoints = azure.resources.store.children(DNS, "Microsoft.Network/trafficmanagerprofiles/{endpointType}")
    assert described(azure.get(DNS), endpoints) == {
        "name": "tm",
        "weighted": False,
        "ttl": 5.0,
        "monitor": {
            "path": "/ready",
            "port": 443,
            "interval": 10.0,
            "timeout": 9.0,
            "tolerated": 0,
            "host": "models.example.com",
        },
        "endpoints": [{"name": "a", "target": "203.0.113.1", "priority": 1, "weight": 3, "enabled": False}],
    }
    assert azure.get(DNS)["properties"]["dnsConfig"]["fqdn"] == "hg-models.trafficmanager.net"
    assert azure.get(f"{DNS}/ExternalEndpoints/a")["properties"]["endpointMonitorStatus"] == "Disabled"
