"""What is read of the SDK, and inputs held to it."""

from __future__ import annotations

from typing import Any

import pytest

from headgate.errors import HeadgateError
from headgate.sandbox.azure import bodies
from headgate.sandbox.azure.sdk import Property, schema_of, stated_only, validate, with_defaults
from headgate.sandbox.azure.sdk.schema import ResourceSchema
from headgate.sandbox.azure.types import CATALOGUE, resolve
from headgate.sandbox.azure.types.spec import TypeSpec

pytestmark = pytest.mark.unit

UNKNOWN = object()


def registry() -> ResourceSchema:
    """Return the schema of a container registry."""
    schema = schema_of("containerregistry", "Registry")
    assert schema is not None
    return schema


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_type_of_the_catalogue_is_the_sdks(spec: TypeSpec) -> None:
    """The SDK has the type, its path's parameters are inputs, and every property that the catalogue names exists."""
    schema = bodies.schema_for(spec)
    stated = {path.split(".")[0] for path in (*spec.replaces, *spec.refuses, *spec.in_properties, *spec.apart)}

    assert set(spec.path_inputs) - schema.inputs.keys() == set()
    assert stated - schema.inputs.keys() == set()
    assert set(spec.secret_outputs) - set(schema.outputs) == set()
    assert schema.api_version


def test_properties_carry_type_default_and_requirement() -> None:
    """A default of the SDK's class is known, and makes a required property optional for the program."""
    schema = registry()

    assert schema.inputs["resourceGroupName"] == Property("string", required=True)
    assert schema.inputs["adminUserEnabled"] == Property("boolean", default=False)
    assert schema.types["NetworkRuleSetArgs"]["defaultAction"] == Property(
        ["enum", "DefaultAction"], required=True, default="Allow"
    )
    assert schema.enums["DefaultAction"] == ["Allow", "Deny"]


def test_what_only_azure_knows_of_an_object_is_found() -> None:
    """The address of a vault is in its outputs and not in its inputs."""
    schema = schema_of("keyvault", "Vault")

    assert schema is not None
    assert "vaultUri" in schema.computed["properties"]
    assert "tenantId" not in schema.computed["properties"]


def test_the_cache_gives_what_the_source_gave() -> None:
    """A schema that was read once is read from the cache, and is the same."""
    first = registry()
    schema_of.cache_clear()

    assert registry() == first


def test_an_unknown_type_of_the_sdk_is_none() -> None:
    """No such class, no schema."""
    assert schema_of("containerregistry", "Registri") is None


@pytest.mark.parametrize(
    ("inputs", "problems"),
    [
        ({"sku": {"name": "Premium"}, "resourceGroupName": "g"}, []),
        ({"sku": {"name": UNKNOWN}, "resourceGroupName": UNKNOWN, "tags": UNKNOWN}, []),
        (
            {"sku": {"name": "premium"}, "resourceGroupName": "g"},
            ["sku.name: found 'premium', expected one of Classic, Basic, Standard, Premium; did you mean 'Premium'?"],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "adminUserEnable": True},
            [
                "adminUserEnable: found an unknown property, expected one of 15 properties of Registry; "
                "did you mean 'adminUserEnabled'?"
            ],
        ),
        ({"sku": {"name": "Basic"}}, ["resourceGroupName: found nothing, expected a string (required)"]),
        (
            {"sku": "Basic", "resourceGroupName": "g"},
            ["sku: found 'Basic', expected an object (Sku)"],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "policies": {"retentionPolicy": {"days": "7"}}},
            ["policies.retentionPolicy.days: found '7', expected an integer"],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "networkRuleSet": {"ipRules": {"a": 1}}},
            ["networkRuleSet.ipRules: found an object, expected a list"],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "networkRuleSet": {"ipRules": [{"action": "Allow"}]}},
            ["networkRuleSet.ipRules[0].iPAddressOrRange: found nothing, expected a string (required)"],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "tags": {"a": True}},
            ['tags["a"]: found True, expected a string'],
        ),
        (
            {"sku": {"name": "Basic"}, "resourceGroupName": "g", "adminUserEnabled": 1},
            ["adminUserEnabled: found 1, expected a boolean"],
        ),
    ],
)
def test_problems_name_path_found_expected_and_near(inputs: dict[str, Any], problems: list[str]) -> None:
    """Each problem is one line that says where, what was found, what was expected."""
    assert [str(problem) for problem in validate(registry(), inputs, UNKNOWN)] == problems


def test_defaults_are_filled_in_at_every_level() -> None:
    """A dictionary goes past the SDK's constructors; its defaults are given all the same."""
    filled = with_defaults(registry(), {"sku": {"name": "Basic"}, "networkRuleSet": {"ipRules": []}})

    assert filled["networkRuleSet"] == {"ipRules": [], "defaultAction": "Allow"}
    assert filled["publicNetworkAccess"] == "Enabled"


def test_what_azure_adds_is_left_out_of_what_a_program_states() -> None:
    """Outputs hold more than inputs, at every level."""
    answer = {"loginServer": "x", "sku": {"name": "Basic", "tier": "Basic"}, "tags": {"a": "b"}}

    assert stated_only(registry(), answer) == {"sku": {"name": "Basic"}, "tags": {"a": "b"}}


@pytest.mark.parametrize(
    ("token", "version"),
    [
        ("azure-native:containerservice:ManagedCluster", ""),
        ("azure-native:containerservice/v20250101:ManagedCluster", "2025-01-01"),
        ("azure-native:cdn/v20240601preview:Profile", "2024-06-01-preview"),
        ("azure-native_containerservice_v20250101:containerservice:ManagedCluster", "2025-01-01"),
    ],
)
def test_a_token_may_name_an_api_version(token: str, version: str) -> None:
    """The version is kept, the type is the same."""
    found = resolve(token)

    assert (found.spec.resource, found.api_version) == (token.rsplit(":", 1)[1], version)


def test_a_type_that_azure_does_not_have_is_refused_with_a_near_one() -> None:
    """A misspelt token names the one that was meant."""
    with pytest.raises(HeadgateError) as caught:
        resolve("azure-native:containerregistry:Registri")

    assert caught.value.what == "the Azure SDK has no resource type containerregistry:Registri"
    assert caught.value.fix == "use containerregistry:Registry"
    assert caught.value.expected == "one of containerregistry:Registry, containerregistry:Replication"


def test_a_type_that_the_sandbox_does_not_have_is_refused_as_such() -> None:
    """A type of the SDK that is not in the catalogue says what to add."""
    with pytest.raises(HeadgateError, match="does not have the resource type containerregistry:Webhook yet"):
        resolve("azure-native:containerregistry:Webhook")
