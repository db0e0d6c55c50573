"""What a model may ask for beside its pods: scaling by requests, a monitor, kept answers, switches of its runtime."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from headgate.stack.sizes import Replicas
from headgate.stack.values import Guid, Settings

_LabelKey = Annotated[
    str, Field(pattern=r"^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$")
]
_LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$")]


class ModelReplicas(Replicas):
    """Bounds of a model's autoscaler, in each region."""

    min: Annotated[int, Field(ge=0, le=1000)]
    """Fewest pods; 0 only with `scale_on_requests`."""


class RequestScaling(Settings):
    """Pods by the requests that come in: KEDA, in place of the autoscaler by CPU use."""

    per_second: Annotated[int, Field(ge=1, le=100000)]
    """Requests a second that one pod is for, in each region."""
    idle_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    """Minutes without a request after which the last pods go, where `replicas.min` is 0."""
    query: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """PromQL for the requests a second, where the gateway counts under names of its own; `{region}` is replaced.

    It must count requests that find no pod too: nothing else wakes a model up."""
    identity: Guid | None = None
    """Application id of the identity that KEDA asks Prometheus as; Azure's managed Prometheus wants one."""


class MonitorApi(StrEnum):
    """Whose operator reads a ServiceMonitor."""

    AZURE = "azure"
    OPERATOR = "operator"


MonitorApiField = Annotated[MonitorApi, Field(strict=False)]


class ServiceMonitor(Settings):
    """How an operator of Prometheus finds the model's metrics, in place of the cluster's own discovery."""

    api: MonitorApiField = MonitorApi.AZURE
    """`azure` for managed Prometheus, `operator` for the Prometheus operator (in namespace headgate-monitoring)."""
    interval_seconds: Annotated[int, Field(ge=5, le=300)] = 30
    """Seconds between two measurements."""
    labels: dict[_LabelKey, _LabelValue] = Field(default={}, max_length=10)
    """Labels by which the operator's Prometheus chooses what it reads."""


class ResponseCache(Settings):
    """Answers that each pod keeps, and gives again to a request that is the same."""

    seconds: Annotated[int, Field(ge=1, le=3600)]
    """Seconds for which an answer may be given again: how late a reader may learn that the world has changed."""
    megabytes: Annotated[int, Field(ge=1, le=4096)] = 64
    """Most that a pod keeps, in MiB; no more than half of its memory."""


class FeatureFlag(Settings):
    """A switch of the model's runtime that is turned without a new version, and without a restart: of one type."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,63}$")]
    """Name, as the runtime asks for it."""
    boolean: bool | None = None
    """What the runtime is answered, of a flag that is true or false."""
    number: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """What the runtime is answered, of a flag that is a number."""
    text: Annotated[str, Field(max_length=1000)] | None = None
    """What the runtime is answered, of a flag that is a text."""

    @property
    def values(self) -> tuple[str, ...]:
        """The types that it has a value of; one, in a stack that is right."""
        return tuple(kind for kind in ("boolean", "number", "text") if getattr(self, kind) is not None)
