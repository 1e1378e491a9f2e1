"""compose.yaml, Dockerfile and .env.example agree with the code: nothing else holds them, as no engine runs here."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

from focusjobs.health import __main__ as probe
from tests.unit.production.commands import check_celery_takes, declared_tasks, names_read_by, queues_of

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
COMMANDS = {name: service["command"] for name, service in OURS.items()}
CELERY = {name: command for name, command in COMMANDS.items() if command[0] == "celery"}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
LIBPQ = {"PGOPTIONS"}
"""What PostgreSQL's library reads by itself."""
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:(:[-?])([^}]*))?\}")
GIVEN = {
    "SECRET_KEY": "k" + "0123456789abcdef" * 4,
    "POSTGRES_PASSWORD": "0123456789abcdef",
    "ALLOWED_HOSTS": "a.example",
}


def resolved(value: str) -> str:
    """Fill in the variables of compose's syntax, the required ones from GIVEN."""
    return VARIABLE.sub(lambda found: GIVEN.get(found[1]) or (found[3] if found[2] == ":-" else ""), value)


def environment_of(name: str) -> dict[str, str]:
    return {key: resolved(str(value)) for key, value in OURS[name]["environment"].items() if value is not None}


def test_the_services_are_those_of_production() -> None:
    assert set(SERVICES) == {"postgres", "valkey", "migrate", "web", "worker", "worker-imports", "beat"}


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if "manage.py" in command])
def test_a_management_command_exists(name: str) -> None:
    assert COMMANDS[name][:2] == ["python", "manage.py"]
    assert COMMANDS[name][2] in get_commands()


@pytest.mark.parametrize("name", CELERY)
def test_an_invocation_of_celery_is_one_that_celery_takes(name: str) -> None:
    check_celery_takes(CELERY[name])


def test_the_workers_take_every_queue_and_no_other() -> None:
    taken = [queue for command in CELERY.values() if "worker" in command for queue in queues_of(command)]
    assert sorted(taken) == sorted(settings.JOBS_QUEUES)


def test_there_is_one_beat() -> None:
    assert [name for name, command in CELERY.items() if "beat" in command] == ["beat"]
    assert "deploy" not in SERVICES["beat"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_a_service_is_one_that_the_code_reads(name: str) -> None:
    known = names_read_by("focusjobs/settings.py") | names_read_by("focusjobs/webserver.py")
    assert set(OURS[name]["environment"]) - LIBPQ <= known


def test_every_process_of_the_product_is_told_the_same() -> None:
    told = [
        {key: value for key, value in service["environment"].items() if key not in LIBPQ} for service in OURS.values()
    ]
    assert all(environment == told[0] for environment in told)
    assert "RELEASE" in told[0]


def test_a_migration_gives_up_where_it_would_hold_others_up(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {name: service["environment"].get("PGOPTIONS") for name, service in OURS.items()}
    assert {name for name, options in told.items() if options} == {"migrate"}
    monkeypatch.setenv("PGOPTIONS", told["migrate"])
    with psycopg.connect(os.environ["DATABASE_URL"]) as link:
        assert link.execute("SHOW lock_timeout").fetchone() == ("5s",)
        assert link.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_the_settings_of_production_are_accepted_and_pass_the_deployment_check() -> None:
    environment = {"PATH": os.environ["PATH"], **environment_of("web")}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr


def test_gunicorn_accepts_its_command() -> None:
    environment = {"PATH": os.environ["PATH"], **environment_of("web")}
    command = [sys.executable, "-m", *COMMANDS["web"], "--check-config"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert ast.literal_eval(DOCKERFILE.rsplit("\nCMD ", 1)[1]) == COMMANDS["web"]


def test_every_variable_that_a_person_can_set_is_in_the_example_with_the_same_default() -> None:
    uses = VARIABLE.findall((ROOT / "compose.yaml").read_text())
    given_on = {name for name, value in OURS["web"]["environment"].items() if value is None}
    assert {name for name, _, _ in uses} | given_on == set(EXAMPLE)
    assert {EXAMPLE[name] for name in given_on} == {""}
    for name, kind, default in uses:
        assert kind == ":?" or EXAMPLE[name] == default, name


def test_secrets_are_required_with_a_word_on_how_to_make_them() -> None:
    required = {
        name: words for name, kind, words in VARIABLE.findall((ROOT / "compose.yaml").read_text()) if kind == ":?"
    }
    assert set(required) == {"SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"}
    assert all(words.startswith(f"Set {name} in .env") for name, words in required.items())


def test_images_are_pinned() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    for image in [*bases, *(service["image"] for service in SERVICES.values())]:
        assert re.fullmatch(r"[a-z/]+:\d+(\.\d+)*(-slim)?", resolved(image)), image


def test_services_wait_for_services_that_can_tell_that_they_are_ready() -> None:
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "test" in SERVICES[name]["healthcheck"]
            else:
                assert (wait["condition"], SERVICES[name]["restart"]) == ("service_completed_successfully", "no")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"migrate"}))
