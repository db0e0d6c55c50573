"""Every name that a component gives: legal for what it names, the same every time, and another for another thing.

The rules are Azure's and Kubernetes', as the sandbox enforces them. A function that has no row here is held to what
every provider takes.
"""

from __future__ import annotations

import inspect
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from components import names
from headgate.sandbox.azure import locations
from headgate.sandbox.azure.types import CATALOGUE

pytestmark = pytest.mark.unit

ORGANISATIONS = st.from_regex(r"[a-z][a-z0-9]{1,7}", fullmatch=True)
ENVIRONMENTS = st.sampled_from(["dev", "staging", "prod", "sandbox"])
# Azure's own, and what it may yet open.
REGIONS = st.sampled_from(locations.names()) | st.from_regex(r"[a-z]{4,22}[0-9]?", fullmatch=True)
PURPOSES = st.from_regex(r"[a-z][a-z0-9-]{0,30}[a-z0-9]", fullmatch=True)
WORDS = st.from_regex(r"[a-z][a-z0-9]{0,30}", fullmatch=True)
SERVICES = st.sampled_from(["vault", "registry", "blob", "file", "namespace", "amlregistry", "azuremonitor"])
ROLES = st.uuids().map(str)
# A team's name is checked where it is written; nothing here relies on that.
ANYTHING = st.text(max_size=120)
ALIKE = ["équipe", "EQUIPE", "equipe", "e quipe", "команда", "チーム", "a" * 80, "a" * 81, "-", ""]
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Named:
    """What a function names: its arguments, and what accepts the name."""

    arguments: tuple[SearchStrategy[str], ...]
    accepts: Callable[[str], bool]


def azure(token: str, *arguments: SearchStrategy[str]) -> Named:
    """Return a function that names an Azure resource of a type."""
    return Named(arguments, CATALOGUE[token].name.accepts)


def matching(pattern: str, *arguments: SearchStrategy[str]) -> Named:
    """Return a function whose names match a pattern."""
    return Named(arguments, lambda name: re.fullmatch(pattern, name) is not None)


def is_guid(name: str) -> bool:
    """Say whether a name is a GUID in its usual form."""
    return str(uuid.UUID(name)) == name


TABLE: dict[str, Named] = {
    "resource_group": azure("resources:ResourceGroup", ENVIRONMENTS, REGIONS),
    # AKS takes 80 characters where a group may have 90.
    "node_resource_group": matching(r"[-a-z0-9]{1,80}", ENVIRONMENTS, REGIONS),
    "network": azure("network:VirtualNetwork", ENVIRONMENTS, REGIONS),
    "security_group": azure("network:NetworkSecurityGroup", ENVIRONMENTS, REGIONS, PURPOSES),
    "identity": azure("managedidentity:UserAssignedIdentity", ENVIRONMENTS, REGIONS, PURPOSES),
    "cluster": azure("containerservice:ManagedCluster", ENVIRONMENTS, REGIONS),
    "vault": azure("keyvault:Vault", ORGANISATIONS, ENVIRONMENTS, REGIONS),
    "registry": azure("containerregistry:Registry", ORGANISATIONS, ENVIRONMENTS),
    "login_server": matching(r"[a-z0-9]{5,50}\.azurecr\.io", ORGANISATIONS, ENVIRONMENTS),
    "learning_registry": azure("machinelearningservices:Registry", ORGANISATIONS, ENVIRONMENTS),
    "learning_workspace": azure("machinelearningservices:Workspace", ENVIRONMENTS, REGIONS),
    "learning_store": azure("storage:StorageAccount", ORGANISATIONS, ENVIRONMENTS),
    "audit_store": azure("storage:StorageAccount", ORGANISATIONS, ENVIRONMENTS, REGIONS),
    "audit_stream": azure("eventhub:Namespace", ORGANISATIONS, ENVIRONMENTS, REGIONS),
    "activity_export": azure("monitor:SubscriptionDiagnosticSetting", ENVIRONMENTS),
    "connector": Named((ENVIRONMENTS, PURPOSES), is_guid),
    "monitor_scope": azure("monitor:PrivateLinkScope", ENVIRONMENTS),
    "workspace": azure("operationalinsights:Workspace", ENVIRONMENTS),
    "budget": azure("consumption:Budget", ENVIRONMENTS),
    "edge": azure("cdn:Profile", ENVIRONMENTS),
    "edge_endpoint": azure("cdn:AFDEndpoint", ORGANISATIONS, ENVIRONMENTS),
    "private_link": matching(r"[a-z0-9][-a-z0-9]{0,78}[a-z0-9]", ENVIRONMENTS, REGIONS),
    "private_endpoint": Named(
        (PURPOSES, SERVICES, REGIONS),
        # Its network card's name is 4 characters longer.
        lambda name: CATALOGUE["network:PrivateEndpoint"].name.accepts(name) and len(f"{name}-nic") <= 80,
    ),
    "grpc_host": matching(r"[a-z][-a-z0-9]{0,61}[a-z0-9]\.[a-z][a-z0-9]*", WORDS, WORDS, WORDS),
    "retraining_receiver": matching(rf"http://[-a-z]+\.{LABEL.pattern}\.svc:[0-9]+", ANYTHING),
    "namespace": Named((ANYTHING,), lambda name: LABEL.fullmatch(name) is not None),
    "grant": Named((ROLES, ANYTHING), is_guid),
}
# These name nothing by themselves: their own tests are in test_names.
PARTS = {"fit", "label", "learning_model", "short_digest"}
# For each of dozens of functions; the hard cases have tests of their own.
few = settings(max_examples=30)


