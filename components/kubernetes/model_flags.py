"""A model's feature flags: a ConfigMap that its pods see as a file, which changes under them. Pure: no Pulumi.

The file is in flagd's form, which every OpenFeature SDK reads. Its ConfigMap keeps its name when a flag is turned, so
no pod is restarted: Kubernetes renews the file within about a minute, and the runtime reads it again. The provider is
one that edits ConfigMaps (`connect`): others delete it and make it anew.
"""

import json
from typing import Any, Literal

from components.contract.model_options import FeatureFlag

DIRECTORY = "/etc/headgate/flags"
FILE = "flags.json"
VOLUME = "flags"
_SCHEMA = "https://flagd.dev/schema/v0/flags.json"
# The one variant that a flag has: which of several a caller gets is the strategy's business.
_SET = "set"
_KINDS: tuple[Literal["boolean"], Literal["number"], Literal["text"]] = ("boolean", "number", "text")


def name(model: str) -> str:
    """Name the ConfigMap."""
    return f"{model}-flags"


def data(flags: list[FeatureFlag]) -> dict[str, str]:
    """Return the ConfigMap's one file."""
    definitions = {
        flag["name"]: {"state": "ENABLED", "variants": {_SET: value(flag)}, "defaultVariant": _SET} for flag in flags
    }
    return {FILE: json.dumps({"$schema": _SCHEMA, "flags": definitions}, indent=1, sort_keys=True) + "\n"}


def value(flag: FeatureFlag) -> bool | float | str:
    """Return what a flag is set to: one of the three types, for a flag never changes its own."""
    found: list[bool | float | str] = [flag[kind] for kind in _KINDS if kind in flag]
    if len(found) != 1:
        raise ValueError(f"flag {flag['name']!r} needs one of {', '.join(_KINDS)}: {len(found)} are given")
    only = found[0]
    return int(only) if isinstance(only, float) and only.is_integer() else only


def arguments() -> list[str]:
    """Tell the runtime where its flags are."""
    return [f"--flags={DIRECTORY}/{FILE}"]


def volume(model: str) -> dict[str, Any]:
    """Return the volume; not by single file, which Kubernetes would never renew."""
    return {"name": VOLUME, "config_map": {"name": name(model)}}


def mount() -> dict[str, Any]:
    """Return where it is mounted."""
    return {"name": VOLUME, "mount_path": DIRECTORY, "read_only": True}
