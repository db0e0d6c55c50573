"""A team's endpoints on the machine-learning service: what they are, and who gets which share of the requests when."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.stack.managed import Managed
from infra.layers.managed_online import shares
from tests.unit.infra.test_stacks import PLATFORM

pytestmark = pytest.mark.unit

DIGEST = "sha256:" + "0" * 64
PROGRAM = {"image": "runtimes/oip-server", "digest": DIGEST}
KIND = "headgate:index:ManagedOnlineEndpoint::answers-managed"
READY = {**PLATFORM, "workspace": "/logs"}


def asked(*versions: tuple[str, int], **more: Any) -> Managed:
    """Return one endpoint with versions and their shares."""
    made = [{"name": name, "digest": DIGEST, "runtime": PROGRAM, "traffic": share} for name, share in versions]
    place = more or {"size": "Standard_D4s_v5"}
    return Managed.model_validate({"online": [{"name": "answers", "model": "fraud-score", "versions": made, **place}]})


def deployed(machine: str = "the service", versions: tuple[str, ...] = ("blue",), **traffic: int) -> dict[str, Any]:
    """Return what the last update exported."""
    facts = {"endpoint": "e", "machine": machine, "versions": [*versions], "traffic": traffic}
    return {"organization/headgate/fraud-prod": {"managed": {"online": {"answers": facts}}}}


@pytest.fixture
def made(asking: Any, run: Any) -> Any:
    """Return what a team's program makes of an endpoint, and exports."""

    def ran(wanted: Managed, before: dict[str, Any] | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
        asking(lambda team: team.model_copy(update={"managed": wanted}))
        program = run("fraud-prod", platform=READY, deployed=before or {})
        _, args = program.resources[KIND]
        return args, program.exports["managed"]["online"]["answers"]

    return ran


def test_it_stands_in_the_workspace_as_the_team(made: Any) -> None:
    """The model by its digest in the registry, the program by its own, logs where audits are made."""
    args, exported = made(asked(("blue", 100)))

    assert args["versions"] == [
        {
            "name": "blue",
            "model_id": f"azureml://registries/mlr-hg-prod/models/fraud-score/versions/sha256-{'0' * 64}",
            "runtime_image": f"hgplatformprod.azurecr.io/runtimes/oip-server@{DIGEST}",
            "environment_version": "0" * 16,
            "instances": 2,
        }
    ]
    assert (args["machines"], args["workspace_id"], args["place"]["workspace"]) == (
        {"size": "Standard_D4s_v5"},
        "/logs",
        "mlw-prod-uaenorth",
    )
    assert exported["versions"] == ["blue"]


def test_in_the_cluster_it_has_the_teams_namespace(made: Any) -> None:
    """Of the cluster in the workspace's region."""
    args, exported = made(asked(("blue", 0), in_cluster={"cpu": "500m", "memory": "1Gi"}))

    assert args["attached"] == {
        "cluster_id": "/subscriptions/s/resourceGroups/rg-uaenorth/providers/aks",
        "namespace": "team-fraud",
        "cpu": "500m",
        "memory": "1Gi",
        "gpus": 0,
    }
    assert ("machines" in args, exported["machine"]) == (False, "the cluster")


BOTH = ("blue", "green")


@pytest.mark.parametrize(
    ("shares", "before", "sent"),
    [
        ((("blue", 100),), None, {}),
        ((("blue", 100),), deployed(), {"blue": 100}),
        ((("blue", 90), ("green", 10)), deployed(blue=100), {"blue": 100}),
        ((("blue", 90), ("green", 10)), deployed(versions=BOTH, blue=100), {"blue": 90, "green": 10}),
        ((("blue", 0), ("green", 100)), deployed(versions=BOTH, blue=100), {"green": 100}),
    ],
    ids=["first", "there", "beside it", "both there", "the other alone"],
)
def test_a_version_gets_its_share_once_it_is_there(
    made: Any, shares: tuple[tuple[str, int], ...], before: dict[str, Any] | None, sent: dict[str, int]
) -> None:
    """Until then those that answered go on; what is sent is exported for the next update."""
    args, exported = made(asked(*shares), before)

    assert (args["traffic"], exported["traffic"]) == (sent, sent)


def test_who_serves_makes_another_endpoint() -> None:
    """Whose versions are made anew, so that none of them is there yet."""
    (endpoint,) = asked(("blue", 100)).online

    assert shares(endpoint, {"machine": "the cluster", "versions": ["blue"], "traffic": {"blue": 100}}) == {}


def test_what_answers_stays_until_another_is_there(made: Any) -> None:
    """Or else nothing would answer: told before anything is changed, with the three updates that it takes."""
    with pytest.raises(HeadgateError) as caught:
        made(asked(("green", 100)), deployed(blue=100))

    error = caught.value
    assert error.what == "`answers/blue` still answers, and what follows it is not there yet"
    assert error.where == "stacks/Pulumi.fraud-prod.yaml"


def test_a_locked_workspace_keeps_versions_too(made: Any) -> None:
    """Azure deletes nothing there: the idle one of two is written over instead."""
    with pytest.raises(HeadgateError) as caught:
        made(asked(("green", 100)), deployed(versions=BOTH, green=100))

    assert caught.value.what == "`answers/blue` can't be deleted: mlw-prod-uaenorth is locked"
