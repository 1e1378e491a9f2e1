"""What the runbook and the page on operations tell people to type can be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from tests.unit.production.commands import ROOT
from tests.unit.production.manifests import DEPLOYMENTS, MANIFESTS
from tests.unit.production.watching import ALERTS
from tests.unit.test_docs import code_in

DOCUMENTS = {name: (ROOT / f"docs/{name}.md").read_text() for name in ("runbook", "operations")}
LINES = [line.strip() for text in DOCUMENTS.values() for line in code_in(text)]
SERVICES = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
COMPOSE = re.compile(r"docker compose (?:exec|logs|ps|up|restart|run|stop)\b(.*)")


def typed() -> Iterator[str]:
    """Give the calls of manage.py with what follows, from blocks and, where they begin a span, from prose."""
    for line in LINES:
        if line.startswith("python manage.py "):
            yield line.removeprefix("python manage.py ")
        elif line.split(" ")[0] in get_commands() and len(line.split(" ")) > 1:
            yield line


@pytest.mark.parametrize("line", sorted(set(typed())))
def test_a_command_takes_what_it_is_given(line: str) -> None:
    name, *arguments = shlex.split(line)
    app = get_commands()[name]
    command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
    command.create_parser("manage.py", name).parse_args(arguments)


def test_a_service_of_compose_that_is_named_exists() -> None:
    calls = [found[1] for line in LINES if (found := COMPOSE.search(line))]
    assert len(calls) > 8
    for call in calls:
        words = re.sub(r"--(tail|scale) \S+|-\S+", "", call).split()
        assert set(words[:1]) | set(re.findall(r"--scale (\w+)=", call)) <= SERVICES.keys(), call


def test_a_deployment_that_is_named_exists() -> None:
    named = {name for line in LINES for name in re.findall(r"deployment/(\S+)", line)}
    jobs = {name for line in LINES for name in re.findall(r"delete job (\S+)", line)}
    assert named <= DEPLOYMENTS.keys()
    assert len(named) == 2
    assert jobs <= {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "Job"}


def test_each_alert_is_named_where_it_leads_and_no_other_is() -> None:
    sections = dict(re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", DOCUMENTS["runbook"], re.MULTILINE))
    headings = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"): text for title, text in sections.items()}
    for name, alert in ALERTS.items():
        assert f"`{name}`" in headings[alert["annotations"]["runbook"].partition("#")[2]], name
    assert set(re.findall(r"`(Focusjobs\w+)`", DOCUMENTS["runbook"])) == set(ALERTS)


def test_every_symptom_says_when_somebody_else_has_to_be_called_or_is_harmless() -> None:
    sections = re.findall(r"^## (.+)\n((?:(?!^## ).*\n)*)", DOCUMENTS["runbook"], re.MULTILINE)
    assert len(sections) >= 14
    silent = [title for title, text in sections if "**Escalate**" not in text and "**You see**" in text]
    assert silent == ["A task is poisoned"]
