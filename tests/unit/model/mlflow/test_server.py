"""What is said when an MLflow server refuses, is elsewhere, or is none; and what credentials are sent, and where."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from headgate.model import RegistryError
from headgate.model.credentials import Credentials
from headgate.model.mlflow.server import TrackingServer, environment_credentials

pytestmark = pytest.mark.unit

WHERE = "/mlflow/model-versions/get"


def refused(mlflow: Any) -> RegistryError:
    """Ask, and return why not."""
    with pytest.raises(RegistryError) as caught:
        mlflow.client().get(WHERE, name="m", version="1")
    return caught.value


@pytest.mark.parametrize(
    ("status", "what", "fix"),
    [
        (401, "MLflow refuses", "set MLFLOW_TRACKING_TOKEN"),
        (403, "MLflow refuses", "ask the owner"),
        (404, "MLflow does not have it", None),
        (503, "MLflow refuses", None),
    ],
)
def test_a_refusal_says_what_to_do(mlflow: Any, status: int, what: str, fix: str | None) -> None:
    """MLflow's own code and message, without the query."""
    mlflow.refuse(WHERE, status, "SOME_CODE", "some message")
    error = refused(mlflow)

    assert (error.what, error.status) == (what, status)
    assert error.found == f"HTTP {status} SOME_CODE: some message"
    assert str(error.where).endswith("/api/2.0/mlflow/model-versions/get")
    assert (error.fix or "").startswith(fix or "")
    assert len(mlflow.asked) == (4 if status == 503 else 1)


def test_a_server_that_recovers_is_asked_again(mlflow: Any) -> None:
    """A busy server is not an answer."""
    mlflow.refuse(WHERE, 503, "BUSY", "later")
    mlflow.say(WHERE, {"model_version": {}})

    assert mlflow.client().get(WHERE) == {"model_version": {}}


def test_nobody_is_followed_elsewhere(mlflow: Any) -> None:
    """A redirection could carry credentials away, and names them in its query at times."""
    mlflow.say(WHERE, b"", 302, Location="https://login.example/?token=secret")
    error = refused(mlflow)

    assert (error.what, error.found) == ("the MLflow server is elsewhere", "HTTP 302 https://login.example/")


def test_a_login_page_is_no_answer(mlflow: Any) -> None:
    """A proxy's page comes with status 200."""
    mlflow.say(WHERE, b"<html>log in</html>")

    assert refused(mlflow).what == "this is no answer of MLflow"


def test_a_server_that_is_down_is_named() -> None:
    """After some attempts."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with pytest.raises(RegistryError, match="does not answer") as caught:
        TrackingServer(f"http://127.0.0.1:{port}", Credentials(), sleep=lambda _: None).get(WHERE)

    assert caught.value.expected == f"a tracking server at http://127.0.0.1:{port}"


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, None),
        ({"MLFLOW_TRACKING_TOKEN": "t0ken"}, "Bearer t0ken"),
        ({"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "s3cret"}, "Basic YWRhOnMzY3JldA=="),
        (
            {"MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "s3cret", "MLFLOW_TRACKING_TOKEN": "t"},
            "Basic YWRhOnMzY3JldA==",
        ),
    ],
)
def test_credentials_come_from_the_environment(mlflow: Any, environment: dict[str, str], sent: str | None) -> None:
    """As MLflow's own client reads them; they are not shown when they are printed."""
    mlflow.say(WHERE, {})
    credentials = environment_credentials(environment)
    mlflow.client(credentials).get(WHERE)

    assert mlflow.asked[0][1].get("Authorization") == sent
    assert not {"t0ken", "s3cret"} & set(repr(credentials).replace("'", " ").split())


def test_credentials_are_not_sent_in_clear() -> None:
    """But on loopback."""
    with pytest.raises(RegistryError, match="in clear"):
        TrackingServer("http://mlflow.example:5000", Credentials(identity_token="t0ken"))
    TrackingServer("http://mlflow.example:5000", Credentials())
    TrackingServer("https://mlflow.example", Credentials(identity_token="t0ken"))


@pytest.mark.parametrize("uri", ["sqlite:///mlflow.db", "./mlruns", "http://", "https://ada:s3cret@mlflow.example"])
def test_what_is_no_server_is_refused(uri: str) -> None:
    """A local store, and an address that holds a password, which is not repeated."""
    with pytest.raises(RegistryError, match="not the address of an MLflow tracking server") as caught:
        TrackingServer(uri, Credentials())

    assert "s3cret" not in str(caught.value)
