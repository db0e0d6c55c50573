"""Every name that a component gives, worked out without Pulumi: deterministic, legal, and unique when cut short.

Explicit names make two previews of one program alike, which is what an approval is bound to.
"""

import hashlib
import re
import string
import uuid

# Seed of role assignment ids: a GUID of our own, so that the same grant always has the same id.
_GRANTS = uuid.UUID("6f0a4f6e-4f0b-5f0e-9d53-9d2a5f2f7a11")
_HASH = 6
_HASHED = re.compile(rf"-[0-9a-f]{{{_HASH}}}$")
HYPHENATED = frozenset(string.ascii_lowercase + string.digits + "-")
ALPHANUMERIC = frozenset(string.ascii_lowercase + string.digits)
GATE_NAMESPACE, GATEWAY_NAMESPACE = "headgate-gate", "headgate-gateway"
LEDGER_NAMESPACE, LEDGER_ACCOUNT = "headgate-ledger", "ledger"
LEDGER_CONTAINER, LEDGER_PORT = "ledger", 8443
RETRAINING_RECEIVER, RETRAINING_PORT = "retraining-receiver", 8080
# In a team's namespace: what is there beside its models and jobs, and what stands behind a model's name for its parts.
OF_THE_NAMESPACE = frozenset(
    {"allow-dns", "allow-monitoring", "default", "default-deny", "models", RETRAINING_RECEIVER}
)
OF_A_MODEL = ("canary", "fallback", "grpc", "preview", "preview-grpc", "variant", "variant-grpc")


def fit(text: str, longest: int, alphabet: frozenset[str] = HYPHENATED) -> str:
    """Return the text in the alphabet and at most `longest` long; what had to change ends in a hash of the whole."""
    kept = "".join(letter for letter in text.lower() if letter in alphabet)
    if kept == text and len(text) <= longest and not text.endswith("-"):
        return text
    join = "-" if "-" in alphabet else ""
    room = longest - _HASH - len(join)
    return f"{kept[:room].rstrip('-')}{join}{_digest(text)}"


def _digest(text: str) -> str:
    """Return what tells one text from another in a name."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH]


def _apart(longest: int, *parts: str) -> str:
    """Join parts so that no others give the same name: where a hyphen could be anyone's, a hash of the parts ends it.

    `a-b` and `c` are not `a` and `b-c`; nor can parts be chosen that look like the name which other parts were given.
    """
    text = "-".join(parts)
    if fit(text, longest) == text and not any("-" in part for part in parts[:-1]) and not _HASHED.search(text):
        return text
    kept = "".join(letter for letter in text.lower() if letter in HYPHENATED)
    whole = "".join(f"{len(part)}:{part}" for part in parts)
    return f"{kept[: longest - _HASH - 1].rstrip('-')}-{_digest(whole)}"


def resource_group(environment: str, region: str) -> str:
    """Name the resource group of a region."""
    return fit(f"rg-headgate-{environment}-{region}", 80)


def node_resource_group(environment: str, region: str) -> str:
    """Name the resource group in which the cluster keeps its nodes."""
    return fit(f"rg-headgate-{environment}-{region}-nodes", 80)


def team_resource_group(environment: str, region: str, team: str) -> str:
    """Name a team's own resource group in a region."""
    return fit(f"rg-headgate-{environment}-{region}-team-{team}", 80)


def network(environment: str, region: str) -> str:
    """Name the virtual network of a region."""
    return fit(f"vnet-{environment}-{region}", 64)


def security_group(environment: str, region: str, purpose: str) -> str:
    """Name a network security group."""
    return fit(f"nsg-{environment}-{region}-{purpose}", 80)


def identity(environment: str, region: str, purpose: str) -> str:
    """Name a user-assigned identity."""
    return fit(f"id-{environment}-{region}-{purpose}", 128)


def federation(namespace: str, account: str) -> str:
    """Name the credential with which a service account acts as an identity: 3 to 120 characters."""
    return fit(f"{namespace}-{account}", 120)


def cluster(environment: str, region: str) -> str:
    """Name the cluster of a region."""
    return fit(f"aks-{environment}-{region}", 63)


def vault(organisation: str, environment: str, region: str) -> str:
    """Name a key vault: unique in the world, 3 to 24 letters, digits and hyphens, also after it was deleted."""
    return fit(f"kv-{organisation}-{environment}-{region}", 24)


def registry(organisation: str, environment: str) -> str:
    """Name the container registry: unique in the world, 5 to 50 letters and digits."""
    return fit(f"{organisation}platform{environment}", 50, ALPHANUMERIC)


def login_server(organisation: str, environment: str) -> str:
    """Return the host of the container registry, which images are named by."""
    return f"{registry(organisation, environment)}.azurecr.io"


def learning_registry(organisation: str, environment: str) -> str:
    """Name the machine-learning registry: 3 to 33 characters."""
    return fit(f"mlr-{organisation}-{environment}", 33)


def workspace(environment: str) -> str:
    """Name the log workspace: 4 to 63 characters."""
    return fit(f"log-headgate-{environment}", 63)


def learning_workspace(environment: str, region: str) -> str:
    """Name the machine-learning workspace: 3 to 33 characters."""
    return fit(f"mlw-{environment}-{region}", 33)


def learning_store(organisation: str, environment: str) -> str:
    """Name the storage account of the machine-learning workspace: unique in the world, 3 to 24 letters and digits."""
    return fit(f"{organisation}learning{environment}", 24, ALPHANUMERIC)


