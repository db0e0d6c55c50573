"""What a team's stack asks for: its tenancy, its quota and its models."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from headgate.stack.jobs import BatchJob, Pipeline, RetrainingReceiver, RetrainingTriggers
from headgate.stack.language import LanguageModel
from headgate.stack.managed import Managed
from headgate.stack.serving import FeatureFlag, ModelReplicas, RequestScaling, ResponseCache, ServiceMonitor
from headgate.stack.sites import EdgeModel
from headgate.stack.sizes import Resources
from headgate.stack.strategy import Canary, Rollback, Runtime, Strategy, Variant
from headgate.stack.values import (
    Cpu,
    DataClassField,
    Digest,
    Guid,
    Label,
    Memory,
    ObjectiveFile,
    SemanticVersion,
    Settings,
)
from headgate.stack.watch import Money, Watch


class Groups(Settings):
    """Who may do what in the team's namespace."""

    edit: list[Guid] = Field(default=[])
    """Entra ID groups (object ids) that may see and restart the team's workloads."""
    view: list[Guid] = Field(default=[])
    """Entra ID groups (object ids) that may look, but not at secrets."""


class Quota(Settings):
    """The most that the team may use in each region."""

    cpu: Cpu
    """Sum of CPU requests and limits."""
    memory: Memory
    """Sum of memory requests and limits."""
    gpus: Annotated[int, Field(ge=0, le=1000)] = 0
    """GPUs; models that may scale to more are refused."""
    pods: Annotated[int, Field(ge=1, le=10000)] = 50
    """Pods."""
    storage: Memory = "0Gi"
    """Sum of persistent volumes; models need none."""


class Model(Settings):
    """One model that serves."""

    PER_ENVIRONMENT: ClassVar[frozenset[str]] = frozenset(
        {"replicas", "scale_on_requests", "service_monitor", "flags", "rollback", "retraining", "watch"}
    )

    name: Label
    """Name in the registry (models/<team>/<name>) and in the path (/v2/models/<name>)."""
    version: SemanticVersion
    """Version, for people; the digest decides what runs."""
    digest: Digest
    """Digest that `headgate model push` printed for this version."""
    rollback: Rollback | None = None
    """Why `version` is behind the one that was deployed before; without it the gates refuse to go back."""
    runtime: Runtime
    """Program that serves it."""
    grpc: bool = False
    """Answer the Open Inference Protocol over gRPC too, at `<team>-<model>.<host of the gateway>`."""
    replicas: ModelReplicas
    """Bounds of the autoscaler."""
    resources: Resources
    """What each pod gets."""
    target_cpu_percent: Annotated[int, Field(ge=10, le=95)] = 60
    """Average CPU use at which the autoscaler adds pods."""
    scale_on_requests: RequestScaling | None = None
    """Scale on requests instead, down to no pod where `replicas.min` is 0; the platform must have `event_scaling`."""
    latency_objective_ms: Annotated[int, Field(ge=1, le=600000)] = 100
    """Milliseconds within which 99 % of requests must be answered."""
    strategy: Strategy = Strategy(canary=Canary())
    """How a new version takes over."""
    fallback: Variant | None = None
    """Version that answers while no pod of the model is ready; none by default."""
    availability_percent: Annotated[float, Field(ge=90, le=99.99)] = 99.9
    """Share of requests, in percent, that must be answered over 30 days."""
    service_monitor: ServiceMonitor | None = None
    """Have an operator of Prometheus measure the pods; left out, the cluster's own discovery does."""
    response_cache: ResponseCache | None = None
    """Have each pod give an answer again to a request that is the same; only for what depends on its inputs alone."""
    flags: list[FeatureFlag] = Field(default=[], max_length=50)
    """Switches of the runtime, turned without a restart."""
    retraining: RetrainingTriggers | None = None
    """When it is trained again; left out, the triggers of the stack's own pipeline for it (`training`) say so."""
    watch: Watch = Watch()
    """From when on the team is told of drift, faults of inputs, indicators of the business and cost."""

    def drifts_above(self, triggers: RetrainingTriggers | None) -> float:
        """Return from which stability index on its alert fires: as said here, else where its training is to begin."""
        if "drift_psi" in self.watch.model_fields_set or triggers is None or triggers.drift is None:
            return self.watch.drift_psi
        return triggers.drift.above


class TeamStack(Settings):
    """What is one team's in one environment: tenancy and models (`headgate:team`)."""

    SECTION: ClassVar[str] = "team"

    name: Label
    """The team; the stack's name begins with it."""
    owner: Label
    """Person or group that answers for this stack; a label on everything."""
    cost_center: Label
    """Where the cost is booked."""
    data_class: DataClassField
    """Most sensitive data that the models see; not above the platform's."""
    protect: bool = True
    """Refuse to delete or replace the team's namespaces and identities."""
    groups: Groups = Groups()
    """Who may do what in the namespace."""
    quota: Quota
    """Limits of the team's namespace, in each region."""
    models: list[Model] = Field(default=[], max_length=100)
    """Models that serve."""
    language_models: list[LanguageModel] = Field(default=[], max_length=20)
    """Language models that serve."""
    batch: list[BatchJob] = Field(default=[], max_length=100)
    """Models that score data in the background."""
    training: list[Pipeline] = Field(default=[], max_length=50)
    """What makes candidates of models."""
    retraining_receiver: RetrainingReceiver | None = None
    """What starts pipelines by drift and data. Callers show it `headgate:retrainingToken`, a secret."""
    managed: Managed = Managed()
    """What runs on the machine-learning service instead of a cluster."""
    edge: list[EdgeModel] = Field(default=[], max_length=200)
    """Models that also serve at sites outside the cloud."""
    monthly_budget: Money | None = None
    """What all that the team runs may cost a month; it is told when one at the pace of the last hours costs more."""
    slo: list[ObjectiveFile] = Field(default=[], max_length=50)
    """Objectives beyond those that each model has: OpenSLO files of stacks/slo, each with one."""

    @property
    def started_by_events(self) -> list[Pipeline]:
        """The pipelines that drift or data starts, and so a receiver."""
        return [each for each in self.training if each.triggers.drift or each.triggers.data]

    def retraining_of(self, model: Model) -> RetrainingTriggers | None:
        """Return when a model is trained again: as it says itself, else as the first pipeline for it does."""
        pipelines = (pipeline.triggers for pipeline in self.training if pipeline.model == model.name)
        return model.retraining or next(pipelines, None)
