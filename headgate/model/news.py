"""What is new in a registry: each write about a model leaves a tag, whose name says when it was and of which model.

A registry tells nobody what changed in it, and looking at each version anew costs requests without end. Tags can be
listed from a name on, so whoever knows the last one asks once. News are a hint and prove nothing: who hears of a model
looks at it, and now and then at all of them, since other tools leave no tag and clocks differ.
"""

from __future__ import annotations

import datetime
import hashlib
import re
import secrets

from headgate.errors import HeadgateError
from headgate.model.descriptor import manifest_of
from headgate.model.registry import Registry

REPOSITORY = "headgate/news"
_TYPE = "application/vnd.headgate.news.v1"
_TAG = re.compile(r"\d{14}-(?P<mark>[0-9a-f]{24})-[0-9a-f]{8}")
# How much later than its name says a tag may be seen: others' clocks, and requests under way.
_LATE = datetime.timedelta(minutes=2)


def announce(registry: Registry, name: str) -> None:
    """Say that something about a model is new. Said after it was written, so that who hears of it finds it."""
    try:
        empty = registry.push_empty_config(REPOSITORY)
        document = manifest_of(empty, [empty], artifact_type=_TYPE)
        registry.put_manifest(REPOSITORY, document, tag=f"{_ago()}-{mark(name)}-{secrets.token_hex(4)}")
    except HeadgateError as error:
        raise HeadgateError(
            f"what is new about {name} is written, but could not be announced",
            where=f"{registry.login_server}/{REPOSITORY}",
            found=f"{error.what}: {error.found}",
            expected="a right to push there, beside the one to push models",
            fix="ask for that right; clusters hear of it all the same, within minutes instead of seconds",
        ) from error


def mark(name: str) -> str:
    """Return what a tag calls a model: names have characters that tags may not have."""
    return hashlib.sha256(name.encode()).hexdigest()[:24]


class News:
    """Who listens: hears each announcement once."""

    def __init__(self, registry: Registry) -> None:
        """Take the registry; what was announced before is no news."""
        self._registry = registry
        self._heard: set[str] = set()
        self.marks()

    def marks(self) -> set[str]:
        """Return the marks of the models about which something was announced since."""
        after = _ago(_LATE)
        announced = set(self._registry.tags(REPOSITORY, after))
        fresh, self._heard = announced - self._heard, announced
        return {found["mark"] for tag in fresh if (found := _TAG.fullmatch(tag))}


def _ago(time: datetime.timedelta = datetime.timedelta()) -> str:
    """Return when it was some time ago, as text that sorts as times do."""
    at = datetime.datetime.now(datetime.UTC) - time
    return f"{int(at.timestamp() * 1000):014d}"
