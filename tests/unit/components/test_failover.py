"""MultiRegionFailover: a front door with a firewall, or DNS alone; and what no change of its regions does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.catalog import MultiRegionFailover
from headgate.sandbox.azure.bodies import schema_for
from headgate.sandbox.azure.sdk.validate import validate
from headgate.sandbox.azure.types import resolve
from tests.unit.components.test_cluster_pools import changes

pytestmark = pytest.mark.unit

CDN = "azure-native:cdn"
NORTH = {"name": "uaenorth", "address": "10.0.0.9", "priority": 1}
CENTRAL = {"name": "uaecentral", "address": "10.1.0.9", "priority": 2, "weight": 100}
STANDBY = {**CENTRAL, "private_link_id": "/pls", "private_link_location": "uaenorth"}

Record = Callable[..., Any]


def edge(ownership: dict[str, str], **more: Any) -> Callable[[], dict[str, Any]]:
    """Return a program of one edge over one region."""

    def program() -> dict[str, Any]:
        args: Any = {
            "organisation": "hg",
            "ownership": ownership,
            "resource_group": "rg",
            "host": "models.example.com",
            "origins": [{"name": "uaenorth", "address": "10.0.0.9"}],
            "workspace_id": "/logs",
            **more,
        }
        made = MultiRegionFailover("e", args)
        return {"endpoint": made.endpoint, "alias": made.alias}

    return program


def test_defaults_make_a_front_door_behind_a_firewall(record: Record, ownership: dict[str, str]) -> None:
    """Children take the component's name and a fixed suffix; HEAD over HTTPS every 30 seconds, two of four."""
    recording = record(edge(ownership))

    assert recording.children() == {
        "e-profile": f"{CDN}:Profile",
        "e-endpoint": f"{CDN}:AFDEndpoint",
        "e-firewall": "azure-native:frontdoor:Policy",
        "e-firewall-association": f"{CDN}:SecurityPolicy",
        "e-gateways": f"{CDN}:AFDOriginGroup",
        "e-uaenorth-origin": f"{CDN}:AFDOrigin",
        "e-route": f"{CDN}:Route",
        "e-edge-diagnostics": "azure-native:monitor:DiagnosticSetting",
    }
    assert {each.parent for each in recording.resources if each.name != "e"} == {"e"}
    assert recording.one(f"{CDN}:AFDOriginGroup").inputs == {
        "originGroupName": "gateways",
        "profileName": "afd-headgate-prod",
        "resourceGroupName": "rg",
        "healthProbeSettings": {
            "probePath": "/v2/health/ready",
            "probeProtocol": "Https",
            "probeRequestType": "HEAD",
            "probeIntervalInSeconds": 30,
        },
        "loadBalancingSettings": {
            "sampleSize": 4,
            "successfulSamplesRequired": 2,
            "additionalLatencyInMilliseconds": 0,
        },
        "sessionAffinityState": "Disabled",
    }
    host = "hg-models.z01.azurefd.net"
    assert recording.outputs == {"endpoint": f"https://{host}", "alias": host}