def every() -> dict[str, Callable[..., str]]:
    """Return every function of the module that gives a name."""
    return {
        name: function
        for name, function in inspect.getmembers(names, inspect.isfunction)
        if function.__module__ == names.__name__ and not name.startswith("_") and name not in PARTS
    }


BY_PARAMETER = {"organisation": ORGANISATIONS, "environment": ENVIRONMENTS, "region": REGIONS}


def named(name: str) -> Named:
    """Return what a function names: its row, or what its parameters' names say."""
    if name in TABLE:
        return TABLE[name]
    parameters = inspect.signature(every()[name]).parameters
    return matching(
        r"[A-Za-z0-9]([-.A-Za-z0-9]{0,88}[A-Za-z0-9])?",
        *(BY_PARAMETER.get(parameter, WORDS) for parameter in parameters),
    )


def test_each_row_is_of_a_function_that_there_is() -> None:
    """A row without a function tests nothing."""
    assert TABLE.keys() - every().keys() == set()


@pytest.mark.parametrize("name", sorted(every()))
@few
@given(data=st.data())
def test_every_name_is_legal_and_the_same_every_time(name: str, data: st.DataObject) -> None:
    """Whatever the length of the region, and whatever letters a team is written in."""
    function, expected = every()[name], named(name)
    arguments = [data.draw(strategy) for strategy in expected.arguments]
    given_name = function(*arguments)

    assert expected.accepts(given_name), given_name
    assert function(*arguments) == given_name


@pytest.mark.parametrize("name", sorted(set(every()) - {"login_server"}))
@few
@given(data=st.data())
def test_another_thing_has_another_name(name: str, data: st.DataObject) -> None:
    """Also where a name was cut, or lost letters that it may not have."""
    function, expected = every()[name], named(name)
    first = [data.draw(strategy) for strategy in expected.arguments]
    second = [data.draw(strategy) for strategy in expected.arguments]

    assert (function(*first) == function(*second)) == (first == second)


@given(ENVIRONMENTS, REGIONS, REGIONS)
def test_what_is_cut_at_the_same_letter_is_kept_apart(environment: str, first: str, second: str) -> None:
    """Two long regions that begin alike have two vaults and two stores."""
    long = [f"westeuropecentral{region}" for region in (first, second)]

    for function in (names.vault, names.audit_store):
        made = {function("organis", environment, region) for region in long}
        assert len(made) == len(set(long))


@pytest.mark.parametrize(
    "team", ["équipe", "EQUIPE", "equipe", "e quipe", "команда", "チーム", "a" * 80, "a" * 81, "-", ""]
)
def test_teams_that_look_alike_have_their_own_namespaces(team: str) -> None:
    """What is no letter of a namespace is left out, and counts in the hash."""
    assert LABEL.fullmatch(names.namespace(team))
    assert [other for other in ALIKE if names.namespace(other) == names.namespace(team)] == [team]


def test_no_two_kinds_of_one_region_share_a_name() -> None:
    """Where Azure has one space of names for the whole world, or for a group."""
    made = [
        names.registry("hg", "prod"),
        names.learning_store("hg", "prod"),
        names.audit_store("hg", "prod", "uaenorth"),
        names.vault("hg", "prod", "uaenorth"),
        names.audit_stream("hg", "prod", "uaenorth"),
        names.learning_registry("hg", "prod"),
        names.learning_workspace("prod", "uaenorth"),
    ]

    assert len(set(made)) == len(made)
