"""An Azure Monitor workspace is a running Prometheus, with an Alertmanager for those whom its rules tell.

Owns both processes, their configuration, and following what there is to scrape. One pair a workspace: the clusters that
its data collection rule is tied to are scraped by it, the rule groups that name it are judged by it, and action groups
and alert processing rules say who hears of it.
"""

from __future__ import annotations

import http.client
import json
import logging
import shutil
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from headgate.errors import HeadgateError
from headgate.sandbox import network
from headgate.sandbox.azure.counterparts import alertmanager_config, prometheus_config
from headgate.sandbox.azure.counterparts.scraping import targets_of
from headgate.sandbox.azure.types import monitoring as types
from headgate.sandbox.azure.types import spec_for_id
from headgate.sandbox.azure.types.spec import Body, View
from headgate.sandbox.control import Control, HttpProbe, ProcessSpec
from headgate.sandbox.files import make_private_directory, write_if_changed
from headgate.sandbox.layout import StateDir
from headgate.sandbox.pki import Authority
from headgate.sandbox.supervisor.launch import wait_for
from headgate.sandbox.toolchain import tool_path

LOG = logging.getLogger(__name__)
GROUP = "monitoring"
# A small, slow Go heap: it holds the metrics of a laptop.
_ENVIRONMENT = {"GOMEMLIMIT": "128MiB", "GOGC": "50"}
_RELOAD_SECONDS = 10.0
_RETRY_SECONDS = 1.0


class MetricsWorkspaces:
    """The pairs of processes. Any change of what belongs to a workspace applies it anew."""

    def __init__(self, state: StateDir, control: Control, view: View) -> None:
        """`view` shows the resources as they are stored."""
        self._state = state
        self._control = control
        self._view = view
        self._lock = threading.Lock()

    def ensure(self, _body: Body) -> None:
        """Apply every workspace: there is one, and each of its parts concerns it."""
        self._apply_all()

    def remove(self, body: Body) -> None:
        """Stop a workspace's processes and forget what they measured; its parts are followed by `settle`."""
        if body["type"].lower() != types.WORKSPACE.lower():
            return
        with self._lock:
            for name in (prometheus_name(body["name"]), alertmanager_name(body["name"])):
                self._control.stop_process(name)
            network.withdraw(self._state, prometheus_name(body["name"]))
            shutil.rmtree(self._directory(body["name"]), ignore_errors=True)

    def settle(self, body: Body) -> None:
        """Apply the workspaces without what was just removed from them."""
        if body["type"].lower() in {arm_type.lower() for arm_type in types.PARTS}:
            self._apply_all()

    def follow(self) -> None:
        """Apply the workspaces again whenever a process comes, goes or moves: it may be one to scrape."""
        threading.Thread(target=self._follow, name="monitoring", daemon=True).start()

    def _follow(self) -> None:
        version = 0
        while True:
            try:
                version = self._control.wait_change(version)
                self._apply_all()
            except (HeadgateError, OSError) as error:
                LOG.info("monitoring: %s", error)
                time.sleep(_RETRY_SECONDS)

    def _apply_all(self) -> None:
        with self._lock:
            for workspace in self._view.of_type(types.WORKSPACE):
                if workspace["properties"].get("provisioningState") != "Deleting":
                    self._apply(workspace)

    def _apply(self, workspace: Body) -> None:
        """Write both configurations, have both processes running, and have them read what is new."""
        directory = make_private_directory(self._directory(workspace["name"]))
        alerts = f"127.0.0.1:{self._alertmanager(workspace, directory)}"
        rules = directory / "rules.json"
        write_if_changed(rules, _text(prometheus_config.rule_file(self._rule_groups(workspace))))
        targets = targets_of(self._state, self._control, self._clusters(workspace))
        settings = directory / "prometheus.json"
        write_if_changed(settings, _text(prometheus_config.configuration(targets, alerts, str(rules))))
        self._serve(workspace, directory)

    def _serve(self, workspace: Body, directory: Path) -> None:
        """Have Prometheus running under the name by which Azure answers queries."""
        host = query_host(workspace, self._view)
        authority = Authority(self._state)
        pair = authority.server(f"metrics-{workspace['name'].lower()}", [host, "localhost", "127.0.0.1"])
        settings = {"cert_file": str(pair.cert), "key_file": str(pair.key), "min_version": "TLS12"}
        write_if_changed(directory / "web.json", _text({"tls_server_config": settings}))
        spec = prometheus(workspace["name"], directory, str(authority.ca_cert))
        status = self._control.ensure_process(spec)
        network.publish(
            self._state, prometheus_name(workspace["name"]), {f"{host}:443": f"127.0.0.1:{status.ports['https']}"}
        )

    def _alertmanager(self, workspace: Body, directory: Path) -> int:
        """Have the Alertmanager running with what the resources say; return its port."""
        settings = directory / "alertmanager.json"
        document = alertmanager_config.configuration(
            self._view.of_type(types.ACTION_GROUP), self._view.of_type(types.PROCESSING_RULE), self._ledger(workspace)
        )
        is_new = not settings.exists()
        changed = write_if_changed(settings, _text(document))
        status = self._control.ensure_process(alertmanager(workspace["name"], directory))
        port = status.ports["http"]
        if changed and not is_new:
            reload(port)
        return port

    def _ledger(self, workspace: Body) -> alertmanager_config.Ledger | None:
        """Return where the sandbox's audit collector takes a platform's alerts; None while there is none."""
        statuses = {status.name: status for status in self._control.processes()}
        audit = statuses.get("audit")
        if audit is None or "https" not in audit.ports:
            return None
        environment = (workspace.get("tags") or {}).get("environment")
        path = f"/v1/alertmanager/platform-{environment}" if environment else "/v1/alertmanager"
        url = f"https://127.0.0.1:{audit.ports['https']}{path}"
        return alertmanager_config.Ledger(url, str(self._state.audit_token), str(self._state.pki / "ca.crt"))

    def _rule_groups(self, workspace: Body) -> list[Body]:
        """Return the rule groups that a workspace judges."""
        mine = workspace["id"].lower()
        return [
            group
            for group in self._view.of_type(types.RULE_GROUP)
            if mine in [scope.lower() for scope in group["properties"]["scopes"]]
        ]

    def _clusters(self, workspace: Body) -> dict[str, str]:
        """Return the clusters that are tied to a workspace, with their locations."""
        mine = workspace["id"].lower()
        rules = {
            rule["id"].lower()
            for rule in self._view.of_type(types.COLLECTION_RULE)
            for account in (rule["properties"].get("destinations") or {}).get("monitoringAccounts") or []
            if account["accountResourceId"].lower() == mine
        }
        tied = [
            self._view.get(tie["id"].lower().partition("/providers/microsoft.insights/")[0])
            for tie in self._view.of_type(types.COLLECTION_TIE)
            if (tie["properties"].get("dataCollectionRuleId") or "").lower() in rules
        ]
        return {cluster["name"]: cluster["location"] for cluster in tied if cluster is not None}

    def _directory(self, workspace: str) -> Path:
        return self._state.root / "monitoring" / workspace.lower()