def audit_store(organisation: str, environment: str, region: str) -> str:
    """Name a region's audit store: unique in the world, 3 to 24 letters and digits."""
    return fit(f"{organisation}audit{environment}{region}", 24, ALPHANUMERIC)


def audit_stream(organisation: str, environment: str, region: str) -> str:
    """Name a region's audit stream: unique in the world, 6 to 50 characters."""
    return fit(f"evhns-{organisation}-audit-{environment}-{region}", 50)


def activity_export(environment: str) -> str:
    """Name the export of the subscription's activity log."""
    return fit(f"headgate-activity-{environment}", 63)


def connector(environment: str, source: str) -> str:
    """Return the id of a Sentinel connector: a GUID that depends on what it brings in alone."""
    return str(uuid.uuid5(_GRANTS, "/".join(("connector", environment, source))))


def budget(environment: str) -> str:
    """Name the budget."""
    return fit(f"budget-headgate-{environment}", 63)


def edge(environment: str) -> str:
    """Name the front door's profile."""
    return fit(f"afd-headgate-{environment}", 90)


def edge_endpoint(organisation: str, environment: str) -> str:
    """Name the front door's endpoint, which begins its host name."""
    return fit(f"{organisation}-models-{environment}", 46)


def firewall(environment: str) -> str:
    """Name the front door's firewall policy: letters and digits, starting with a letter."""
    return fit(f"waf{environment}", 128, ALPHANUMERIC)


def edge_dns(environment: str) -> str:
    """Name the traffic manager's profile: 1 to 63 characters."""
    return fit(f"tm-headgate-{environment}", 63)


def private_link(environment: str, region: str) -> str:
    """Name the private link service before a gateway."""
    return fit(f"pls-{environment}-{region}", 80)


def private_endpoint(resource: str, service: str, region: str) -> str:
    """Name the private endpoint by which a region's network reaches a resource; its card's name is 4 longer."""
    return fit(f"pep-{resource}-{service.lower()}-{region}", 60)


def learning_compute(team: str, purpose: str) -> str:
    """Name a compute of the machine-learning workspace: 2 to 24 characters."""
    return _apart(24, team, purpose)


def learning_asset(team: str, purpose: str) -> str:
    """Name an environment, a schedule or a model of the machine-learning workspace."""
    return _apart(120, team, purpose)


def learning_endpoint(organisation: str, environment: str, team: str, purpose: str) -> str:
    """Name an endpoint of the machine-learning workspace: unique in its region, 3 to 32 characters."""
    return _apart(32, organisation, environment, team, purpose)


def learning_model(registry: str, model: str, digest: str) -> str:
    """Return the id of a model's version in a machine-learning registry, which calls it by its digest."""
    return f"azureml://registries/{registry}/models/{model}/versions/{digest.replace(':', '-')}"


def short_digest(image: str) -> str:
    """Return the beginning of an image's digest, as a version: another image is another version."""
    return image.rpartition("@sha256:")[2][:16]


def site(environment: str, name: str) -> str:
    """Name the connected cluster of an edge site."""
    return fit(f"arc-{environment}-{name}", 63)


def alerts_group(environment: str) -> str:
    """Name the resource group of the teams' alerts: a team's right to write alerts reaches nothing else."""
    return fit(f"rg-headgate-{environment}-alerts", 80)


def metrics_workspace(environment: str) -> str:
    """Name the workspace in which measurements are kept: 4 to 44 characters."""
    return fit(f"amw-headgate-{environment}", 44)


def collection(kind: str, environment: str, region: str) -> str:
    """Name a data collection endpoint (`dce`) or rule (`dcr`) of a region: at most 44 characters."""
    return fit(f"{kind}-headgate-{environment}-{region}", 44)


def dashboards(organisation: str, environment: str) -> str:
    """Name the managed Grafana: unique in the world, 2 to 23 characters."""
    return fit(f"graf-{organisation}-{environment}", 23)


def monitor_scope(environment: str) -> str:
    """Name the private link scope of logs, measurements and traces."""
    return fit(f"ampls-headgate-{environment}", 255)


def traces(environment: str) -> str:
    """Name what keeps traces."""
    return fit(f"appi-headgate-{environment}", 255)


def action_group(environment: str, step: str) -> str:
    """Name those who are told at a step of the escalation chain."""
    return fit(f"ag-headgate-{environment}-{step}", 260)


def namespace(team: str) -> str:
    """Name a team's namespace."""
    return fit(f"team-{team}", 63)


def retraining_receiver(team: str) -> str:
    """Name where a team's receiver is called inside its cluster."""
    return f"http://{RETRAINING_RECEIVER}.{namespace(team)}.svc:{RETRAINING_PORT}"


def grant(role: str, *parts: str) -> str:
    """Return the id of a role assignment: a GUID that depends on what it grants alone."""
    return str(uuid.uuid5(_GRANTS, "/".join((role, *parts))))


def role(level: str, *parts: str) -> str:
    """Return the id of a role of our own: a GUID that depends on whose it is alone."""
    return str(uuid.uuid5(_GRANTS, "/".join(("role", level, *parts))))


def grpc_host(team: str, model: str, host: str) -> str:
    """Name the host of a model for gRPC: one name below the gateway's, so that one certificate fits them all."""
    return f"{_apart(63, team, model)}.{host}"


def label(text: str) -> str:
    """Return a text as a label value: at most 63 characters, no odd ones."""
    legal = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text)
    return legal[:63].strip("-") or "unknown"
