"""What an alert or new data starts: once, recorded first, of the pipeline's own template, and nothing unknown."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from typing import Any

import pytest

from headgate.retraining.receiver import ConflictError, Outcome, Receiver, Tally
from headgate.retraining.server import Calls
from headgate.retraining.triggers import alerts_of, arrivals_of, azure_alerts_of, place_of

pytestmark = pytest.mark.unit

PATH = "abfss://labelled@hgfraud.dfs.core.windows.net/new"
BLOB = "https://hgfraud.blob.core.windows.net/labelled/new/part-{}.parquet"
TEMPLATE = {
    "metadata": {"labels": {"headgate.dev/training": "fraud-train"}, "annotations": {"a": "b"}},
    "spec": {"template": {"spec": {"serviceAccountName": "fraud-train"}}},
}


def cron_job(name: str = "fraud-train", model: str = "fraud-score", files: int = 2) -> dict[str, Any]:
    """Return a pipeline's CronJob."""
    labels = {"headgate.dev/training": name, "headgate.dev/model": model, "headgate.dev/team": "fraud"}
    notes = {
        "headgate.dev/retrain-on-alert": "ModelFeatureDrift",
        "headgate.dev/retrain-on-data": PATH,
        "headgate.dev/retrain-after-files": str(files),
    }
    metadata = {"name": name, "namespace": "team-fraud", "uid": f"uid-{name}", "labels": labels, "annotations": notes}
    return {"metadata": metadata, "spec": {"jobTemplate": TEMPLATE, "suspend": True}}


class Memory:
    """A namespace in memory. `clock` is when Jobs are made."""

    def __init__(self, *cron_jobs: dict[str, Any]) -> None:
        self.all_cron_jobs = [*cron_jobs, {"metadata": {"name": "batch", "labels": {}}, "spec": {}}]
        self.made: list[dict[str, Any]] = []
        self.kept: dict[str, Tally] = {}
        self.clock = "2026-01-01T12:00:00Z"
        self.away = False

    def cron_jobs(self) -> list[dict[str, Any]]:
        """Return CronJobs, batch jobs among them."""
        if self.away:
            raise OSError("refused")
        return self.all_cron_jobs

    def jobs(self) -> list[dict[str, Any]]:
        """Return Jobs."""
        return self.made

    def create_job(self, document: dict[str, Any]) -> None:
        """Make a Job."""
        if any(job["metadata"]["name"] == document["metadata"]["name"] for job in self.made):
            raise ConflictError("there")
        document["metadata"]["creationTimestamp"] = self.clock
        self.made.append(document)

    def end(self) -> None:
        """Have every Job ended."""
        for job in self.made:
            job["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}

    def tallies(self) -> tuple[dict[str, Tally], str]:
        """Return what was counted."""
        return dict(self.kept), "1"

    def keep_tallies(self, tallies: Mapping[str, Tally], version: str) -> None:
        """Keep it."""
        self.kept = dict(tallies)


class Team:
    """A receiver over a namespace in memory, and what it recorded."""

    def __init__(self, *cron_jobs: dict[str, Any]) -> None:
        self.namespace = Memory(*(cron_jobs or (cron_job(),)))
        self.recorded: list[dict[str, Any]] = []
        self.ledger_away = False
        self.receiver = Receiver("fraud", self.namespace, self.record)
        self.calls = Calls(self.receiver, lambda: "token")

    def record(self, entry: dict[str, Any]) -> None:
        """Take an entry."""
        if self.ledger_away:
            raise OSError("refused")
        self.recorded.append(entry)

    def post(self, path: str, document: Any, token: str = "token") -> tuple[int, dict[str, Any]]:  # noqa: S107
        """Call it."""
        return self.calls.answer(path, f"Bearer {token}", json.dumps(document).encode())


def alert(since: str = "2026-01-01T11:00:00Z", status: str = "firing", **labels: str) -> dict[str, Any]:
    """Return an alert of Alertmanager's."""
    given = {"alertname": "ModelFeatureDrift", "team": "fraud", "model": "fraud-score", "feature": "amount", **labels}
    return {"status": status, "labels": given, "startsAt": since}


def call(*alerts: dict[str, Any]) -> dict[str, Any]:
    """Return a call of Alertmanager."""
    return {"version": "4", "alerts": list(alerts)}


def blobs(*numbers: int) -> list[dict[str, Any]]:
    """Return events of Event Grid."""
    rows = [{"url": BLOB.format(number), "eTag": f"0x{number}"} for number in numbers]
    return [{"eventType": "Microsoft.Storage.BlobCreated", "data": row} for row in rows]


def results(answer: tuple[int, dict[str, Any]]) -> list[str]:
    """Return what came of each pipeline."""
    return [row["result"] for row in answer[1]["outcomes"]]


def test_a_drift_alert_starts_the_pipelines_own_job_and_is_recorded() -> None:
    """The CronJob's template and nothing of the caller's; owned by it, so that its limits of history hold."""
    team = Team()
    status, document = team.post("/v1/alertmanager", call(alert(), alert(feature="hour")))
    (job,) = team.namespace.made

    assert (status, [row["result"] for row in document["outcomes"]]) == (200, ["started"])
    assert job["spec"] == TEMPLATE["spec"]
    assert job["metadata"]["labels"] == {"headgate.dev/training": "fraud-train"}
    assert job["metadata"]["ownerReferences"] == [
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "name": "fraud-train",
            "uid": "uid-fraud-train",
            "controller": True,
        }
    ]
    assert team.recorded == [
        {
            "kind": "retraining",
            "actor": "retraining-receiver/fraud",
            "subject": "fraud/fraud-score",
            "data": {
                "pipeline": "fraud-train",
                "run": job["metadata"]["name"],
                "reason": "ModelFeatureDrift since 2026-01-01T11:00:00+00:00",
            },
        }
    ]


def test_the_same_alert_starts_no_second_run() -> None:
    """While one is under way, after it has ended, and when the Job is gone from the listing but not from the server."""
    team = Team()
    team.post("/v1/alertmanager", call(alert()))
    assert results(team.post("/v1/alertmanager", call(alert()))) == ["already"]
    team.namespace.end()
    assert results(team.post("/v1/alertmanager", call(alert()))) == ["already"]
    team.namespace.made[0]["metadata"]["labels"] = {}
    assert results(team.post("/v1/alertmanager", call(alert()))) == ["already"]

    assert len(team.namespace.made) == 1


def test_an_alert_that_begins_after_the_last_run_starts_another() -> None:
    """That run has not seen it; one that is under way is let end first."""
    team = Team()
    team.post("/v1/alertmanager", call(alert()))
    later = call(alert(since="2026-01-02T00:00:00.123456789+04:00"))
    assert results(team.post("/v1/alertmanager", later)) == ["already"]
    team.namespace.end()
    team.namespace.clock = "2026-01-02T00:00:00Z"

    assert results(team.post("/v1/alertmanager", later)) == ["started"]
    assert len(team.namespace.made) == 2


@pytest.mark.parametrize(
    "labels",
    [{"model": "invoice-fields"}, {"team": "vision"}, {"alertname": "ModelUnfair"}, {"model": ""}],
    ids=lambda labels: "-".join(labels.values()),
)
def test_what_no_pipeline_asks_for_is_refused(labels: dict[str, str]) -> None:
    """An unknown model, another team's, another alert: 404, nothing started, nothing recorded."""
    team = Team()
    answer = team.post("/v1/alertmanager", call(alert(**labels)))

    assert (answer[0], results(answer)) == (404, ["refused"])
    assert (team.namespace.made, team.recorded) == ([], [])


def test_an_alert_that_is_over_asks_for_nothing() -> None:
    """Nor does a call without any."""
    team = Team()

    assert team.post("/v1/alertmanager", call(alert(status="resolved"))) == (200, {"outcomes": []})
    assert team.namespace.made == []


def test_azures_alerts_start_the_same() -> None:
    """The common alert schema of an action group; one that is resolved starts nothing."""
    labels = {"team": "fraud", "model": "fraud-score"}
    essentials = {
        "alertRule": "ModelFeatureDrift",
        "monitorCondition": "Fired",
        "firedDateTime": "2026-01-01T11:00:00Z",
    }
    document = {"data": {"essentials": essentials, "alertContext": {"labels": labels}}}
    team = Team()

    assert results(team.post("/v1/azure-monitor", document)) == ["started"]
    assert (
        azure_alerts_of({"data": {**document["data"], "essentials": {**essentials, "monitorCondition": "Resolved"}}})
        == []
    )
    with pytest.raises(ValueError, match="common alert schema"):
        azure_alerts_of({"data": {}})


def test_files_are_counted_until_they_are_enough() -> None:
    """Each once, however often it is told; the next run waits for as many again."""
    team = Team()
    first = results(team.post("/v1/data", blobs(1)))
    again = results(team.post("/v1/data", blobs(1)))
    enough = results(team.post("/v1/data", blobs(2)))
    team.namespace.end()

    assert (first, again, enough) == (["counted"], ["counted"], ["started"])
    assert results(team.post("/v1/data", blobs(2))) == ["counted"]
    assert results(team.post("/v1/data", blobs(3, 4))) == ["started"]
    assert [entry["data"]["reason"] for entry in team.recorded] == [f"2 new files at {PATH}"] * 2


def test_what_arrives_while_a_run_is_under_way_counts_for_the_next() -> None:
    """Nothing is lost, and no two runs train at once."""
    team = Team()
    team.post("/v1/data", blobs(1, 2))
    assert results(team.post("/v1/data", blobs(3, 4))) == ["already"]
    team.namespace.end()

    assert results(team.post("/v1/data", blobs(5))) == ["started"]
    assert team.recorded[-1]["data"]["reason"] == f"3 new files at {PATH}"


def test_a_tag_in_a_registry_marks_data_too() -> None:
    """A push of the repository that the pipeline waits for; a digest alone marks nothing."""
    waiting = cron_job(files=1)
    waiting["metadata"]["annotations"]["headgate.dev/retrain-on-data"] = "oci://hg.azurecr.io/datasets/fraud"
    team = Team(waiting)

    def pushed(repository: str, **target: str) -> dict[str, Any]:
        row = {"id": "1", "action": "push", "request": {"host": "hg.azurecr.io"}}
        return {"events": [{**row, "target": {"repository": repository, **target}}]}

    assert team.post("/v1/data", pushed("datasets/fraud", digest="sha256:1")) == (200, {"outcomes": []})
    assert team.post("/v1/data", pushed("datasets/other", tag="ready"))[0] == 404
    assert results(team.post("/v1/data", pushed("datasets/fraud", tag="ready"))) == ["started"]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("abfss://c@a123.dfs.core.windows.net/x/y/", "a123/c/x/y"),
        ("https://a123.blob.core.windows.net/c/x", "a123/c/x"),
        ("oci://reg.example/datasets/d", "reg.example/datasets/d"),
        ("s3://bucket/x", "bucket/x"),
    ],
)
def test_places_are_compared_whatever_their_scheme(path: str, place: str) -> None:
    """Data Lake and Blob are two doors of one account."""
    assert place_of(path) == place


def test_a_place_beside_is_another() -> None:
    """By whole path elements."""
    team = Team(cron_job(files=1))
    beside = [
        {"eventType": "Microsoft.Storage.BlobCreated", "data": {"url": BLOB.format(1).replace("/new/", "/newer/")}}
    ]

    assert team.post("/v1/data", beside)[0] == 404


def test_nobody_calls_without_the_token() -> None:
    """Wrong, missing, or none set at all: nothing is read, nothing started."""
    team = Team()
    unset = Calls(team.receiver, lambda: "")

    assert team.post("/v1/alertmanager", call(alert()), token="other")[0] == 401
    assert team.calls.answer("/v1/alertmanager", "", b"{}")[0] == 401
    assert unset.answer("/v1/alertmanager", "Bearer ", b"{}")[0] == 401
    assert team.namespace.made == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"alerts": [{}]}', b'{"alerts": [1]}', b"[" * 100000])
def test_what_is_no_such_call_is_refused(body: bytes) -> None:
    """400, whatever it is: nobody need call again for it."""
    assert Team().calls.answer("/v1/alertmanager", "Bearer token", body)[0] == 400


def test_while_the_ledger_or_the_api_server_is_away_nothing_starts() -> None:
    """503, so that the caller tries again: a run that can't be recorded is none."""
    team = Team()
    team.ledger_away = True
    assert team.post("/v1/alertmanager", call(alert()))[0] == 503
    assert team.namespace.made == []
    team.ledger_away, team.namespace.away = False, True

    assert team.post("/v1/alertmanager", call(alert()))[0] == 503


def test_event_grid_is_answered_what_it_wants_to_hear() -> None:
    """The code of its validation, and only with the token."""
    asked = [{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": "42"}}]

    assert Team().post("/v1/data", asked) == (200, {"validationResponse": "42"})
    assert Team().post("/v1/other", {})[0] == 404


def test_only_the_newest_events_are_remembered() -> None:
    """What is kept fits a ConfigMap, whatever arrives."""
    arrivals = arrivals_of(blobs(*range(700)))
    tally = Tally().with_events(arrivals)

    assert (tally.count, len(tally.recent)) == (700, 500)
    assert Outcome("p", "counted", "w").as_json() == {"pipeline": "p", "result": "counted", "why": "w"}
    assert alerts_of(call(alert()))[0].since == datetime.datetime(2026, 1, 1, 11, tzinfo=datetime.UTC)
