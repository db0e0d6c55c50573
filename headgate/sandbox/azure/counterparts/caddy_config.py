"""A Front Door profile as Caddy's configuration.

Pure: resources and addresses in, one JSON document out. Each origin is a named route with one upstream, its own TLS
name and its own health checks, so that it is probed once however often it is used. A route tries the origins by
priority and, within one, by weight; what fails before an answer has begun goes on to the next origin when it may be
repeated: the method is idempotent, or the origin was never reached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from headgate.sandbox.azure.types.spec import Body

Json = dict[str, Any]
Resolve = Callable[[str, int], str]

MAX_BODY = 64 * 1024 * 1024
_DIAL_TIMEOUT = "2s"
_PROBE_TIMEOUT = "5s"
_BUCKETS = 256
_IDEMPOTENT = '["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]'
# Errors before an answer has begun. "dial" and "no upstreams" say that the origin has not seen the request at all.
_RETRYABLE = (
    "int({http.error.status_code}) >= 502 && int({http.error.status_code}) <= 504 && "
    f"({{http.request.method}} in {_IDEMPOTENT} || {{http.error.message}}.startsWith('dial ') || "
    "{http.error.message}.startsWith('no upstreams'))"
)


@dataclass(frozen=True)
class Edge:
    """A profile with its children, and where the proxy listens."""

    profile: Body
    endpoints: list[Body]
    routes: list[Body]
    groups: list[Body]
    origins: list[Body]


@dataclass(frozen=True)
class Listener:
    """What the process is given: ports, files."""

    https: int
    http: int
    admin_socket: str
    certificate: str
    key: str
    ca: str
    serial: str


def configuration(edge: Edge, listener: Listener, resolve: Resolve) -> Json:
    """Return the whole configuration of one profile's proxy."""
    secure, plain = (_server(edge, listener, scheme, resolve) for scheme in ("Https", "Http"))
    secure |= {"listen": [f"127.0.0.1:{listener.https}"], "tls_connection_policies": [{}]}
    plain |= {"listen": [f"127.0.0.1:{listener.http}"]}
    # The tag has Caddy read the files again when a name was added to the certificate.
    pair = {"certificate": listener.certificate, "key": listener.key, "tags": [listener.serial]}
    return {
        "admin": {"listen": f"unix/{listener.admin_socket}|0600", "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN"}}},
        "apps": {
            "http": {"servers": {"https": secure, "http": plain}, "grace_period": "5s"},
            "tls": {"certificates": {"load_files": [pair]}},
        },
    }


def hosts(edge: Edge) -> list[str]:
    """Return the names that a profile answers for."""
    return [endpoint["properties"]["hostName"] for endpoint in edge.endpoints if _on(endpoint)]


def _server(edge: Edge, listener: Listener, scheme: str, resolve: Resolve) -> Json:
    served = list(_served(edge, scheme))
    used = {(origin["id"], _upstream_scheme(route, scheme)): (origin, group) for route, _, group, origins in served
            for origin in origins}  # fmt: skip
    named = {
        _route_name(origin, upstream): {"handle": [_proxy(edge.profile, origin, group, upstream, listener, resolve)]}
        for (_, upstream), (origin, group) in used.items()
    }
    rows = [_route(route, endpoint, origins, scheme) for route, endpoint, _, origins in served]
    return {
        "routes": [*sorted(rows, key=_specificity), {"handle": [_unavailable(404)]}],
        "errors": {"routes": [{"handle": [{"handler": "static_response", "status_code": "{http.error.status_code}"}]}]},
        "automatic_https": {"disable": True},
        "protocols": ["h1", "h2"],
    } | ({"named_routes": dict(sorted(named.items()))} if named else {})


def _served(edge: Edge, scheme: str) -> Iterable[tuple[Body, Body, Body, list[Body]]]:
    """Yield each route that answers on a scheme, with its endpoint, origin group and origins."""
    for route in edge.routes:
        properties = route["properties"]
        endpoint = next(
            (item for item in edge.endpoints if route["id"].lower().startswith(item["id"].lower() + "/")), None
        )
        wanted = (properties.get("originGroup") or {}).get("id", "").lower()
        group = next((item for item in edge.groups if item["id"].lower() == wanted), None)
        redirected = scheme == "Http" and properties.get("httpsRedirect", "Enabled") == "Enabled"
        answers = scheme in (properties.get("supportedProtocols") or ["Http", "Https"]) or redirected
        if endpoint is None or group is None or not (_on(route) and _on(endpoint) and answers):
            continue
        origins = [item for item in edge.origins if item["id"].lower().startswith(wanted + "/") and _on(item)]
        yield route, endpoint, group, origins


def _route(route: Body, endpoint: Body, origins: list[Body], scheme: str) -> Json:
    properties = route["properties"]
    patterns = properties.get("patternsToMatch") or ["/*"]
    matched: Json = {"match": [{"host": [endpoint["properties"]["hostName"]], "path": patterns}], "terminal": True}
    if scheme == "Http" and properties.get("httpsRedirect", "Enabled") == "Enabled":
        location = "https://{http.request.host}{http.request.uri}"
        return matched | {
            "handle": [{"handler": "static_response", "status_code": "307", "headers": {"Location": [location]}}]
        }
    upstream = _upstream_scheme(route, scheme)
    # The body is read once and given anew to each origin that is tried.
    handlers: list[Json] = [
        {"handler": "request_body", "max_size": MAX_BODY},
        {"handler": "vars", "body": "{http.request.body}"},
    ]
    prefix = (properties.get("originPath") or "").rstrip("/")
    if prefix:
        handlers.append({"handler": "rewrite", "uri": prefix + "{http.request.uri}"})
    return matched | {"handle": [*handlers, {"handler": "subroute", "routes": _tiers(origins, upstream)}]}


