"""Sites outside the cloud: what a platform says of each, and what a team serves at one."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from headgate.stack.sizes import Replicas, Resources
from headgate.stack.values import Host, Label, RegionName, Settings


def _key(text: str) -> str:
    """Check a public key; what is no base64 was copied badly, and would cut the site off."""
    try:
        usable = len(base64.b64decode(text, validate=True)) >= 32
    except (binascii.Error, ValueError):
        usable = False
    if not usable:
        raise PydanticCustomError(
            "agent_key",
            "{expected_text}",
            {
                "expected_text": "the public key of the site's agents, in base64",
                "fix": "copy it whole from the site, without line breaks",
            },
        )
    return text


AgentKey = Annotated[str, AfterValidator(_key), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9+/]+=*$"})]


class SiteSource(Settings):
    """Where the site finds what it must always have."""

    url: Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+/[^\s?#@]+$")]
    """Git repository, by HTTPS."""
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    """The commit that was approved."""
    secret: Label | None = None
    """Secret in the site's namespace `headgate-edge` with what a private repository asks for."""
    sync_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    """Minutes between two looks at it."""


class Site(Settings):
    """One small cluster outside the cloud."""

    name: Label
    """Name of the site."""
    region: RegionName
    """Azure region that keeps its record; the data's class must be allowed there."""
    agent_key: AgentKey
    """Public key of the site's agents; the site keeps the other half."""
    mirror: Host | None = None
    """Host of the site's registry mirror; the gates must know it too (registries.images of the parameters)."""
    host: Host
    """Host name of the site's gateway."""
    replicas: Annotated[int, Field(ge=1, le=3)] = 1
    """Pods of each of the platform's programs there: gate, gateway and delivery. One fits on one node."""
    source: SiteSource
    """What it must always have."""


class EdgeModel(Settings):
    """One of the team's models, at a site."""

    model: Label
    """One of `models`: version, digest and runtime are those."""
    site: Label
    """One of the platform's sites."""
    replicas: Replicas = Replicas(min=1, max=2)
    """Bounds of the autoscaler at the site."""
    resources: Resources
    """What each pod gets there; sites have no GPU pool."""
