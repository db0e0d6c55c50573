"""The web application firewall before a front door: Microsoft's rule sets, and a limit for each caller."""

import pulumi
from pulumi_azure_native import cdn, frontdoor

from components import names
from components.azure.guard import Guard
from components.contract.failover import FailoverArgs

# Rule set and version. The default rules act by their score; bots are known by signature.
RULE_SETS = (("Microsoft_DefaultRuleSet", "2.1", "Block"), ("Microsoft_BotManagerRuleSet", "1.1", None))


def protect(
    name: str, args: FailoverArgs, guard: Guard, profile: cdn.Profile, endpoint: cdn.AFDEndpoint
) -> list[pulumi.Resource]:
    """Put the firewall before every path of the endpoint."""
    policy = frontdoor.Policy(
        f"{name}-firewall",
        policy_name=names.firewall(guard.environment),
        resource_group_name=args["resource_group"],
        location="Global",
        sku={"name": "Premium_AzureFrontDoor"},
        policy_settings={
            "enabled_state": "Enabled",
            "mode": args.get("firewall_mode", "Prevention"),
            "request_body_check": "Enabled",
        },
        managed_rules={
            "managed_rule_sets": [
                {"rule_set_type": kind, "rule_set_version": version} | ({"rule_set_action": act} if act else {})
                for kind, version, act in RULE_SETS
            ]
        },
        custom_rules={"rules": [_rate_limit(args.get("rate_limit", 6000))]},
        tags=guard.tags,
        opts=guard.options(),
    )
    association = cdn.SecurityPolicy(
        f"{name}-firewall-association",
        security_policy_name="firewall",
        profile_name=profile.name,
        resource_group_name=args["resource_group"],
        parameters={
            "type": "WebApplicationFirewall",
            "waf_policy": {"id": policy.id},
            "associations": [{"domains": [{"id": endpoint.id}], "patterns_to_match": ["/*"]}],
        },
        opts=guard.options(),
    )
    return [association]


def _rate_limit(requests: pulumi.Input[int]) -> dict[str, object]:
    """Refuse a caller that asks too often; every request matches, for each has an address."""
    return {
        "name": "LimitEachCaller",
        "enabled_state": "Enabled",
        "priority": 100,
        "rule_type": "RateLimitRule",
        "rate_limit_duration_in_minutes": 1,
        "rate_limit_threshold": requests,
        "action": "Block",
        "match_conditions": [
            {
                "match_variable": "SocketAddr",
                "operator": "IPMatch",
                "negate_condition": False,
                "match_value": ["0.0.0.0/0", "::/0"],
            }
        ],
    }
