"""What compose.yaml and the manifests for Kubernetes start, held against the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import click
from celery.bin.celery import celery

from focusjobs.celery import app
from focusjobs.jobs.declaring.definition import Task

ROOT = Path(__file__).parents[3]


def names_read_by(path: str) -> set[str]:
    """Collect the names in calls such as `env.bool("DEBUG")` and `os.environ.get("PORT")` of a module."""
    calls = (node for node in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(node, ast.Call))
    readers = [call for call in calls if re.fullmatch(r"env\.\w+|os\.environ\.get", ast.unparse(call.func))]
    return {str(ast.literal_eval(call.args[0])) for call in readers}


def option(command: list[str], name: str) -> str:
    """Give what follows an option."""
    return command[command.index(name) + 1]


def queues_of(command: list[str]) -> list[str]:
    """Give the queues that a worker takes."""
    return option(command, "--queues").split(",")


def check_celery_takes(command: list[str]) -> None:
    """Parse a command as Celery would, who knows every option of it."""
    program, flag, name, quiet, subcommand, *arguments = command
    assert (program, flag, name, quiet) == ("celery", "-A", "focusjobs", "--quiet")
    parent = click.Context(celery)
    found = celery.get_command(parent, subcommand)
    assert found is not None, subcommand
    context = click.Context(found, parent=parent)
    options, left_over, _ = found.make_parser(context).parse_args(list(arguments))
    assert (bool(options), left_over) == (True, [])


def declared_tasks() -> list[Task[..., Any]]:
    """Give the product's own tasks; others are declared by tests."""
    app.loader.import_default_modules()
    found = [task for task in app.tasks.values() if isinstance(task, Task)]
    return [task for task in found if not task.name.startswith("tests.")]
