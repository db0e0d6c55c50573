"""Makes a container's arguments true on this machine: mount paths, addresses, variables.

Pure text: what is mounted where, and which port became which, is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLE = re.compile(r"\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
LOOPBACK = r"(?:localhost|127\.0\.0\.1|\[::1\])"
ANY_ADDRESS = r"(?:0\.0\.0\.0|\[::\])?"


def expand(text: str, variables: Mapping[str, str]) -> str:
    """Expand `$(NAME)` as Kubernetes does: unknown names stay, `$$` is a dollar."""

    def value(match: re.Match[str]) -> str:
        if match[1] is None:
            return "$"
        return variables.get(match[1], match[0])

    return VARIABLE.sub(value, text)


def with_paths(text: str, mounts: Mapping[str, str]) -> str:
    """Replace each mount path, at path boundaries, by where it is on this machine; longer paths win."""
    if not mounts:
        return text
    paths = sorted(mounts, key=len, reverse=True)
    pattern = r"(?<![\w.~/-])(" + "|".join(re.escape(path) for path in paths) + r")(?=/|$|[^\w./-])"
    return re.sub(pattern, lambda match: mounts[match[1]], text)


def with_ports(text: str, own: Mapping[int, str], pod: Mapping[int, str]) -> str:
    """Replace listening addresses of the container's own ports, and loopback addresses of any port of its pod.

    Values are what a port becomes: a number or a `{port:NAME}` token. Other hosts' ports are left alone.
    """
    for port, real in own.items():
        # A program that takes a port alone: `--metricsPort=8090`.
        text = re.sub(rf"^(--?[\w-]*port[= ]){port}$", lambda match, real=real: f"{match[1]}{real}", text, flags=re.I)  # type: ignore[misc]
        listening = rf"(^|[=\s,]|tcp://|https?://(?=0\.0\.0\.0|\[::\])){ANY_ADDRESS}:{port}(?![\d.])"
        text = re.sub(listening, lambda match, real=real: f"{match[1]}127.0.0.1:{real}", text)  # type: ignore[misc]
    # A program that takes its address alone: on a laptop nothing listens to other machines.
    text = re.sub(r"^(--?bind-address[= ])(0\.0\.0\.0|\[?::\]?)$", r"\g<1>127.0.0.1", text)
    for port, real in pod.items():
        text = re.sub(rf"(?<![\w.-]){LOOPBACK}:{port}(?!\d)", f"127.0.0.1:{real}", text)
    return text