def _tiers(origins: list[Body], upstream: str) -> list[Json]:
    """Return the routes that pick a first origin by weight; the others of its priority follow, then the next ones."""
    if not origins:
        return [{"handle": [_unavailable(503)]}]
    ordered = sorted(origins, key=lambda item: (_priority(item), -_weight(item), item["name"]))
    first = [item for item in ordered if _priority(item) == _priority(ordered[0])]
    rest = [item for item in ordered if item not in first]
    if len(first) == 1:
        return [_attempt([_route_name(item, upstream) for item in ordered])]
    rows: list[Json] = []
    for item, below in zip(first, _shares(first), strict=True):
        names = [_route_name(other, upstream) for other in [item, *(o for o in first if o is not item), *rest]]
        chosen = {"match": [{"expression": f"{{http.request.uuid}} < '{below:02x}'"}]} if below < _BUCKETS else {}
        rows.append({**chosen, **_attempt(names), "terminal": True})
    return rows


def _shares(origins: list[Body]) -> list[int]:
    """Return, for each origin, the first of 256 buckets that is not its own: requests fall into them at random."""
    total, reached, bounds = sum(_weight(item) for item in origins), 0, []
    for item in origins:
        reached += _weight(item)
        bounds.append(round(_BUCKETS * reached / total))
    return bounds


def _attempt(names: list[str]) -> Json:
    """Return a route that invokes the first origin and, on errors that allow it, those that follow."""
    invoke = {"handler": "invoke", "name": names[0]}
    if len(names) == 1:
        return {"handle": [invoke]}
    again = [{"handler": "request_body", "set": "{http.vars.body}"}]
    following = _attempt(names[1:])["handle"]
    errors = [
        {"match": [{"expression": _RETRYABLE}], "handle": [*again, *following], "terminal": True},
        {"handle": [{"handler": "error", "status_code": "{http.error.status_code}", "error": "{http.error.message}"}]},
    ]
    return {"handle": [{"handler": "subroute", "routes": [{"handle": [invoke]}], "errors": {"routes": errors}}]}


def _proxy(profile: Body, origin: Body, group: Body, upstream: str, listener: Listener, resolve: Resolve) -> Json:
    properties = origin["properties"]
    host = properties["hostName"]
    port = properties.get("httpsPort", 443) if upstream == "https" else properties.get("httpPort", 80)
    seconds = profile["properties"].get("originResponseTimeoutSeconds") or 60
    transport: Json = {"protocol": "http", "dial_timeout": _DIAL_TIMEOUT, "response_header_timeout": f"{seconds}s"}
    if upstream == "https":
        transport["tls"] = _tls(properties, host, listener.ca)
    name = properties.get("originHostHeader") or host
    headers = {
        "Host": [name],
        "X-Azure-FDID": [profile["properties"].get("frontDoorId", "")],
        "X-Azure-Ref": ["{http.request.uuid}"],
        "X-Forwarded-Host": ["{http.request.host}"],
    }
    proxy: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": resolve(host, int(port))}],
        "transport": transport,
        "headers": {"request": {"set": headers}},
    }
    checks = _health(group, name)
    return proxy | ({"health_checks": {"active": checks}} if checks else {})


def _tls(properties: Json, host: str, ca: str) -> Json:
    if properties.get("enforceCertificateNameCheck") is False:
        return {"insecure_skip_verify": True}
    return {"ca": {"provider": "file", "pem_files": [ca]}, "server_name": host}


def _health(group: Body, host: str) -> Json | None:
    """Front Door wants `successful` of the last `size` samples: too many failures in a row take an origin out."""
    probe = group["properties"].get("healthProbeSettings")
    if not probe:
        return None
    balancing = group["properties"].get("loadBalancingSettings") or {}
    size, wanted = balancing.get("sampleSize", 4), balancing.get("successfulSamplesRequired", 3)
    return {
        "uri": probe.get("probePath") or "/",
        "method": "GET" if probe.get("probeRequestType") == "GET" else "HEAD",
        "headers": {"Host": [host], "User-Agent": ["Edge Health Probe"]},
        "interval": f"{probe.get('probeIntervalInSeconds') or 240}s",
        "timeout": _PROBE_TIMEOUT,
        "expect_status": 200,
        "fails": max(1, size - wanted + 1),
        "passes": max(1, wanted),
    }


def _upstream_scheme(route: Body, scheme: str) -> str:
    protocol = route["properties"].get("forwardingProtocol", "MatchRequest")
    if protocol == "MatchRequest":
        return scheme.lower()
    return "http" if protocol == "HttpOnly" else "https"


def _route_name(origin: Body, upstream: str) -> str:
    parts = origin["id"].split("/")
    return f"{parts[-3]}-{parts[-1]}-{upstream}"


def _specificity(row: Json) -> int:
    return -max(len(path) for path in row["match"][0]["path"])


def _priority(origin: Body) -> int:
    return int(origin["properties"].get("priority") or 1)


def _weight(origin: Body) -> int:
    return int(origin["properties"].get("weight") or 1000)


def _on(body: Body) -> bool:
    return bool(body["properties"].get("enabledState", "Enabled") == "Enabled")


def _unavailable(status: int) -> Json:
    return {
        "handler": "static_response",
        "status_code": str(status),
        "body": "Our services aren't available right now\n",
    }
