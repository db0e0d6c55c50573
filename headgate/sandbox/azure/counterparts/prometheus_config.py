"""What a workspace's Prometheus is told: whom to scrape, which rules to keep, where alerts go.

Pure: resources and addresses in, documents out. Labels that begin with `azure_` carry what Azure knows of an alert
beside Prometheus' own, so that its Alertmanager can send it where the rule's actions say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.azure.types.spec import Body

# Azure scrapes every 30 s and judges every minute; here nobody waits that long.
SCRAPE, EVALUATE = "2s", "5s"
# What takes a while to be told: an API server writes 1.5 MB each time.
RARELY = "30s"
SEVERITY, ACTIONS = "azure_severity", "azure_action_groups"
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")


@dataclass(frozen=True)
class Target:
    """One thing that is scraped. `ca` verifies it; without one an https target is taken as it is (loopback only)."""

    job: str
    address: str
    labels: tuple[tuple[str, str], ...] = ()
    https: bool = False
    ca: str = ""
    token_file: str = ""
    pair: tuple[str, str] = ("", "")
    """Certificate and key of who measures, for what asks for them."""
    only: str = ""
    """The one name that is kept of what measures hundreds of its own, which is asked less often."""


def configuration(targets: Iterable[Target], alertmanager: str, rules: str) -> dict[str, Any]:
    """Return Prometheus' configuration."""
    jobs: dict[str, list[Target]] = {}
    for target in targets:
        # What has a certificate of its own is a job of its own in Prometheus' configuration, and none to who asks.
        jobs.setdefault(f"{target.job}:{target.pair[0]}" if any(target.pair) else target.job, []).append(target)
    return {
        "global": {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": EVALUATE},
        "rule_files": [rules],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [_job(name, found) for name, found in sorted(jobs.items())],
    }


def _job(name: str, targets: list[Target]) -> dict[str, Any]:
    """Return one job; all its targets are reached alike."""
    first = targets[0]
    job: dict[str, Any] = {
        "job_name": name,
        # What a model server says of its region is what it is; the target's own labels serve `up`.
        "honor_labels": True,
        "static_configs": [
            {"targets": [target.address], "labels": dict(target.labels)}
            for target in sorted(targets, key=lambda each: (each.labels, each.address))
        ],
    }
    if first.https:
        job["scheme"] = "https"
        job["tls_config"] = {"ca_file": first.ca} if first.ca else {"insecure_skip_verify": True}
    if any(first.pair):
        job["tls_config"] |= {"cert_file": first.pair[0], "key_file": first.pair[1]}
        job["relabel_configs"] = [{"target_label": "job", "replacement": first.job}]
    if first.only:
        job |= {"scrape_interval": RARELY, "scrape_timeout": "10s"}
        job["metric_relabel_configs"] = [{"action": "keep", "source_labels": ["__name__"], "regex": first.only}]
    if first.token_file:
        job["authorization"] = {"credentials_file": first.token_file}
    return job


def rule_file(groups: Iterable[Body]) -> dict[str, Any]:
    """Return rule groups as Prometheus reads them; what is not enabled is left out."""
    wanted = [group for group in groups if group["properties"].get("enabled", True)]
    return {
        "groups": [
            {
                # Groups of different resource groups may share a name.
                "name": group["id"].lower(),
                "rules": [_rule(rule) for rule in group["properties"]["rules"] if rule.get("enabled", True)],
            }
            for group in sorted(wanted, key=lambda each: str(each["id"]).lower())
        ]
    }


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return one rule."""
    labels = dict(rule.get("labels") or {})
    if "alert" not in rule:
        return {"record": rule["record"], "expr": rule["expression"], **({"labels": labels} if labels else {})}
    names = [action_group_name(action["actionGroupId"]) for action in rule.get("actions") or []]
    labels |= {SEVERITY: f"Sev{rule.get('severity', 3)}", ACTIONS: f",{','.join(sorted(names))},"}
    return {
        "alert": rule["alert"],
        "expr": rule["expression"],
        **({"for": f"{seconds(rule['for'])}s"} if rule.get("for") else {}),
        "labels": labels,
        "annotations": dict(rule.get("annotations") or {}),
    }


def action_group_name(arm_id: str) -> str:
    """Return the name of an action group, as receivers are called."""
    return arm_id.rpartition("/")[2].lower()


def seconds(duration: str) -> int:
    """Return an ISO 8601 duration in seconds."""
    match = _ISO.fullmatch(duration)
    if match is None or duration == "PT":
        raise ValueError(f"{duration!r} is no duration such as PT5M")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest
