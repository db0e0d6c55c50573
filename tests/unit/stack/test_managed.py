"""Work on the machine-learning service, and clusters' own alerting, in stack files: accepted, and refused by line."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack import StackError, StackName, load_stack
from headgate.stack.monitoring import TimeZone
from headgate.stack.together import validate_stacks
from headgate.stack.usage import uses
from tests.unit.stack.test_every_check import BASE, PLATFORM, TEAM, top

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "a" * 64
IMAGE = f"{{image: runtimes/worker, digest: '{DIGEST}'}}"
NODES = "{size: Standard_D8s_v5}"
PIPELINE = (
    f"          - {{name: retrain, model: fraud-score, trainer: {IMAGE}, dataset: https://data.example.com/in,"
    f" nodes: {NODES}}}\n"
)
JOB = f"          - {{name: archive, model: fraud-score, digest: '{DIGEST}', runtime: {IMAGE}, nodes: {NODES}}}\n"
ENDPOINT = (
    "          - {name: answers, model: fraud-score, size: Standard_D4s_v5,"
    f" versions: [{{name: blue, digest: '{DIGEST}', runtime: {IMAGE}, traffic: 100}}]}}\n"
)
TRAINING, BATCH, ONLINE = "        training:\n", "        batch:\n", "        online:\n"
IN_CLUSTER = "monitoring:\n      in_cluster:\n"
SWITCH = "        dead_man: https://watch.example.com/v1/heard/platform-dev\n"


def managed(text: str) -> tuple[str, str, str]:
    """Return the edit that adds to the team's work on the service."""
    return TEAM, "    models:\n", f"    managed:\n{text}    models:\n"


def own(text: str) -> tuple[str, str, str]:
    """Return the edit that has clusters tell by programs of their own."""
    return top(f"    {IN_CLUSTER}{SWITCH}{text}")


def told(stacks: Any) -> list[HeadgateError]:
    """Return what is wrong with the folder's stacks."""
    with pytest.raises(HeadgateError) as caught:
        validate_stacks([StackName.parse("platform-dev"), StackName.parse("fraud-dev")], stacks.folder)
    return caught.value.errors if isinstance(caught.value, StackError) else [caught.value]


def test_one_of_each_is_accepted(stacks: Any) -> None:
    """What the file says, and what is left to its default; the digest of a job is one that is asked for."""
    stacks.edit(*managed(TRAINING + PIPELINE + BATCH + JOB + ONLINE + ENDPOINT))

    team = load_stack("fraud-dev", stacks.folder).team
    validate_stacks([StackName.parse("fraud-dev")], stacks.folder)

    pipeline, job = team.managed.training[0], team.managed.batch[0]
    assert (pipeline.command, pipeline.schedule, pipeline.time_zone) == ("/trainer", None, TimeZone.UTC)
    assert (pipeline.deadline_minutes, pipeline.nodes.max, pipeline.nodes.idle_minutes) == (1440, 1, 5)
    assert (job.files_at_once, job.retries, job.part_minutes, job.failures) == (10, 3, 30, 0)
    (endpoint,) = team.managed.online
    assert (endpoint.request_seconds, endpoint.requests_at_once, endpoint.in_cluster) == (5, 1, None)
    assert [(each.name, each.traffic, each.instances) for each in endpoint.versions] == [("blue", 100, 2)]
    used = {use.place for use in uses(DIGEST, stacks.folder)}
    assert {"managed.batch.archive", "managed.online.answers"} <= used


def test_a_cluster_that_tells_by_itself_is_accepted(stacks: Any) -> None:
    """With the server that takes its mail."""
    stacks.edit(*own("        mail: {server: smtp.example.com:587, sender: alerts@example.com}\n"))

    asked = load_stack("platform-dev", stacks.folder).platform.monitoring.in_cluster

    assert asked is not None
    assert (asked.namespace, asked.dashboards) == ("monitoring", True)


FAULTS: dict[str, tuple[tuple[tuple[str, str, str], ...], str, str]] = {
    "managed pipeline `retrain` is there twice": ((managed(TRAINING + PIPELINE * 2),), TEAM, ""),
    "managed job `archive` is there twice": ((managed(BATCH + JOB * 2),), TEAM, ""),
    "managed job `retrain` has a pipeline's name": (
        (managed(TRAINING + PIPELINE + BATCH + JOB.replace("archive", "retrain")),),
        TEAM,
        "name: retrain, model: fraud-score, digest",
    ),
    "managed endpoint `retrain` has a pipeline's name": (
        (managed(TRAINING + PIPELINE + ONLINE + ENDPOINT.replace("answers", "retrain")),),
        TEAM,
        "name: retrain, model: fraud-score, size",
    ),
    "the versions of `answers` have 90 percent of its requests": (
        (managed(ONLINE + ENDPOINT.replace("traffic: 100", "traffic: 90")),),
        TEAM,
        "name: answers",
    ),
    "where `answers` serves is not said": (
        (managed(ONLINE + ENDPOINT.replace(" size: Standard_D4s_v5,", "")),),
        TEAM,
        "name: answers",
    ),
    "`answers` has two places": (
        (managed(ONLINE + ENDPOINT.replace("size:", "in_cluster: {cpu: '1', memory: 1Gi}, size:")),),
        TEAM,
        "name: answers",
    ),
    "version `blue` is there twice": (
        (managed(ONLINE + ENDPOINT.replace("]}", f", {{name: blue, digest: '{DIGEST}', runtime: {IMAGE}}}]}}")),),
        TEAM,
        "name: answers",
    ),
    "platform-dev has no machine-learning workspace": (
        (managed(TRAINING + PIPELINE), top("    registry: {learning_workspace: false}\n")),
        TEAM,
        "training:",
    ),
    "platform-dev has no machine-learning registry": (
        (managed(BATCH + JOB), top("    registry: {machine_learning: false}\n")),
        TEAM,
        "batch:",
    ),
    "what judges a cluster has a namespace of its own": (
        (own("        namespace: kube-system\n"),),
        PLATFORM,
        "namespace: kube-system",
    ),
    "team `fraud` is there twice": (
        (own("        training: [{team: fraud, models: [a]}, {team: fraud, models: [b]}]\n"),),
        PLATFORM,
        "training:",
    ),
    "nothing would tell the receiver of `fraud`": (
        (own("        training: [{team: fraud, models: [fraud-score], region: uaecentral}]\n"),),
        PLATFORM,
        "training:",
    ),
    "the receiver has no pipeline to start": (
        ((TEAM, "    models:\n", f"    retraining_receiver: {IMAGE}\n    models:\n"),),
        TEAM,
        "retraining_receiver:",
    ),
    "no server takes the mail of step `on-call`": ((own(""),), BASE, "name: on-call"),
    "an Alertmanager reaches nobody of step `lead`": (
        (
            own(""),
            (BASE, "emails: [lead@example.com]", 'phones: [{country: "971", number: "500000000"}]'),
        ),
        BASE,
        "name: lead",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_at_its_line(stacks: Any, what: str) -> None:
    """In the file that set the value; with what was found, what is expected and what to do."""
    edits, file, line = FAULTS[what]
    for edit in edits:
        stacks.edit(*edit)
    lines = (stacks.folder / file).read_text(encoding="utf-8").splitlines()

    found = {error.what: error for error in told(stacks)}

    assert what in found, list(found)
    if line:
        number = next(number for number, text in enumerate(lines, 1) if line in text)
        assert found[what].where == f"stacks/{file}:{number}"
    assert all((found[what].found, found[what].expected, found[what].fix))


def test_the_switchs_token_is_no_setting_in_the_clear(stacks: Any) -> None:
    """Pulumi keeps it encrypted, or the stack is refused."""
    stacks.edit(PLATFORM, "config:\n", "config:\n  headgate:deadManToken: geheim\n")

    (error,) = told(stacks)

    assert error.what == "`headgate:deadManToken` is a secret, and stands here in the clear"
