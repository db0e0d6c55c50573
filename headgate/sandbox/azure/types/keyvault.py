"""Key vaults, their keys and secrets. A deleted vault is kept, and its name with it: the store owns that."""

from __future__ import annotations

from typing import Any

from headgate.sandbox.azure.errors import ArmError, bad_request
from headgate.sandbox.azure.ids import name_of, stable_uuid
from headgate.sandbox.azure.types.spec import Autoname, Body, LocationKind, NameRule, TypeSpec, View, in_group

_VAULT = "Microsoft.KeyVault/vaults/{vaultName}"
_OBJECT = NameRule(r"[-0-9a-zA-Z]{1,127}", "1-127 letters, digits and '-'")


def vault_uri(name: str) -> str:
    """Return the address of a vault."""
    return f"https://{name.lower()}.vault.azure.net/"


def _vault(body: Body, _view: View) -> dict[str, Any]:
    properties = body["properties"]
    return {
        "vaultUri": vault_uri(body["name"]),
        "enableSoftDelete": properties.get("enableSoftDelete", True),
        "softDeleteRetentionInDays": properties.get("softDeleteRetentionInDays", 90),
        "publicNetworkAccess": properties.get("publicNetworkAccess", "Enabled"),
    }


def _protection_stays(body: Body, old: Body | None, _view: View) -> ArmError | None:
    """Purge protection and soft delete can't be taken back."""
    for name in ("enablePurgeProtection", "enableSoftDelete"):
        was, wanted = (old or {}).get("properties", {}).get(name), body["properties"].get(name)
        if wanted is False and (was is True or name == "enablePurgeProtection"):
            return bad_request(
                "BadRequest",
                f'The property "{name}" cannot be set to false. Enabling it for a vault is an irreversible action.',
            )
    return None


def _retention_is_fixed(body: Body, old: Body | None, _view: View) -> ArmError | None:
    days = body["properties"].get("softDeleteRetentionInDays", 90)
    if not 7 <= days <= 90:
        return bad_request("BadRequest", 'The property "softDeleteRetentionInDays" must be between 7 and 90.')
    was = (old or {}).get("properties", {}).get("softDeleteRetentionInDays", days)
    if was != days:
        return bad_request(
            "BadRequest", 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.'
        )
    return None


def _key(body: Body, _view: View) -> dict[str, Any]:
    uri = f"{vault_uri(body['id'].split('/')[-3])}keys/{body['name']}"
    return {"keyUri": uri, "keyUriWithVersion": f"{uri}/{stable_uuid('key', body['id']).replace('-', '')}"}


def _secret(body: Body, _view: View) -> dict[str, Any]:
    uri = f"{vault_uri(body['id'].split('/')[-3])}secrets/{name_of(body['id'])}"
    version = stable_uuid("secret", body["id"], str(body.get("etag", ""))).replace("-", "")
    return {"secretUri": uri, "secretUriWithVersion": f"{uri}/{version}"}


TYPES = (
    TypeSpec(
        "keyvault:Vault",
        in_group(_VAULT),
        NameRule(
            r"(?!.*--)[a-zA-Z][-a-zA-Z0-9]{1,22}[a-zA-Z0-9]",
            "3-24 letters, digits and single '-', starting with a letter, ending in a letter or digit",
            shared=True,
            code="VaultNameNotValid",
        ),
        replaces=("location",),
        seconds=20,
        outputs=_vault,
        rules=(_protection_stays, _retention_is_fixed),
    ),
    TypeSpec(
        "keyvault:Key",
        in_group(_VAULT + "/keys/{keyName}"),
        _OBJECT,
        location=LocationKind.NONE,
        replaces=("properties.kty", "properties.keySize", "properties.curveName"),
        seconds=1,
        outputs=_key,
        has_state=False,
    ),
    TypeSpec(
        "keyvault:Secret",
        in_group(_VAULT + "/secrets/{secretName}"),
        _OBJECT,
        location=LocationKind.NONE,
        outputs=_secret,
        write_only=("properties.value",),
        has_state=False,
        autoname=Autoname.COPY,
    ),
)
