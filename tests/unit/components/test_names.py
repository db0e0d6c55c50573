"""Names and sizes: legal for what they name, the same every time, and different for different things."""

from __future__ import annotations

import ipaddress
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import names, sizing

pytestmark = pytest.mark.unit

organisations = st.from_regex(r"[a-z][a-z0-9]{1,7}", fullmatch=True)
environments = st.sampled_from(["dev", "staging", "prod", "sandbox"])
regions = st.from_regex(r"[a-z]{4,20}[0-9]?", fullmatch=True)
anything = st.text(max_size=120)


@given(organisations, environments, regions)
def test_vault_names_are_legal(organisation: str, environment: str, region: str) -> None:
    """3 to 24 letters, digits and single hyphens, beginning with a letter."""
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name := names.vault(organisation, environment, region))
    assert 3 <= len(name) <= 24


@given(organisations, environments)
def test_registry_names_are_legal(organisation: str, environment: str) -> None:
    """5 to 50 letters and digits; the learning registry 3 to 33."""
    assert re.fullmatch(r"[a-z0-9]{5,50}", names.registry(organisation, environment))
    assert re.fullmatch(r"[a-z][a-z0-9-]{2,32}", names.learning_registry(organisation, environment))


@given(anything, st.integers(min_value=12, max_value=63))
def test_a_fitted_name_is_short_and_of_its_alphabet(text: str, longest: int) -> None:
    """Whatever goes in."""
    for alphabet in (names.HYPHENATED, names.ALPHANUMERIC):
        fitted = names.fit(text, longest, alphabet)
        assert len(fitted) <= longest
        assert set(fitted) <= alphabet


@given(anything)
def test_fitting_is_deterministic_and_changes_nothing_legal(text: str) -> None:
    """What fits stays as it is; the same text gives the same name."""
    assert names.fit(text, 24) == names.fit(text, 24)
    assert names.fit(fitted := names.fit("kv-hg-prod-uaenorth", 24), 24) == fitted == "kv-hg-prod-uaenorth"


@given(regions, regions)
def test_names_that_were_cut_do_not_collide(first: str, second: str) -> None:
    """A hash of the whole keeps long names apart."""
    long = [names.vault("organis", "staging", f"westeuropecentral{region}") for region in (first, second)]
    assert (long[0] == long[1]) == (first == second)


labels = st.from_regex(r"[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)
LEARNING = {
    "compute": names.learning_compute,
    "asset": names.learning_asset,
    "endpoint": lambda team, purpose: names.learning_endpoint("hg", "prod", team, purpose),
}


@pytest.mark.parametrize("kind", LEARNING)
@given(labels, labels, st.data())
def test_a_hyphen_moves_nothing_from_one_team_to_another(
    kind: str, team: str, purpose: str, data: st.DataObject
) -> None:
    """However team and purpose share the hyphens between them, another pair has another name."""
    words = f"{team}-{purpose}".split("-")
    cut = data.draw(st.integers(1, len(words) - 1))
    other = ("-".join(words[:cut]), "-".join(words[cut:]))

    assert (LEARNING[kind](team, purpose) == LEARNING[kind](*other)) == ((team, purpose) == other)


@pytest.mark.parametrize("kind", LEARNING)
@given(labels, labels)
def test_no_name_can_be_chosen_that_another_team_was_given(kind: str, team: str, purpose: str) -> None:
    """A name that ends in a hash can't be asked for by writing the hash out."""
    given_name = LEARNING[kind](team, purpose).removeprefix("hg-prod-")
    first, _, rest = given_name.partition("-")

    assert LEARNING[kind](first, rest) != LEARNING[kind](team, purpose) or (first, rest) == (team, purpose)


@given(labels, labels)
def test_learning_names_are_legal(team: str, purpose: str) -> None:
    """Letters, digits and hyphens, beginning with a letter, within what Azure takes."""
    for kind, longest in (("compute", 24), ("asset", 120), ("endpoint", 32)):
        name = LEARNING[kind](team, purpose)
        assert re.fullmatch(r"[a-z][a-z0-9-]*[a-z0-9]", name)
        assert len(name) <= longest


def test_names_of_learning_stay_what_they_were() -> None:
    """Where no hyphen is anyone else's."""
    assert [names.learning_compute("fraud", "re-train"), names.learning_endpoint("hg", "dev", "fraud", "score")] == [
        "fraud-re-train",
        "hg-dev-fraud-score",
    ]


@given(organisations, organisations, environments)
def test_two_organisations_have_two_registries(first: str, second: str, environment: str) -> None:
    """Registry names are one space for the whole world."""
    assert (names.registry(first, environment) == names.registry(second, environment)) == (first == second)


def test_the_sandbox_names_are_the_documented_ones() -> None:
    """The names that docs, rules and the sandbox rely on."""
    assert [
        names.cluster("sandbox", "uaenorth"),
        names.login_server("hg", "sandbox"),
        names.namespace("fraud"),
        names.resource_group("sandbox", "uaenorth"),
    ] == [
        "aks-sandbox-uaenorth",
        "hgplatformsandbox.azurecr.io",
        "team-fraud",
        "rg-headgate-sandbox-uaenorth",
    ]


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20))
def test_a_grant_has_one_id(role: str, name: str) -> None:
    """A GUID that depends on the grant alone."""
    assert names.grant(role, name) == names.grant(role, name)
    assert uuid.UUID(names.grant(role, name)) != uuid.UUID(names.grant(role, name + "x"))


@given(anything)
def test_labels_are_legal(text: str) -> None:
    """What Kubernetes takes as a label value."""
    assert re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?", names.label(text))


@given(st.integers(0, 255), st.integers(8, 20))
def test_subnets_fill_the_range_without_overlap(second: int, prefix: int) -> None:
    """Nodes get half, gateway and endpoints a quarter each."""
    whole = ipaddress.ip_network((f"10.{second}.0.0", prefix), strict=False)
    cut = sizing.subnets(str(whole))
    parts = [ipaddress.ip_network(text) for text in (cut.nodes, cut.gateway, cut.endpoints)]

    assert list(ipaddress.collapse_addresses(parts)) == [whole]
    assert sum(part.num_addresses for part in parts) == whole.num_addresses


@given(st.integers(1, 1000))
def test_a_disruption_budget_can_always_be_met(replicas: int) -> None:
    """At least one pod may be taken, and never all but of a single one."""
    taken = sizing.may_be_unavailable(replicas)
    assert taken >= 1
    assert taken < replicas or replicas == 1


def test_a_models_version_in_a_learning_registry_is_called_by_its_digest() -> None:
    """As `headgate model mirror` puts it there, and as the rules read it."""
    assert names.learning_model("mlr-hg-prod", "fraud-score", "sha256:" + "0" * 64) == (
        "azureml://registries/mlr-hg-prod/models/fraud-score/versions/sha256-" + "0" * 64
    )
