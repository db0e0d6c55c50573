"""Which pipeline a trigger starts, and the Job that it becomes.

Pure. A pipeline says on its CronJob what starts it (`headgate.dev/retrain-on-alert`, `…-on-data`); the Job is made of
the CronJob's own template, so nothing that a caller says ever becomes part of a pod.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from headgate.retraining.triggers import Arrival, Drift, arrives_at

Document = Mapping[str, Any]
_PREFIX = "headgate.dev/"
PIPELINE = f"{_PREFIX}training"
REASON = f"{_PREFIX}trained-for"


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of the team, as its CronJob says."""

    job: Document

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.job["metadata"]["name"])

    @property
    def model(self) -> str:
        """The model that it makes candidates of."""
        return str(self._labels.get(f"{_PREFIX}model", ""))

    @property
    def path(self) -> str:
        """Where data arrives that starts it; nothing where none does."""
        return str(self._notes.get(f"{_PREFIX}retrain-on-data", ""))

    @property
    def after_files(self) -> int:
        """How many new files are enough."""
        return max(1, int(self._notes.get(f"{_PREFIX}retrain-after-files", "1")))

    def wants(self, drift: Drift) -> bool:
        """Say whether an alert is the one that starts it: by name, model and team."""
        wanted = self._notes.get(f"{_PREFIX}retrain-on-alert")
        mine = (wanted, self.model, self._labels.get(f"{_PREFIX}team"))
        return bool(wanted) and mine == (drift.alert, drift.model, drift.team)

    def takes(self, arrival: Arrival) -> bool:
        """Say whether something arrived where its data does."""
        return bool(self.path) and arrives_at(arrival, self.path)

    @property
    def _labels(self) -> Document:
        return self.job["metadata"].get("labels") or {}

    @property
    def _notes(self) -> Document:
        return self.job["metadata"].get("annotations") or {}


def pipelines_of(jobs: Iterable[Document]) -> list[Pipeline]:
    """Return the pipelines among CronJobs: batch jobs have no label of one."""
    return [Pipeline(job) for job in jobs if PIPELINE in (job["metadata"].get("labels") or {})]


def under_way(jobs: Iterable[Document], pipeline: Pipeline) -> str | None:
    """Return the run of a pipeline that has not ended, by whoever it was started."""
    for job in _runs(jobs, pipeline):
        ended = {row["type"] for row in (job.get("status") or {}).get("conditions") or () if row["status"] == "True"}
        if not ended & {"Complete", "Failed"}:
            return str(job["metadata"]["name"])
    return None


def trained_since(jobs: Iterable[Document], pipeline: Pipeline, since: datetime.datetime) -> str | None:
    """Return a run that began after a moment: it has seen the world of then already."""
    for job in _runs(jobs, pipeline):
        if datetime.datetime.fromisoformat(job["metadata"]["creationTimestamp"]) >= since:
            return str(job["metadata"]["name"])
    return None


def run_name(pipeline: Pipeline, *key: str) -> str:
    """Return the name of a run: the same for the same trigger, so that two calls make one."""
    return f"{pipeline.name}-{hashlib.sha256(chr(0).join((pipeline.name, *key)).encode()).hexdigest()[:10]}"


def run_of(pipeline: Pipeline, name: str, reason: str) -> dict[str, Any]:
    """Return the Job: the CronJob's template and nothing else, as `kubectl create job --from` makes it."""
    template, metadata = pipeline.job["spec"]["jobTemplate"], pipeline.job["metadata"]
    given = template.get("metadata") or {}
    notes = {**(given.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual", REASON: reason}
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": metadata["name"], "uid": metadata["uid"]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": metadata["namespace"],
            "labels": dict(given.get("labels") or {}),
            "annotations": notes,
            "ownerReferences": [{**owner, "controller": True}],
        },
        "spec": template["spec"],
    }


def _runs(jobs: Iterable[Document], pipeline: Pipeline) -> Iterable[Document]:
    """Yield the runs of a pipeline, by their labels: the timetable's and those by hand too."""
    return (job for job in jobs if (job["metadata"].get("labels") or {}).get(PIPELINE) == pipeline.name)
