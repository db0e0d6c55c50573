"""The components as a Pulumi package: a schema that explains itself, and what happens to values at its boundary."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.errors import InputPropertyError

from components.contract.guarding import SharedArgs
from components.package import Package

pytestmark = pytest.mark.unit
SCHEMA = Path(__file__).resolve().parents[3] / "components/schema.json"


@functools.cache
def schema() -> dict[str, Any]:
    """Return the committed schema; `make lint` holds it to the components."""
    document: dict[str, Any] = json.loads(SCHEMA.read_text())
    return document


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field of every component and named type, with its place."""
    for name, resource in schema()["resources"].items():
        for part in ("inputProperties", "properties"):
            for field, definition in resource[part].items():
                yield f"{name}.{part}.{field}", definition
    for name, found in schema()["types"].items():
        for field, definition in found.get("properties", {}).items():
            yield f"{name}.{field}", definition


def test_everything_is_described() -> None:
    """Each component, type, arg and output says in a sentence what it is."""
    named = {**schema()["resources"], **schema()["types"]}
    silent = [name for name, each in named.items() if not each.get("description", "").rstrip().endswith(".")]
    silent += [place for place, each in fields() if not each.get("description", "").rstrip().endswith((".", ")"))]

    assert silent == [], "add a docstring, a sentence, under each field (components/contract) or output"


def test_nothing_is_of_any_type() -> None:
    """Lists, maps and objects say what they hold, so that other languages can check them."""
    loose = [place for place, each in fields() if "pulumi.json#/Any" in json.dumps(each)]
    loose += [
        place for place, each in fields() if each.get("type") == "object" and not each.get("additionalProperties")
    ]

    assert loose == [], "use a TypedDict of components/contract in place of Any or a bare dict"


@functools.cache
def package() -> Package:
    """Return the package; it reads every component, so it is made once."""
    return Package()


def test_whole_numbers_arrive_as_integers() -> None:
    """The protocol knows floats only: `80.0` would become part of a name."""
    foundation = package().definitions["PlatformFoundation"]
    arrived = {
        "organisation": "hg",
        "ownership": dict.fromkeys(
            ("team", "owner", "environment", "costCenter", "dataClass", "commit", "change"), "x"
        ),
        "tenantId": "t",
        "regions": [{"name": "uaenorth", "network": "10.0.0.0/16"}],
        "budget": {"monthly": 5000.0, "starts": "2026-01-01", "contacts": ["a@b.c"], "thresholds": [80.0, 100.0]},
    }

    mapped: Any = package().map_inputs(arrived, foundation)

    assert json.dumps([mapped["budget"]["monthly"], mapped["budget"]["thresholds"]]) == "[5000, [80, 100]]"
    assert mapped["tenant_id"] == "t"


WRITER: dict[str, Any] = {
    "ownership": dict.fromkeys(("team", "owner", "environment", "costCenter", "dataClass", "commit", "change"), "x"),
    **dict.fromkeys(("image", "ledger", "clientId", "signingKey", "token"), "x"),
    "certificate": {"certificate": "x", "key": "x"},
}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"network": []}, "Unknown input 'network' on 'LedgerService': did you mean 'networks'?"),
        ({"nonsense": 1.0}, "Unknown input 'nonsense' on 'LedgerService': expected some of callers, certificate,"),
        (
            {"certificate": {"certificate": "x", "key": "x", "keys": "x"}},
            "Unknown input 'certificate.keys' on 'LedgerService': did you mean 'key'?",
        ),
        ({"callers": "team-fraud"}, "'callers' on 'LedgerService' takes a list, found text"),
        ({"callers": [1.0]}, "'callers[0]' on 'LedgerService' takes text, found a number"),
        ({"replicas": 2.5}, "'replicas' on 'LedgerService' takes a whole number, found a number"),
        ({"replicas": True}, "'replicas' on 'LedgerService' takes a whole number, found true or false"),
        ({"token": 5.0}, "'token' on 'LedgerService' takes text, found a number"),
    ],
)
def test_what_no_component_reads_is_refused_at_the_boundary(more: dict[str, Any], words: str) -> None:
    """A mistyped name was dropped with what it was to switch on, and a text in place of a list taken by its letters."""
    with pytest.raises(InputPropertyError) as caught:
        package().map_inputs(WRITER | more, package().definitions["LedgerService"])

    assert caught.value.reason.startswith(words)


def test_what_an_update_alone_will_know_passes_the_boundary(record: Any) -> None:
    """Outputs have no form yet, and what the engine keeps for itself has another name."""

    def program() -> dict[str, Any]:
        later = {"replicas": pulumi.Output.from_input(2.0), "token": pulumi.Output.secret("t"), "__kept": 1.0}
        mapped: Any = package().map_inputs(WRITER | later, package().definitions["LedgerService"])
        return {"names": sorted(mapped)}

    assert "token" in record(program).outputs["names"]


def test_a_number_that_is_an_output_becomes_whole_when_it_is_known(record: Any) -> None:
    """As it would have been, had it been known at once."""
    replicas = package().definitions["ServingGateway"].inputs["replicas"]

    def program() -> dict[str, Any]:
        known = pulumi.Output.from_input(3.0)
        mapped: Any = package().map_input_properties(
            {"replicas": known}, {"replicas": replicas}, {"replicas": "replicas"}, "ServingGateway", ""
        )
        return {"text": mapped["replicas"].apply(str)}

    assert record(program).outputs == {"text": "3"}


class _TrialArgs(SharedArgs):
    """What a trial takes."""

    region: str
    """Where."""


def test_an_inherited_field_keeps_its_description() -> None:
    """A contract may build on the options that every component of a cloud takes."""
    analyzer = package().analyzer

    assert [analyzer.get_docstring(_TrialArgs, name) for name in ("region", "protect", "nonsense")] == [
        "Where.",
        "Refuse to delete or replace it; on by default.",
        None,
    ]


def test_maps_of_named_types_leave_with_the_schemas_names(record: Any) -> None:
    """A program in another language reads `clientId`, not Python's name."""
    from pulumi.provider.experimental.analyzer import ComponentDefinition, PropertyDefinition

    identity = PropertyDefinition(ref="#/types/headgate:index:WorkloadIdentity")
    definition = ComponentDefinition(
        "Trial", {}, {"byRegion": PropertyDefinition(additional_properties=identity)}, {}, {"byRegion": "by_region"}, ""
    )

    def program() -> dict[str, Any]:
        made = pulumi.ComponentResource("headgate:index:Trial", "trial")
        vars(made)["by_region"] = {"uaenorth": {"id": "i", "client_id": "c", "principal_id": "p"}}
        return {"state": package().get_state(made, definition)["byRegion"]}

    assert record(program).outputs == {
        "state": {"uaenorth": {"id": "i", "clientId": "c", "principalId": "p"}},
    }
