"""The manifests of deploy/kubernetes fit the code, the image and each other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings as project
from django.core.management import get_commands
from django.test import Client
from django.urls import resolve

from focusjobs import webserver
from focusjobs.health import __main__ as probe
from focusjobs.health import views as health
from tests.unit.production.commands import ROOT, check_celery_takes, declared_tasks, names_read_by, queues_of
from tests.unit.production.manifests import (
    DEPLOYMENTS,
    KUSTOMIZATION,
    MAIN,
    MANIFESTS,
    PLACE,
    PODS,
    SCALED,
    SECRET,
    SETTINGS,
    WORKERS,
    of_kind,
)

DOCKERFILE = (ROOT / "Dockerfile").read_text()
MOUNT = "/run/secrets/focusjobs/"
LIBPQ = {"PGOPTIONS"}
STOPPING = timedelta(seconds=15)
"""A task that ignores its timeout is killed 10 seconds later; the drain goes on for two."""


def containers(name: str) -> list[dict[str, Any]]:
    return [*PODS[name].get("initContainers", []), *PODS[name]["containers"]]


def probes(name: str) -> dict[str, dict[str, Any]]:
    return {key: value for key, value in MAIN[name].items() if key.endswith("Probe")}


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    wanted = {rule["key"]: rule["values"] for rule in selector.get("matchExpressions", [])}
    exact = selector.get("matchLabels", {})
    return exact.items() <= labels.items() and all(labels.get(key) in values for key, values in wanted.items())


def labels_of_pods() -> dict[str, dict[str, str]]:
    return {
        name: one["spec"]["template"]["metadata"]["labels"] for name, one in {**DEPLOYMENTS, **of_kind("Job")}.items()
    }


def test_every_file_is_part_of_the_whole_but_for_the_example_of_secrets() -> None:
    files = {path.name for path in PLACE.glob("*.yaml")} - {"kustomization.yaml", "secrets.example.yaml"}
    assert sorted(KUSTOMIZATION["resources"]) == sorted(files)


def test_nothing_names_a_namespace() -> None:
    assert not [one["metadata"]["name"] for one in MANIFESTS if "namespace" in one["metadata"]]


def test_the_workers_take_every_queue_once() -> None:
    taken = [queue for container in WORKERS.values() for queue in queues_of(container["command"])]
    assert sorted(taken) == sorted(project.JOBS_QUEUES)


@pytest.mark.parametrize("name", [name for name in sorted(MAIN) if MAIN[name]["command"][0] == "celery"])
def test_an_invocation_of_celery_is_one_that_celery_takes(name: str) -> None:
    check_celery_takes(MAIN[name]["command"])


def test_web_runs_as_the_image_does() -> None:
    assert yaml.safe_load(DOCKERFILE.rsplit("\nCMD ", 1)[1]) == MAIN["focusjobs-web"]["command"]


@pytest.mark.parametrize("name", sorted(PODS))
def test_management_commands_exist(name: str) -> None:
    words = " ".join(" ".join(container["command"]) for container in containers(name))
    assert set(re.findall(r"manage\.py (\w+)", words)) <= get_commands().keys()


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS))
def test_a_process_waits_for_the_migrations_of_its_release(name: str) -> None:
    (waiting,) = PODS[name]["initContainers"]
    assert "python manage.py migrate --check" in waiting["command"][-1]
    assert waiting["image"] == MAIN[name]["image"] == "focusjobs"


@pytest.mark.parametrize("name", sorted(WORKERS))
def test_a_worker_has_longer_to_stop_than_the_longest_of_its_tasks(name: str) -> None:
    queues = queues_of(WORKERS[name]["command"])
    longest = max(
        (task.timeout for task in declared_tasks() if task.queue in queues and task.timeout), default=STOPPING
    )
    assert timedelta(seconds=PODS[name]["terminationGracePeriodSeconds"]) >= longest + STOPPING


def test_web_answers_until_balancers_have_heard_and_ends_in_time() -> None:
    _, seconds = MAIN["focusjobs-web"]["lifecycle"]["preStop"]["exec"]["command"]
    grace = PODS["focusjobs-web"]["terminationGracePeriodSeconds"]
    assert 5 <= int(seconds) < int(seconds) + webserver.graceful_timeout < grace


def test_workers_differ_in_what_they_take_alone() -> None:
    def neutral(name: str) -> dict[str, Any]:
        pod = deepcopy(PODS[name])
        pod["containers"][0]["command"] = pod["containers"][0]["resources"] = None
        pod["terminationGracePeriodSeconds"] = pod["topologySpreadConstraints"] = None
        return pod

    first, *others = (neutral(name) for name in sorted(WORKERS))
    assert len(others) == 3
    assert all(other == first for other in others)


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_run_as_the_ordinary_user_of_the_image_and_can_write_nothing(name: str) -> None:
    pod = PODS[name]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == [str(pod["securityContext"]["runAsUser"])]
    for container in containers(name):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]} == {
            MOUNT.rstrip("/"): True,
            "/tmp": False,  # noqa: S108
        }
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


def test_every_variable_is_one_that_the_code_reads() -> None:
    known = names_read_by("focusjobs/settings.py") | names_read_by("focusjobs/webserver.py")
    assert {name.removesuffix("_FILE") for name in SETTINGS} <= known
    for name in PODS:
        extra = {variable["name"] for container in containers(name) for variable in container.get("env", [])}
        assert {variable.removesuffix("_FILE") for variable in extra} <= known | LIBPQ
        assert all(
            container["envFrom"] == [{"configMapRef": {"name": "focusjobs-settings"}}] for container in containers(name)
        )


def test_every_secret_is_used_and_every_file_is_one_of_a_secret() -> None:
    settled = {value for name, value in SETTINGS.items() if name.endswith("_FILE")}
    migrating = {one["value"] for one in MAIN["focusjobs-migrate"]["env"] if one["name"].endswith("_FILE")}
    (scaler,) = of_kind("TriggerAuthentication")["focusjobs-ledger"]["spec"]["secretTargetRef"]
    assert scaler["parameter"] == "connection"
    assert {*settled, *migrating, MOUNT + scaler["key"]} == {MOUNT + key for key in SECRET}
    assert scaler["name"] == "focusjobs-secrets"
    assert all(pod["volumes"][0]["secret"]["secretName"] == "focusjobs-secrets" for pod in PODS.values())


def test_the_settings_are_accepted_and_pass_the_deployment_check(tmp_path: Path) -> None:
    given = {**SECRET, "secret-key": "k" + "0123456789abcdef" * 4, "metrics-token": "t"}
    for key, value in given.items():
        (tmp_path / key).write_text(f"{value}\n")
    environment = {name: value.replace(MOUNT, f"{tmp_path}/") for name, value in SETTINGS.items()}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    told = {"PATH": os.environ["PATH"], **environment}
    answer = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr


def test_the_probes_of_web_ask_what_it_answers_under_a_name_that_it_serves() -> None:
    for one in probes("focusjobs-web").values():
        asked = one["httpGet"]
        path, _, query = asked["path"].partition("?")
        assert resolve(path).func.__module__ == "focusjobs.health.views"
        assert set(query.removeprefix("only=").split(",")) - {""} <= health.CHECKS.keys()
        (host,) = (header["value"] for header in asked["httpHeaders"] if header["name"] == "Host")
        assert host in SETTINGS["ALLOWED_HOSTS"].split(",")
        assert asked["port"] == MAIN["focusjobs-web"]["ports"][0]["name"]


def test_web_answers_its_probes_over_plain_http_under_that_name_alone(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = SETTINGS["ALLOWED_HOSTS"].split(",")
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez", headers={"host": "focusjobs-web:8000"}).status_code == 200
    assert client.get("/livez", headers={"host": "10.1.2.3:8000"}).status_code == 400


def test_nothing_is_restarted_and_no_web_taken_out_because_redis_is_away() -> None:
    assert probes("focusjobs-web")["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert probes("focusjobs-web")["readinessProbe"]["httpGet"]["path"] == "/readyz?only=database,migrations"
    for name in DEPLOYMENTS.keys() - {"focusjobs-web"}:
        assert probes(name)["livenessProbe"]["exec"]["command"][-1] == probe.LENIENT


@pytest.mark.parametrize("name", sorted(DEPLOYMENTS.keys() - {"focusjobs-web"}))
def test_a_process_is_probed_in_its_own_role(name: str) -> None:
    for one in probes(name).values():
        assert one["exec"]["command"][:4] == ["python", "-m", "focusjobs.health", MAIN[name]["name"]]
        assert MAIN[name]["name"] in probe.ROLES


def test_selectors_find_what_they_are_about() -> None:
    pods = labels_of_pods()
    for name, one in DEPLOYMENTS.items():
        found = [other for other, labels in pods.items() if matches(one["spec"]["selector"], labels)]
        assert found == [name]
    selectors = [one["spec"]["selector"] for one in of_kind("PodDisruptionBudget").values()]
    selectors += [one["spec"]["podSelector"] for one in of_kind("NetworkPolicy").values()]
    selectors += [{"matchLabels": one["spec"]["selector"]} for one in of_kind("Service").values()]
    assert len(selectors) == 5
    assert all(any(matches(selector, labels) for labels in pods.values()) for selector in selectors)


def test_what_is_scaled_exists_and_sets_no_number_of_its_own() -> None:
    targets = [one["spec"]["scaleTargetRef"]["name"] for one in SCALED.values()]
    assert sorted(targets) == sorted(WORKERS)
    (web,) = of_kind("HorizontalPodAutoscaler").values()
    for name in (*targets, web["spec"]["scaleTargetRef"]["name"]):
        assert "replicas" not in DEPLOYMENTS[name]["spec"]
    for one in SCALED.values():
        assert 1 <= one["spec"]["minReplicaCount"] < one["spec"]["maxReplicaCount"]
        assert one["spec"]["triggers"][0]["authenticationRef"]["name"] in of_kind("TriggerAuthentication")


def test_migrations_run_with_the_limits_that_they_have_in_compose() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["migrate"]["environment"]
    (options,) = (one["value"] for one in MAIN["focusjobs-migrate"]["env"] if one["name"] == "PGOPTIONS")
    assert options == compose["PGOPTIONS"]


def test_one_number_is_the_release_everywhere() -> None:
    (image,) = KUSTOMIZATION["images"]
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    compose = (ROOT / "compose.yaml").read_text()
    assert {image["newTag"], SETTINGS["RELEASE"], *re.findall(r"\$\{RELEASE:-([^}]+)\}", compose)} == {version[1]}
