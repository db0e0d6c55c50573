"""Which rules the gates of a platform are given: files, or a signed bundle, named by the stack or by the deploy job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headgate.errors import HeadgateError
from headgate.stack import LoadedStack, StackName, load, load_stack
from headgate.stack.layers import Layered
from infra.layers import gate as layer
from infra.settings import Settings

pytestmark = pytest.mark.unit

Run = Callable[..., Any]
REGISTRY = "hgplatformprod.azurecr.io"
DIGEST = "sha256:" + "d" * 64


def public_key() -> str:
    """Return a public key as `openssl ec -pubout` writes it."""
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(*form).decode()


RULES_KEY, FACTS_KEY = public_key(), public_key()
OWNERSHIP: Any = {"environment": "prod"}
SETTINGS = Settings(load_stack("platform-prod"), OWNERSHIP)
BUNDLE = {"digest": DIGEST, "key": RULES_KEY, "facts": {"key": FACTS_KEY}}


def gate(program: Any, region: str) -> tuple[dict[str, Any], list[str], bool]:
    """Return of a region's gate the configuration, the names of its files, and whether it has credentials."""
    inputs = {name.rpartition("::")[2]: given for name, (_, given) in program.resources.items()}
    config = json.loads(inputs[f"gate-{region}-config"]["data"]["config.json"])
    return config, sorted(inputs[f"gate-{region}-rules"]["data"]), f"gate-{region}-registry" in inputs


def pulled(config: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return what is pulled, each with the key that is believed."""
    return {
        name: (each["resource"], config["keys"][each["signing"]["keyid"]]["key"])
        for name, each in config.get("bundles", {}).items()
    }


EXPECTED = {
    "rules": (f"{REGISTRY}/policy/rules@{DIGEST}", RULES_KEY),
    "facts": (f"{REGISTRY}/policy/facts:now", FACTS_KEY),
}


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every platform name its bundle."""
    checked = load._checked

    def naming(name: StackName, layered: Layered) -> LoadedStack:
        if name.is_platform:
            layered.value["gate"]["bundle"] = BUNDLE
        return checked(name, layered)

    monkeypatch.setattr(load, "_checked", naming)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Return what has the deploy job say something of registries."""

    def say(text: str) -> None:
        (tmp_path / "bundles.json").write_text(text)
        monkeypatch.setenv("HEADGATE_GATE_BUNDLES", str(tmp_path / "bundles.json"))

    return say


def test_a_platform_that_names_no_bundle_gives_its_gates_the_rules_as_files(run: Run) -> None:
    """They pull nothing."""
    config, files, _ = gate(run("platform-prod"), "uaenorth")

    assert (pulled(config), "data.json" in files, len(files) > 20) == ({}, True, True)


@pytest.mark.usefixtures("named")
def test_a_bundle_that_the_stack_names_is_pulled_in_every_region(run: Run) -> None:
    """From the platform's own registry; of files only what the cluster adds is left."""
    program = run("platform-prod")

    assert [(pulled(config), *rest) for config, *rest in (gate(program, "uaenorth"), gate(program, "uaecentral"))] == [
        (EXPECTED, ["data.json"], False)
    ] * 2


@pytest.mark.usefixtures("named")
def test_credentials_are_the_stacks_secret(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A registry that asks is answered with what `pulumi config set --secret headgate:registryReader` keeps."""
    monkeypatch.setattr(pulumi.Config, "get_secret", lambda _, key: pulumi.Output.secret(f"gate:{key}"))
    program = run("platform-prod")

    _, (_, secret) = next(each for each in program.resources.items() if each[0].endswith("::gate-uaenorth-registry"))
    assert gate(program, "uaenorth")[2]
    assert "gate:registryReader" in json.dumps(secret)


def test_what_the_deploy_job_knows_of_the_platforms_registry_is_pulled(run: Run, told: Callable[[str], None]) -> None:
    """As if the stack named it."""
    told(json.dumps({REGISTRY: BUNDLE}))

    assert pulled(gate(run("platform-prod"), "uaenorth")[0]) == EXPECTED


def test_what_it_knows_of_another_registry_is_nothing_to_this_one(told: Callable[[str], None]) -> None:
    """Production in a sandbox has its rules as files."""
    told(json.dumps({"hgplatformsandbox.azurecr.io": BUNDLE}))

    assert layer._known_to_the_job(SETTINGS) is None


@pytest.mark.usefixtures("named")
def test_the_stacks_own_word_counts_before_the_jobs(run: Run, told: Callable[[str], None]) -> None:
    """Whoever sets a variable of the job can't exchange the rules that the stack names."""
    told(json.dumps({REGISTRY: {**BUNDLE, "digest": "sha256:" + "e" * 64}}))

    assert pulled(gate(run("platform-prod"), "uaenorth")[0]) == EXPECTED


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "Expecting property name"),
        ("[]", "'list' object has no attribute"),
        (json.dumps({REGISTRY: {**BUNDLE, "key": "-----BEGIN EC PRIVATE KEY-----"}}), "a public key of curve P-256"),
        (json.dumps({REGISTRY: {**BUNDLE, "digest": "main"}}), "sha256:"),
        (json.dumps({REGISTRY: {**BUNDLE, "tag": "main"}}), "Extra inputs"),
    ],
)
def test_what_can_not_be_read_deploys_nothing(told: Callable[[str], None], text: str, says: str) -> None:
    """Never the rules of somewhere else, nor none."""
    told(text)

    with pytest.raises(HeadgateError) as caught:
        layer._known_to_the_job(SETTINGS)

    assert caught.value.what == "which rules the gates pull can't be read, so nothing is deployed"
    assert says in str(caught.value.found)
    assert "HEADGATE_GATE_BUNDLES" in str(caught.value.where)
