"""The project as a whole: Django's own checks, in the configuration of production."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[2]


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    output = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=output)
    assert output.getvalue() == "No changes detected\n"


def test_production_settings_pass_the_deployment_check() -> None:
    """`check --deploy` runs every other check as well."""
    production = {
        **{name: value for name, value in os.environ.items() if name not in {"DEBUG", "DJANGO_SETTINGS_MODULE"}},
        "SECRET_KEY": "k" + "0123456789abcdef" * 4,
        "ALLOWED_HOSTS": "focusjobs.example",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    answer = subprocess.run(command, cwd=ROOT, env=production, capture_output=True, text=True, check=False, timeout=60)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout
