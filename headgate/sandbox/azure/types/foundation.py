"""Resource groups, identities, locks, budgets: what everything else stands on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import CLIENT_ID, GROUP_PATH, OPERATOR_ID, TENANT_ID, stable_uuid
from headgate.sandbox.azure.types.spec import Body, LocationKind, NameRule, TypeSpec, View, in_group

_IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"


def _identity(body: Body, _view: View) -> dict[str, Any]:
    return {
        "principalId": stable_uuid("principal", body["id"]),
        "clientId": stable_uuid("client", body["id"]),
        "tenantId": TENANT_ID,
    }


# What a budget's filter may name beside tags: what a bill can be grouped by.
_DIMENSIONS = frozenset(
    {
        "ChargeType", "Frequency", "InvoiceId", "Meter", "MeterCategory", "MeterSubCategory", "PartNumber",
        "PricingModel", "Product", "ProductOrderId", "ProductOrderName", "PublisherType", "ReservationId",
        "ReservationName", "ResourceGroupName", "ResourceGuid", "ResourceId", "ResourceLocation", "ResourceType",
        "ServiceFamily", "ServiceName", "SubscriptionID", "SubscriptionName", "UnitOfMeasure",
    }
)  # fmt: skip


def _filter_is_known(body: Body, _old: Body | None, _view: View) -> ArmError | None:
    """Refuse a filter on what no bill has: the budget would count nothing, and tell nobody."""
    asked = body["properties"].get("filter") or {}
    several = asked.get("and")
    if several is not None and len(several) < 2:
        return bad_request("400", "Filter expression 'and' must have at least two items.", "filter.and")
    for each in several or [asked]:
        name = (each.get("dimensions") or {}).get("name", "ResourceId")
        if name not in _DIMENSIONS:
            return bad_request("400", f"Invalid dimension '{name}' in the filter.", "filter.dimensions.name")
    return None


def _begins_in_time(body: Body, old: Body | None, _view: View) -> ArmError | None:
    """Refuse a new budget whose first month is over."""
    begins, month = body["properties"]["timePeriod"]["startDate"][:7], datetime.now(UTC).strftime("%Y-%m")
    if old is None and begins < month:
        found = f"Start date {begins}-01 of a monthly budget must not lie before the current month, {month}-01."
        return bad_request("400", found, "timePeriod.startDate")
    return None


TYPES = (
    TypeSpec(
        "resources:ResourceGroup",
        GROUP_PATH,
        NameRule(r"[-\w._()]{0,89}[-\w_()]", "1-90 letters, digits, '-', '_', '.', '(', ')', not ending in '.'"),
        replaces=("location",),
        seconds=2,
    ),
    TypeSpec(
        "managedidentity:UserAssignedIdentity",
        in_group(_IDENTITY),
        NameRule(r"[a-zA-Z0-9][-\w]{2,127}", "3-128 letters, digits, '-' and '_', starting with a letter or digit"),
        replaces=("location",),
        seconds=4,
        outputs=_identity,
        has_state=False,
    ),
    TypeSpec(
        "authorization:ManagementLockByScope",
        "/{scope}/providers/Microsoft.Authorization/locks/{lockName}",
        NameRule(r"[-\w.()]{1,90}", "1-90 letters, digits, '-', '_', '.', '(', ')'"),
        location=LocationKind.NONE,
        has_state=False,
    ),
    TypeSpec(
        "consumption:Budget",
        "/{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
        NameRule(r"[-\w]{1,63}", "1-63 letters, digits, '-' and '_'"),
        location=LocationKind.NONE,
        replaces=("category", "timeGrain"),
        rules=(_filter_is_known, _begins_in_time),
        outputs=lambda _body, _view: {"currentSpend": {"amount": 0, "unit": "USD"}},
        has_state=False,
    ),
)


def client_config() -> dict[str, str]:
    """Return who the sandbox takes its only caller for."""
    from headgate.sandbox.azure.ids import SUBSCRIPTION_ID

    return {
        "clientId": CLIENT_ID,
        "objectId": OPERATOR_ID,
        "subscriptionId": SUBSCRIPTION_ID,
        "tenantId": TENANT_ID,
    }