def query_host(workspace: Body, view: View) -> str:
    """Return the host name under which a workspace is asked."""
    found = spec_for_id(workspace["id"])
    endpoint = found[0].outputs(workspace, view)["metrics"]["prometheusQueryEndpoint"] if found else ""
    return urlsplit(endpoint).hostname or ""


def prometheus(workspace: str, directory: Path, ca: str) -> ProcessSpec:
    """Return the process that measures and judges. It reads its files anew when they change."""
    return ProcessSpec(
        name=prometheus_name(workspace),
        argv=(
            str(tool_path("prometheus")),
            f"--config.file={directory / 'prometheus.json'}",
            "--config.auto-reload",
            "--config.auto-reload-interval=1s",
            f"--storage.tsdb.path={directory / 'data'}",
            "--storage.tsdb.retention.time=4d",
            "--storage.tsdb.retention.size=512MB",
            f"--web.config.file={directory / 'web.json'}",
            "--web.listen-address=127.0.0.1:{port:https}",
            "--log.level=warn",
        ),
        env=_ENVIRONMENT,
        ready=HttpProbe("https://127.0.0.1:{port:https}/-/ready", ca=ca),
        group=GROUP,
    )


def alertmanager(workspace: str, directory: Path) -> ProcessSpec:
    """Return the process that tells people."""
    return ProcessSpec(
        name=alertmanager_name(workspace),
        argv=(
            str(tool_path("alertmanager")),
            f"--config.file={directory / 'alertmanager.json'}",
            f"--storage.path={directory / 'alerts'}",
            "--web.listen-address=127.0.0.1:{port:http}",
            # Alone: there is nobody to gossip with.
            "--cluster.listen-address=",
            "--log.level=warn",
        ),
        env=_ENVIRONMENT,
        ready=HttpProbe("http://127.0.0.1:{port:http}/-/ready"),
        group=GROUP,
    )


def reload(port: int) -> None:
    """Have an Alertmanager read its configuration anew; it takes all of it or none.

    Only one that dispatches can be told to stop: of two reloads on each other's heels, the first one's dispatcher may
    not have begun when the second ends it, and then tells people by the old configuration for as long as it lives.
    """
    try:
        if not wait_for(lambda: _is_dispatching(port), _RELOAD_SECONDS):
            raise HeadgateError("the Alertmanager tells nobody of anything", fix="headgate sandbox logs")
        status, answer = _ask(port, "POST", "/-/reload")
    except OSError as error:
        status, answer = 0, str(error)
    if status != 200:
        raise HeadgateError(
            "the Alertmanager refused its configuration", found=answer[:500], fix="headgate sandbox logs"
        )


def _is_dispatching(port: int) -> bool:
    """Say whether the dispatcher has begun; nothing but the stacks of an Alertmanager's goroutines shows it."""
    return "dispatch.(*Dispatcher).run(" in _ask(port, "GET", "/debug/pprof/goroutine?debug=2")[1]


def _ask(port: int, method: str, path: str) -> tuple[int, str]:
    """Return status and text of what an Alertmanager answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_RELOAD_SECONDS)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")
    finally:
        connection.close()


def prometheus_name(workspace: str) -> str:
    """Return the name of a workspace's Prometheus."""
    return f"prometheus-{workspace.lower()}"


def alertmanager_name(workspace: str) -> str:
    """Return the name of a workspace's Alertmanager."""
    return f"alertmanager-{workspace.lower()}"


def _text(document: object) -> str:
    return json.dumps(document, indent=1, sort_keys=True) + "\n"
