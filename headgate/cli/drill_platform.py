"""A sandbox's platform as a drill sees it: its regions, somebody who keeps asking, two ways to take a region out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import urllib3

from headgate.drill.answers import Answer, Heard
from headgate.errors import HeadgateError
from headgate.sandbox.azure.client import ArmClient, Patience
from headgate.sandbox.azure.errors import ArmError
from headgate.sandbox.layout import StateDir
from headgate.sandbox.smoke import smoke
from headgate.sandbox.traffic import MAX_SECONDS, Load, Watch, run

T = TypeVar("T")
OUTAGE, EDGE = "outage", "edge"
RATE = 10.0
# What a caller bears before it gives up; a region is asked by itself, on this machine, and more quickly.
_ANSWER_SECONDS = 3.0
_REGION_TIMEOUT = urllib3.Timeout(connect=1.0, read=2.0)
_API_VERSION = "2025-04-15"
# What Azure says of a resource, and takes from nobody.
_TOLD = ("provisioningState", "deploymentStatus")
_SWITCHES = {"/origins/": "enabledState", "/trafficmanagerprofiles/": "endpointStatus"}


@dataclass(frozen=True)
class Azure:
    """The sandbox's Azure, with its refusals as errors that a person can act on."""

    state: StateDir

    def own(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Make one of the sandbox's own calls."""
        return self._asked(path, lambda client: client.own(method, path, body))

    def origins(self, region: str) -> dict[str, bool]:
        """Return what leads from the edge to a region, by id, and whether it is on."""
        rows = [str(row["id"]) for row in self.own("GET", "/-/resources")["value"]]
        ids = [each for each in rows if each.rpartition("/")[2] == region and _switch(each)]
        return {each: self._properties(each).get(_switch(each), "Enabled") == "Enabled" for each in ids}

    def turn(self, arm_id: str, on: bool) -> None:
        """Turn an origin on or off; all else that was asked for it stays."""
        asked = {key: value for key, value in self._properties(arm_id).items() if key not in _TOLD}
        body = {"properties": {**asked, _switch(arm_id): "Enabled" if on else "Disabled"}}
        self._asked(arm_id, lambda client: client.put(arm_id, _API_VERSION, body, Patience()))

    def _properties(self, arm_id: str) -> dict[str, Any]:
        found = self._asked(arm_id, lambda client: client.get(arm_id, _API_VERSION))
        return dict((found or {}).get("properties") or {})

    def _asked(self, where: str, call: Callable[[ArmClient], T]) -> T:
        with closing(ArmClient(self.state)) as client:
            try:
                return call(client)
            except ArmError as error:
                raise HeadgateError(
                    "the sandbox's Azure refused", where=where, found=str(error), fix="headgate sandbox status"
                ) from error


def _switch(arm_id: str) -> str:
    """Return the property that turns an origin on and off; nothing for what is none."""
    return next((name for part, name in _SWITCHES.items() if part in arm_id.lower()), "")


@dataclass(frozen=True)
class Question:
    """What is asked again and again."""

    model: str
    request: Mapping[str, Any]


@dataclass(frozen=True)
class SandboxRegions:
    """The regions that a platform exports, each asked at its own gateway."""

    state: StateDir
    azure: Azure
    host: str
    gateways: Mapping[str, str]
    question: Question

    @property
    def names(self) -> Sequence[str]:
        """Their names."""
        return tuple(self.gateways)

    def fault_of(self, region: str) -> str:
        """Return why a region does not serve the model, or gets no traffic."""
        if not any(self.azure.origins(region).values()):
            return "out of traffic at the edge"
        answer = smoke(
            f"https://{self.host}",
            self.question.model,
            self.question.request,
            state=self.state,
            at=self.gateways[region],
            timeout=_REGION_TIMEOUT,
        )
        return "" if answer.ok else answer.error or f"HTTP {answer.status}"


@dataclass(frozen=True)
class SimulatedOutage:
    """A region all of whose processes stand still, as in an outage: it answers nobody, and loses nothing."""

    azure: Azure
    region: str
    regions: SandboxRegions | None = None

    def begin(self) -> None:
        """Stop it."""
        self.azure.own("POST", "/-/faults", {"kind": "outage", "region": self.region, "stop_region": True})

    def holds(self) -> bool:
        """Say whether it answers nobody."""
        return self.regions is None or bool(self.regions.fault_of(self.region))

    def end(self) -> None:
        """Let it go on. A fault is known by what it does: its number may be another's by now."""
        for fault in self.azure.own("GET", "/-/faults")["value"]:
            if fault["stop_region"] and fault["region"] == self.region:
                self.azure.own("DELETE", f"/-/faults/{fault['id']}")

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know."""
        return {"by": OUTAGE, "region": self.region}


@dataclass(frozen=True)
class EdgeSwitch:
    """A region that the edge sends nothing to any more: its origins are turned off, as one would on Azure."""

    azure: Azure
    region: str
    ids: Sequence[str]

    def begin(self) -> None:
        """Turn them off."""
        for each in self.ids:
            self.azure.turn(each, on=False)

    def holds(self) -> bool:
        """Say whether all are off."""
        return bool(self.ids) and not any(self.azure.origins(self.region).values())

    def end(self) -> None:
        """Turn on those that were."""
        standing = self.azure.origins(self.region)
        for each in self.ids:
            if standing.get(each) is False:
                self.azure.turn(each, on=True)

    def undo(self) -> dict[str, Any]:
        """Return what another process has to know."""
        return {"by": EDGE, "region": self.region, "ids": list(self.ids)}


def outage_of(by: str, region: str, regions: SandboxRegions) -> SimulatedOutage | EdgeSwitch:
    """Return a way to take a region out."""
    if by == OUTAGE:
        return SimulatedOutage(regions.azure, region, regions)
    return EdgeSwitch(regions.azure, region, [each for each, on in regions.azure.origins(region).items() if on])


def outage_left(left: Mapping[str, Any], state: StateDir) -> SimulatedOutage | EdgeSwitch:
    """Return what a killed drill did, to be undone."""
    azure = Azure(state)
    if left["by"] == OUTAGE:
        return SimulatedOutage(azure, left["region"])
    return EdgeSwitch(azure, left["region"], [str(each) for each in left.get("ids") or []])


@dataclass
class Asking:
    """Somebody who asks through the front door, from a thread of its own."""

    watch: Watch = field(default_factory=Watch)

    def now(self) -> float:
        """Return the load's clock."""
        return self.watch.now()

    def heard(self) -> Heard:
        """Return what came so far."""
        samples, settled = self.watch.seen()
        return Heard(tuple(Answer(each.due, each.seconds, each.good, each.region) for each in samples), settled)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


@contextmanager
def asking(endpoint: str, question: Question, state: StateDir) -> Iterator[Asking]:
    """Keep asking for as long as the context lasts."""
    url = f"https://{endpoint.removeprefix('https://')}/v2/models/{question.model}/infer"
    load = Load(url, RATE, MAX_SECONDS, question.request, timeout=_ANSWER_SECONDS)
    asker = Asking()
    thread = threading.Thread(target=run, args=(load, state, asker.watch), name="drill", daemon=True)
    thread.start()
    try:
        yield asker
    finally:
        asker.watch.ended.set()
        thread.join(timeout=2 * _ANSWER_SECONDS)
