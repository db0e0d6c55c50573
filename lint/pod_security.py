"""Pod Security `restricted`, as the API server of the pinned version judges it, for every pod specification.

Owns the rules; their names are those of k8s.io/pod-security-admission. Written here rather than asked of an API server,
so that a fault is told in milliseconds and by place; a component test holds it to the real admission plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from lint.finding import Finding
from lint.manifests import CONTAINERS, Manifest, pods

Pod = Mapping[str, Any]
CHECK = "pod-security"

_VOLUMES = frozenset(
    {
        "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected",
        "secret",
    }
)  # fmt: skip
_SYSCTLS = frozenset(
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range",
        "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
        "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    }
)  # fmt: skip
_SELINUX = frozenset({"", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"})
_SECCOMP = frozenset({"RuntimeDefault", "Localhost"})


def findings(manifest: Manifest) -> Iterator[Finding]:
    """Yield what Pod Security restricted would refuse of an object."""
    for path, pod in pods(manifest.body):
        for rule, check in RULES.items():
            for text in check(pod):
                yield Finding(CHECK, rule, manifest.label, f"{path}: {text}")


def _containers(pod: Pod) -> Iterator[tuple[str, Pod]]:
    for kind in CONTAINERS:
        for container in pod.get(kind) or []:
            yield f"container {container.get('name')}", container


def _context(holder: Pod) -> Pod:
    return holder.get("securityContext") or {}


def _contexts(pod: Pod) -> Iterator[tuple[str, Pod]]:
    """Yield the security contexts of the pod and of each container."""
    yield "pod", _context(pod)
    for name, container in _containers(pod):
        yield name, _context(container)


def _host_namespaces(pod: Pod) -> Iterator[str]:
    yield from (f"{name} must not be set" for name in ("hostNetwork", "hostPID", "hostIPC") if pod.get(name))


def _host_ports(pod: Pod) -> Iterator[str]:
    for name, container in _containers(pod):
        ports = [port["hostPort"] for port in container.get("ports") or [] if port.get("hostPort")]
        if ports:
            yield f"{name} must not use host ports {ports}"


def _privileged(pod: Pod) -> Iterator[str]:
    yield from (f"{name} must not be privileged" for name, context in _contexts(pod) if context.get("privileged"))


def _escalation(pod: Pod) -> Iterator[str]:
    for name, container in _containers(pod):
        if _context(container).get("allowPrivilegeEscalation") is not False:
            yield f"{name} must set securityContext.allowPrivilegeEscalation=false"


def _capabilities(pod: Pod) -> Iterator[str]:
    for name, container in _containers(pod):
        capabilities = _context(container).get("capabilities") or {}
        if "ALL" not in (capabilities.get("drop") or []):
            yield f'{name} must set securityContext.capabilities.drop=["ALL"]'
        added = set(capabilities.get("add") or []) - {"NET_BIND_SERVICE"}
        if added:
            yield f"{name} must not add capabilities {sorted(added)}"


def _volumes(pod: Pod) -> Iterator[str]:
    for volume in pod.get("volumes") or []:
        kinds = set(volume) - {"name"} - _VOLUMES
        if kinds:
            yield f"volume {volume.get('name')} must not be of the kind {', '.join(sorted(kinds))}"


def _inherited(pod: Pod, name: str, sound: Callable[[Any], bool], expected: str) -> Iterator[str]:
    """Yield where a field of the security context is wrong, or is set neither on the container nor on the pod."""
    of_pod = _context(pod).get(name)
    if of_pod is not None and not sound(of_pod):
        yield f"pod must set securityContext.{expected}"
    for container_name, container in _containers(pod):
        value = _context(container).get(name)
        if (value is None and (of_pod is None or not sound(of_pod))) or (value is not None and not sound(value)):
            yield f"{container_name} (or its pod) must set securityContext.{expected}"


def _non_root(pod: Pod) -> Iterator[str]:
    return _inherited(pod, "runAsNonRoot", lambda value: value is True, "runAsNonRoot=true")


def _user(pod: Pod) -> Iterator[str]:
    yield from (f"{name} must not set runAsUser=0" for name, context in _contexts(pod) if context.get("runAsUser") == 0)


def _seccomp(pod: Pod) -> Iterator[str]:
    return _inherited(
        pod, "seccompProfile", lambda value: value.get("type") in _SECCOMP, "seccompProfile.type=RuntimeDefault"
    )


def _selinux(pod: Pod) -> Iterator[str]:
    for name, context in _contexts(pod):
        options = context.get("seLinuxOptions") or {}
        if options.get("type", "") not in _SELINUX or options.get("user") or options.get("role"):
            yield f"{name} must not set securityContext.seLinuxOptions {dict(options)}"


def _sysctls(pod: Pod) -> Iterator[str]:
    names = {each["name"] for each in _context(pod).get("sysctls") or []} - _SYSCTLS
    if names:
        yield f"pod must not set the sysctls {sorted(names)}"


def _apparmor(pod: Pod) -> Iterator[str]:
    for name, context in _contexts(pod):
        if (context.get("appArmorProfile") or {}).get("type", "RuntimeDefault") not in _SECCOMP:
            yield f"{name} must not run without AppArmor"


def _proc_mount(pod: Pod) -> Iterator[str]:
    for name, context in _contexts(pod):
        if context.get("procMount", "Default") != "Default":
            yield f"{name} must not set securityContext.procMount"


def _probe_hosts(pod: Pod) -> Iterator[str]:
    for name, container in _containers(pod):
        lifecycle = container.get("lifecycle") or {}
        asked = [container.get(f"{kind}Probe") for kind in ("startup", "readiness", "liveness")]
        for handler in (*asked, lifecycle.get("postStart"), lifecycle.get("preStop")):
            hosts = [((handler or {}).get(kind) or {}).get("host") for kind in ("httpGet", "tcpSocket")]
            if any(hosts):
                yield f"{name} must not name a host in a probe or lifecycle handler"


RULES: dict[str, Callable[[Pod], Iterable[str]]] = {
    "hostNamespaces": _host_namespaces,
    "hostPorts": _host_ports,
    "privileged": _privileged,
    "allowPrivilegeEscalation": _escalation,
    "capabilities": _capabilities,
    "restrictedVolumes": _volumes,
    "runAsNonRoot": _non_root,
    "runAsUser": _user,
    "seccompProfile": _seccomp,
    "seLinuxOptions": _selinux,
    "sysctls": _sysctls,
    "appArmorProfile": _apparmor,
    "procMount": _proc_mount,
    "hostProbesAndHostLifecycle": _probe_hosts,
}
