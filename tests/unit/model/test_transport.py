"""How a client behaves towards a registry: challenges, redirects, repeats. The wire is a script of answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import urllib3

from headgate.model import RegistryError
from headgate.model.credentials import Credentials, docker_credentials

pytestmark = pytest.mark.unit

Reply = Callable[..., urllib3.HTTPResponse]


def test_a_bearer_challenge_is_answered_with_a_token_for_the_scope(scripted: Any, reply: Reply) -> None:
    """The token service gets the scope and our password; the registry gets the token, and is not asked twice."""

    def handler(call: Any) -> urllib3.HTTPResponse:
        if call.host == "auth.example":
            return reply(200, json.dumps({"token": "T"}).encode())
        if call.headers.get("Authorization") == "Bearer T":
            return reply(200, b"ok")
        challenge = 'Bearer realm="https://auth.example/token",service="reg",scope="repository:a:pull"'
        return reply(401, WWW_Authenticate=challenge)

    transport = scripted(handler, Credentials("u", "p"))

    bodies = [transport.request("GET", "/v2/a/manifests/1").data for _ in range(2)]

    assert bodies == [b"ok", b"ok"]
    assert [call.host for call in transport.calls] == ["reg.example", "auth.example", "reg.example", "reg.example"]
    assert parse_qs(transport.calls[1].target.partition("?")[2]) == {"service": ["reg"], "scope": ["repository:a:pull"]}
    assert transport.calls[1].headers["Authorization"] == "Basic " + base64.b64encode(b"u:p").decode()


def test_an_identity_token_is_exchanged(scripted: Any, reply: Reply) -> None:
    """What `az acr login` leaves is a refresh token, posted to the token service."""

    def handler(call: Any) -> urllib3.HTTPResponse:
        if call.method == "POST":
            return reply(200, b'{"access_token": "A"}')
        if "Authorization" not in call.headers:
            return reply(401, WWW_Authenticate='Bearer realm="https://reg.example/oauth2/token",service="reg"')
        return reply(200, b"ok")

    transport = scripted(handler, Credentials(identity_token="R"))

    assert transport.request("GET", "/v2/").data == b"ok"
    posted = next(call for call in transport.calls if call.method == "POST")
    assert parse_qs((posted.body or b"").decode())["refresh_token"] == ["R"]
    assert transport.calls[-1].headers["Authorization"] == "Bearer A"


def test_a_token_service_without_tls_gets_no_password(scripted: Any, reply: Reply) -> None:
    """Whoever can change an answer on the wire must not learn the password by naming a plain address."""
    transport = scripted(
        lambda _: reply(401, WWW_Authenticate='Bearer realm="http://auth.example/token"'), Credentials("u", "p")
    )

    with pytest.raises(RegistryError, match="az acr login"):
        transport.request("GET", "/v2/")
    assert [call.host for call in transport.calls] == ["reg.example"]


def test_a_redirect_to_storage_does_not_carry_our_token(scripted: Any, reply: Reply) -> None:
    """Blobs lie in a storage account behind a signed URL: it must not see the registry's credentials."""

    def handler(call: Any) -> urllib3.HTTPResponse:
        if call.host == "blob.example":
            return reply(200, b"blob")
        if "Authorization" not in call.headers:
            return reply(401, WWW_Authenticate='Basic realm="x"')
        return reply(307, Location="https://blob.example/x?sig=secret")

    transport = scripted(handler, Credentials("u", "p"))

    assert transport.request("GET", "/v2/a/blobs/sha256:1").data == b"blob"
    assert "Authorization" not in transport.calls[-1].headers


def test_a_busy_registry_is_asked_again_ever_more_slowly(scripted: Any, reply: Reply) -> None:
    """429 and 503 are repeated with growing pauses."""
    script = iter([429, 503, 200])
    transport = scripted(lambda _: reply(next(script), b"ok"))

    assert transport.request("GET", "/v2/").data == b"ok"
    assert transport.pauses == [0.2, 0.4]


def test_a_registry_that_stays_away_is_reported_with_its_address(scripted: Any, reply: Reply) -> None:
    """After the last attempt the message says who did not answer."""

    def handler(call: Any) -> urllib3.HTTPResponse:
        raise urllib3.exceptions.ProtocolError("refused")

    transport = scripted(handler)

    with pytest.raises(RegistryError, match=r"reg\.example/v2/: the registry does not answer") as caught:
        transport.request("GET", "/v2/")
    assert caught.value.unreachable
    assert len(transport.calls) == 4


def test_what_may_not_be_repeated_is_sent_once(scripted: Any, reply: Reply) -> None:
    """A chunk of an upload is resumed, not repeated."""
    transport = scripted(lambda _: reply(503))

    with pytest.raises(RegistryError):
        transport.request("PATCH", "/v2/a/blobs/uploads/1", repeat=False)
    assert len(transport.calls) == 1


def test_a_refusal_shows_the_registrys_reason_and_no_query(scripted: Any, reply: Reply) -> None:
    """Signed URLs carry secrets in their query."""
    body = b'{"errors": [{"code": "DENIED", "message": "not yours"}]}'
    transport = scripted(lambda _: reply(403, body))

    with pytest.raises(RegistryError) as caught:
        transport.request("GET", "/v2/a?sig=secret")

    assert "DENIED: not yours" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_credentials_come_from_dockers_configuration(tmp_path: Path) -> None:
    """Password and identity token are read; an unknown registry and a broken file mean anonymous."""
    config = tmp_path / "config.json"
    auth = base64.b64encode(b"u:p:with:colons").decode()
    config.write_text(json.dumps({"auths": {"reg.example": {"auth": auth}, "acr": {"identitytoken": "R"}}}))

    assert docker_credentials("reg.example", config) == Credentials("u", "p:with:colons")
    assert docker_credentials("acr", config) == Credentials(identity_token="R")
    assert docker_credentials("other", config) == Credentials()
    config.write_text("{")
    assert docker_credentials("acr", config) == Credentials()


def test_credentials_do_not_print_their_secrets() -> None:
    """A traceback may end in a log."""
    shown = repr(Credentials("u", "hidden", "hidden"))

    assert "hidden" not in shown
