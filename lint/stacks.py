"""Every committed stack, rendered: what each registers, teams' stacks reading what their platform's exports.

Owns the order of rendering and the cache. The program is run as it is; only the cloud under it is in memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from headgate.stack import StackName
from lint import cache
from lint.program import Registration, Run, run

# What decides what is registered; the content of all of it is the cache's key.
SOURCES = (
    "components",
    "infra",
    "stacks",
    "policies",
    "headgate/stack",
    "headgate/policy",
    "headgate/waiver",
    "headgate/sandbox/azure",
    "lint/cloud.py",
    "lint/program.py",
    "lint/stacks.py",
    "requirements/dev.txt",
)
# A render must not depend on who runs it, nor on the commit.
_FIXED = {"HEADGATE_COMMIT": "0000000", "HEADGATE_CHANGE": "lint"}
_LEFT_OUT = ("HEADGATE_AUDIT_URL", "HEADGATE_AUDIT_TOKEN_FILE", "HEADGATE_GATE_BUNDLES")


def committed() -> list[StackName]:
    """Return the committed stacks, platforms first."""
    names = [StackName.parse(path.stem.removeprefix("Pulumi.")) for path in cache.CHECKOUT.glob("stacks/Pulumi.*.yaml")]
    return sorted(names, key=lambda name: (not name.is_platform, str(name)))


def rendered() -> dict[str, list[Registration]]:
    """Return the registrations of every committed stack, from the cache where nothing has changed."""
    key = cache.digest_of_files(SOURCES)
    kept = cache.load(f"stacks-{key}")
    if kept is None:
        runs = render(committed())
        kept = {name: [asdict(each) for each in run.registrations] for name, run in runs.items()}
        cache.keep(f"stacks-{key}", kept)
    return {name: [Registration(**each) for each in found] for name, found in kept.items()}


def render(names: Iterable[StackName]) -> dict[str, Run]:
    """Run the program of each stack; a platform comes before the teams that read its exports."""
    runs: dict[str, Run] = {}
    with _environment():
        for stack in names:
            references = {f"organization/headgate/{other}": done.exports for other, done in runs.items()}
            runs[str(stack)] = run(_program, stack=str(stack), references=references)
    return runs


@contextmanager
def _environment() -> Iterator[None]:
    """Set what a render must not take from whoever runs it, and set it back."""
    before = {name: os.environ.get(name) for name in (*_FIXED, *_LEFT_OUT)}
    os.environ.update(_FIXED)
    for name in _LEFT_OUT:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _program() -> dict[str, object]:
    """Run what `infra/__main__.py` runs."""
    from infra.settings import load
    from infra.stacks import compose

    return compose(load())
