"""Decides on each trigger and starts what is to be started: once, recorded first, and only what a pipeline asks for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from headgate.retraining.runs import Pipeline, pipelines_of, run_name, run_of, trained_since, under_way
from headgate.retraining.triggers import Arrival, Drift, newest

# Events that are remembered of each pipeline, so that what is told twice counts once.
REMEMBERED = 500
Record = Callable[[dict[str, Any]], None]


class ConflictError(Exception):
    """Somebody else has made or changed the object meanwhile."""


@dataclass(frozen=True)
class Tally:
    """What a pipeline has seen: how many files since its last run, and the newest events, by their digests."""

    count: int = 0
    recent: tuple[str, ...] = ()

    def with_events(self, arrivals: list[Arrival]) -> Tally:
        """Return it with events that were not counted yet."""
        told = dict.fromkeys(_digest(each) for each in arrivals)
        new = tuple(digest for digest in told if digest not in self.recent)
        return Tally(self.count + len(new), (*self.recent, *new)[-REMEMBERED:])


class Cluster(Protocol):
    """What the receiver may do in its team's namespace, and no more."""

    def cron_jobs(self) -> list[dict[str, Any]]:
        """Return the namespace's CronJobs."""

    def jobs(self) -> list[dict[str, Any]]:
        """Return its Jobs."""

    def create_job(self, document: dict[str, Any]) -> None:
        """Make a Job; ConflictError where one of that name is there."""

    def tallies(self) -> tuple[dict[str, Tally], str]:
        """Return what each pipeline has seen since its last run, and the version of that."""

    def keep_tallies(self, tallies: Mapping[str, Tally], version: str) -> None:
        """Keep it; ConflictError where it is of another version by now."""


@dataclass(frozen=True)
class Outcome:
    """What came of a trigger. `result` is started, already, counted or refused."""

    pipeline: str
    result: str
    why: str
    run: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the wire form."""
        return {key: value for key, value in asdict(self).items() if value}


def _digest(arrival: Arrival) -> str:
    """Return an event in few letters."""
    return hashlib.sha256(f"{arrival.place} {arrival.event}".encode()).hexdigest()[:16]


class Receiver:
    """The receiver of one team. `record` writes the ledger; a run that can't be recorded is not started."""

    def __init__(self, team: str, cluster: Cluster, record: Record) -> None:
        self._team, self._cluster, self._record = team, cluster, record
        # Two calls of one process decide one after the other; those of two are told apart by the Job's name.
        self._turn = threading.Lock()

    def drifted(self, drifts: list[Drift]) -> list[Outcome]:
        """Start the pipelines that the alerts ask for; several alerts of one model are one reason."""
        with self._turn:
            pipelines, jobs = pipelines_of(self._cluster.cron_jobs()), self._cluster.jobs()
            outcomes = [
                self._start_for(pipeline, asking, jobs)
                for pipeline in pipelines
                if (asking := [drift for drift in drifts if pipeline.wants(drift)])
            ]
        wanted = {drift for pipeline in pipelines for drift in drifts if pipeline.wants(drift)}
        strange = sorted({(drift.model, drift.alert) for drift in drifts if drift not in wanted})
        return outcomes + [
            Outcome("", "refused", f"no pipeline of team {self._team} trains {model or 'no model'} on {alert}")
            for model, alert in strange
        ]

    def arrived(self, arrivals: list[Arrival]) -> list[Outcome]:
        """Count what has arrived, and start the pipelines that have enough."""
        with self._turn:
            pipelines = [each for each in pipelines_of(self._cluster.cron_jobs()) if each.path]
            outcomes = [
                self._count(pipeline, mine)
                for pipeline in pipelines
                if (mine := [arrival for arrival in arrivals if pipeline.takes(arrival)])
            ]
        strange = sorted({each.place for each in arrivals if not any(pipeline.takes(each) for pipeline in pipelines)})
        return outcomes + [Outcome("", "refused", f"no pipeline waits for data at {place}") for place in strange]

    def _start_for(self, pipeline: Pipeline, asking: list[Drift], jobs: list[dict[str, Any]]) -> Outcome:
        """Start a run for alerts, unless one is under way or has begun since the newest of them."""
        since = newest(asking)
        standing = under_way(jobs, pipeline) or trained_since(jobs, pipeline, since)
        if standing:
            return Outcome(pipeline.name, "already", "a run has begun since", standing)
        key = since.isoformat()
        return self._start(pipeline, run_name(pipeline, asking[0].alert, key), f"{asking[0].alert} since {key}")

    def _count(self, pipeline: Pipeline, arrivals: list[Arrival]) -> Outcome:
        """Count what has arrived for a pipeline; what comes while a run is under way counts for the next."""
        tallies, version = self._cluster.tallies()
        before = tallies.get(pipeline.name, Tally())
        tally = before.with_events(arrivals)
        enough = tally.count >= pipeline.after_files
        outcome = Outcome(pipeline.name, "counted", f"{tally.count} of {pipeline.after_files} files")
        if enough:
            standing = under_way(self._cluster.jobs(), pipeline)
            if standing:
                why = "a run is under way; the files count for the next"
                outcome = Outcome(pipeline.name, "already", why, standing)
            else:
                run = run_name(pipeline, "data", tally.recent[-1])
                outcome = self._start(pipeline, run, f"{tally.count} new files at {pipeline.path}")
                tally = Tally(0, tally.recent)
        if tally != before:
            self._cluster.keep_tallies({**tallies, pipeline.name: tally}, version)
        return outcome

    def _start(self, pipeline: Pipeline, run: str, reason: str) -> Outcome:
        """Record what is to be started, and start it."""
        self._record(
            {
                "kind": "retraining",
                "actor": f"retraining-receiver/{self._team}",
                "subject": f"{self._team}/{pipeline.model}",
                "data": {"pipeline": pipeline.name, "run": run, "reason": reason},
            }
        )
        try:
            self._cluster.create_job(run_of(pipeline, run, reason))
        except ConflictError:
            return Outcome(pipeline.name, "already", "the same trigger was told before", run)
        return Outcome(pipeline.name, "started", reason, run)
