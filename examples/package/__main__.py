"""Uses two components across the plugin boundary: this program imports nothing of theirs, and knows only their schema.

`pulumi package add` writes typed classes for any language; where its language plugin is not to be had, `Remote` below
is all that such a class comes down to. Names are the schema's (camelCase); the second component takes what the first
one gives.
"""

from typing import Any

import pulumi

OWNERSHIP = {
    "team": "platform",
    "owner": "ml-platform",
    "environment": "dev",
    "costCenter": "ml",
    "dataClass": "internal",
    "commit": "0123abc",
    "change": "CHG-7",
}


class Remote(pulumi.ComponentResource):
    """A component of the package, by its name and the outputs that are read."""

    def __init__(self, kind: str, name: str, args: dict[str, Any], outputs: tuple[str, ...]) -> None:
        asked = {**args, **dict.fromkeys(outputs)}
        super().__init__(f"headgate:index:{kind}", name, asked, remote=True)

    def output(self, name: str) -> pulumi.Output[Any]:
        """Return an output by its name in the schema."""
        found: pulumi.Output[Any] = getattr(self, name)
        return found


foundation = Remote(
    "PlatformFoundation",
    "foundation",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "regions": [{"name": "uaenorth", "network": "10.60.0.0/16"}],
        "budget": {
            "monthly": 5000,
            "contacts": ["ml-platform@example.com"],
            "thresholds": [80, 100],
        },
        "protect": False,
    },
    ("resourceGroup", "workspaceId"),
)
registry = Remote(
    "ModelRegistry",
    "registry",
    {
        "organisation": "hg",
        "ownership": OWNERSHIP,
        "resourceGroup": foundation.output("resourceGroup"),
        "region": "uaenorth",
        "replicas": [],
        "workspaceId": foundation.output("workspaceId"),
        "retentionDays": 30,
        "protect": False,
    },
    ("loginServer",),
)
pulumi.export("registry", registry.output("loginServer"))