def test_the_firewall_prevents_by_default(record: Record, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Microsoft's rules and bot rules, a limit for each caller, before every path of the endpoint."""
    recording = record(edge(ownership))

    assert recording.one("azure-native:frontdoor:Policy").inputs == {
        "policyName": "wafprod",
        "resourceGroupName": "rg",
        "location": "Global",
        "sku": {"name": "Premium_AzureFrontDoor"},
        "policySettings": {"enabledState": "Enabled", "mode": "Prevention", "requestBodyCheck": "Enabled"},
        "managedRules": {
            "managedRuleSets": [
                {"ruleSetType": "Microsoft_DefaultRuleSet", "ruleSetVersion": "2.1", "ruleSetAction": "Block"},
                {"ruleSetType": "Microsoft_BotManagerRuleSet", "ruleSetVersion": "1.1"},
            ]
        },
        "customRules": {
            "rules": [
                {
                    "name": "LimitEachCaller",
                    "enabledState": "Enabled",
                    "priority": 100,
                    "ruleType": "RateLimitRule",
                    "rateLimitDurationInMinutes": 1,
                    "rateLimitThreshold": 6000,
                    "action": "Block",
                    "matchConditions": [
                        {
                            "matchVariable": "SocketAddr",
                            "operator": "IPMatch",
                            "negateCondition": False,
                            "matchValue": ["0.0.0.0/0", "::/0"],
                        }
                    ],
                }
            ]
        },
        "tags": tags,
    }
    parameters = recording.one(f"{CDN}:SecurityPolicy").inputs["parameters"]
    assert (parameters["type"], parameters["associations"][0]["patternsToMatch"]) == ("WebApplicationFirewall", ["/*"])


def test_hardened_traffic_is_https_end_to_end_and_the_profile_stays(record: Record, ownership: dict[str, str]) -> None:
    """Neither the public side nor the way to a gateway speaks plain HTTP, and the profile is protected."""
    recording = record(edge(ownership))
    route = recording.one(f"{CDN}:Route").inputs

    assert (route["supportedProtocols"], route["forwardingProtocol"]) == (["Https"], "HttpsOnly")
    assert recording.one(f"{CDN}:Profile").protect
    assert recording.one(f"{CDN}:Profile").inputs["sku"] == {"name": "Premium_AzureFrontDoor"}


def test_max_has_an_origin_group_for_each_service(record: Record, ownership: dict[str, str]) -> None:
    """Each service is probed by itself, over the same regions; the models' resources keep their names."""
    chat = {"name": "chat", "paths": ["/v1/*"], "probe_path": "/v1/health"}
    recording = record(edge(ownership, origins=[NORTH, STANDBY], services=[chat]))

    groups = {each.name: each.inputs for each in recording.resources if each.type == f"{CDN}:AFDOriginGroup"}
    assert {name: inputs["originGroupName"] for name, inputs in groups.items()} == {
        "e-gateways": "gateways",
        "e-chat-gateways": "chat",
    }
    assert groups["e-chat-gateways"]["healthProbeSettings"]["probePath"] == "/v1/health"
    assert [each.name for each in recording.resources if each.type == f"{CDN}:AFDOrigin"] == [
        "e-chat-uaecentral-origin",
        "e-chat-uaenorth-origin",
        "e-uaecentral-origin",
        "e-uaenorth-origin",
    ]
    routes = {each.name: each.inputs["patternsToMatch"] for each in recording.resources if each.type == f"{CDN}:Route"}
    assert routes == {"e-route": ["/*"], "e-chat-route": ["/v1/*"]}


def test_a_standby_is_reached_by_private_link_with_its_priority(record: Record, ownership: dict[str, str]) -> None:
    """No gateway needs a public address; one that drains stays, and gets no traffic."""
    origin = record(edge(ownership, origins=[{**STANDBY, "enabled": False}])).one(f"{CDN}:AFDOrigin")

    assert origin.inputs == {
        "originName": "uaecentral",
        "originGroupName": "gateways",
        "profileName": "afd-headgate-prod",
        "resourceGroupName": "rg",
        "hostName": "10.1.0.9",
        "originHostHeader": "models.example.com",
        "httpPort": 80,
        "httpsPort": 443,
        "priority": 2,
        "weight": 100,
        "enabledState": "Disabled",
        "enforceCertificateNameCheck": True,
        "sharedPrivateLinkResource": {
            "privateLink": {"id": "/pls"},
            "privateLinkLocation": "uaenorth",
            "requestMessage": "Headgate: edge to gateway",
        },
    }


def test_restricted_data_is_led_by_dns_alone(record: Record, ownership: dict[str, str], tags: dict[str, str]) -> None:
    """Probes every 10 seconds, no failure overlooked, answers kept for 5: a failure is over in half a minute."""
    recording = record(edge(ownership, kind="traffic-manager", origins=[NORTH, CENTRAL]))

    assert recording.children() == {
        "e-dns": "azure-native:trafficmanager:Profile",
        "e-uaenorth-endpoint": "azure-native:trafficmanager:Endpoint",
        "e-uaecentral-endpoint": "azure-native:trafficmanager:Endpoint",
        "e-edge-diagnostics": "azure-native:monitor:DiagnosticSetting",
    }
    profile = recording.one("azure-native:trafficmanager:Profile")
    assert profile.protect
    assert profile.inputs == {
        "profileName": "tm-headgate-prod",
        "resourceGroupName": "rg",
        "location": "global",
        "profileStatus": "Enabled",
        "trafficRoutingMethod": "Priority",
        "dnsConfig": {"relativeName": "hg-models-prod", "ttl": 5},
        "monitorConfig": {
            "protocol": "HTTPS",
            "port": 443,
            "path": "/v2/health/ready",
            "intervalInSeconds": 10,
            "timeoutInSeconds": 9,
            "toleratedNumberOfFailures": 0,
            "expectedStatusCodeRanges": [{"min": 200, "max": 200}],
            "customHeaders": [{"name": "host", "value": "models.example.com"}],
        },
        "tags": tags,
    }
    assert recording.one("azure-native:trafficmanager:Endpoint", "e-uaecentral-endpoint").inputs == {
        "endpointName": "uaecentral",
        "endpointType": "ExternalEndpoints",
        "profileName": "tm-headgate-prod",
        "resourceGroupName": "rg",
        "target": "10.1.0.9",
        "endpointLocation": "uaecentral",
        "endpointStatus": "Enabled",
        "alwaysServe": "Disabled",
        "priority": 2,
        "weight": 100,
    }
    assert recording.outputs == {
        "endpoint": "https://models.example.com",
        "alias": "hg-models-prod.trafficmanager.net",
    }


def test_regions_that_serve_at_once_share_by_weight(record: Record, ownership: dict[str, str]) -> None:
    """Azure wants a place for all endpoints or for none, and no place twice."""
    second = {**CENTRAL, "priority": 1}
    recording = record(edge(ownership, kind="traffic-manager", origins=[NORTH, second]))

    endpoints = [each.inputs for each in recording.resources if each.type == "azure-native:trafficmanager:Endpoint"]
    assert recording.one("azure-native:trafficmanager:Profile").inputs["trafficRoutingMethod"] == "Weighted"
    assert [(each.get("priority"), each["weight"]) for each in endpoints] == [(None, 100), (None, 500)]


def test_a_region_that_drains_leaves_its_place_to_others(record: Record, ownership: dict[str, str]) -> None:
    """Another region may take the first place while the drained one is still there."""
    origins = [{**NORTH, "enabled": False}, {**CENTRAL, "priority": 1}]
    recording = record(edge(ownership, kind="traffic-manager", origins=origins))

    endpoints = [each.inputs for each in recording.resources if each.type == "azure-native:trafficmanager:Endpoint"]
    assert [(each["endpointStatus"], each["priority"]) for each in endpoints] == [("Enabled", 1), ("Disabled", 101)]


def test_an_edge_of_no_known_kind_is_refused(record: Record, ownership: dict[str, str]) -> None:
    """The message names the kinds."""
    with pytest.raises(ValueError, match="front-door, traffic-manager"):
        record(edge(ownership, kind="carrier-pigeon"))


# A change of each argument that may change, with the resources that it touches; nothing is ever replaced.
MUTABLE: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "probes": ({"probe_seconds": 15, "samples": 6, "successes": 3}, {"e-gateways": "update"}),
    "another path": ({"probe_path": "/ready"}, {"e-gateways": "update"}),
    "the limit": ({"rate_limit": 600}, {"e-firewall": "update"}),
    "detection": ({"firewall_mode": "Detection"}, {"e-firewall": "update"}),
    "another host": (
        {"host": "m.example.com"},
        {"e-uaenorth-origin": "update", "e-uaecentral-origin": "update"},
    ),
    "draining": ({"origins": [NORTH, {**CENTRAL, "enabled": False}]}, {"e-uaecentral-origin": "update"}),
    "another order": (
        {"origins": [{**NORTH, "priority": 2}, {**CENTRAL, "priority": 1}]},
        {"e-uaenorth-origin": "update", "e-uaecentral-origin": "update"},
    ),
    "a region less": ({"origins": [NORTH]}, {"e-uaecentral-origin": "delete"}),
    "a region more": (
        {"origins": [NORTH, CENTRAL, {"name": "westeurope", "address": "10.2.0.9", "priority": 3}]},
        {"e-westeurope-origin": "create"},
    ),
}


@pytest.mark.parametrize("change", MUTABLE)
def test_what_may_change_changes_in_place(record: Record, ownership: dict[str, str], change: str) -> None:
    """The public name stays, whatever happens to the regions behind it."""
    more, touched = MUTABLE[change]
    before = record(edge(ownership, origins=[NORTH, CENTRAL]))

    assert changes(before, record(edge(ownership, **{"origins": [NORTH, CENTRAL], **more}))) == touched


@pytest.mark.parametrize("kind", ["front-door", "traffic-manager"])
def test_every_property_is_one_that_azure_knows(record: Record, ownership: dict[str, str], kind: str) -> None:
    """Names, types and closed vocabularies are those of the SDK."""
    recording = record(edge(ownership, kind=kind, origins=[NORTH, STANDBY]))

    problems = {
        each.name: [str(problem) for problem in validate(schema_for(resolve(each.type).spec), each.inputs)]
        for each in recording.resources
        if each.type.startswith("azure-native:")
    }

    assert problems == {name: [] for name in problems}