def test_every_service_that_stays_says_how_it_is_and_starts_again(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["restart"] == "unless-stopped"
    assert SERVICES[name]["read_only"] is True
    assert SERVICES[name]["logging"]["driver"] == "local"
    assert re.fullmatch(r"\d+[sm]", SERVICES[name]["stop_grace_period"])


@pytest.mark.parametrize("name", [name for name, service in OURS.items() if "test" in service["healthcheck"]])
def test_a_process_is_probed_in_its_own_role(name: str) -> None:
    *program, role = OURS[name]["healthcheck"]["test"][1:]
    assert program == ["python", "-m", "focusjobs.health"]
    assert name.startswith(role)
    assert role in probe.ROLES


@pytest.mark.parametrize("name", CELERY)
def test_any_number_of_a_process_can_run(name: str) -> None:
    """`--scale worker=4` needs names and ports that are not taken by the first of them."""
    assert not {"container_name", "hostname", "ports", "network_mode", "volumes"} & SERVICES[name].keys()
    assert not {"--hostname", "-n", "--statedb", "-S"} & set(CELERY[name])


def test_what_tasks_are_declared_with_is_a_queue_that_a_worker_takes() -> None:
    declared = {task.queue for task in declared_tasks()}
    assert {"default", "imports", "statistics", "notifications", "operations"} <= declared <= set(settings.JOBS_QUEUES)


@pytest.mark.parametrize("name", sorted(CELERY.keys() | {"web"}))
def test_processes_have_an_init_and_time_to_finish(name: str) -> None:
    assert OURS[name]["init"] is True
    assert re.fullmatch(r"\d+[sm]", OURS[name]["stop_grace_period"])
    assert OURS[name]["read_only"] is True


def test_what_should_outlive_a_container_is_in_a_volume() -> None:
    assert [SERVICES[name]["volumes"] for name in ("postgres", "valkey")] == [
        ["postgres:/var/lib/postgresql"],
        ["valkey:/data"],
    ]
    assert {"yes", "noeviction"} <= set(SERVICES["valkey"]["command"])


def test_what_the_dockerfile_copies_exists_and_reaches_the_builder() -> None:
    copied = [
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for source in line.split()
    ]
    let_through = re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(let_through)
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_has_every_app_of_ours() -> None:
    packages = {str(path.parent.relative_to(ROOT)) for path in ROOT.glob("*/__init__.py")} - {"tests"}
    copied = set(re.findall(r"^COPY (\w+)/ ", DOCKERFILE, re.MULTILINE))
    assert copied == packages - {"benchmarks"}


def test_the_image_runs_as_an_ordinary_user() -> None:
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert "useradd --uid 10001 " in last_stage
    assert re.findall(r"^USER (\S+)", last_stage, re.MULTILINE) == ["10001"]


def test_the_static_files_of_production_can_be_collected() -> None:
    found = re.search(
        r"^RUN ((?:[A-Z_]+=\S+ ?)+)\\\n +python manage.py (collectstatic .*?) && ", DOCKERFILE, re.MULTILINE
    )
    assert found
    environment = {"PATH": os.environ["PATH"], **dict(part.split("=", 1) for part in found[1].split())}
    command = [sys.executable, "manage.py", *found[2].split(), "--dry-run"]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert re.search(r"\d{2,} static files? copied", answer.stdout)
