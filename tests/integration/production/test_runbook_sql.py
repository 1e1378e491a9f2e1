"""The SQL of the runbook and of the page on operations can be run on the tables that there are."""

from __future__ import annotations

import re
from configparser import ConfigParser

import pytest
from django.db import connection

from tests.unit.production.commands import ROOT

TEXTS = [(ROOT / f"docs/{name}.md").read_text() for name in ("runbook", "operations")]
BLOCKS = [block for text in TEXTS for block in re.findall(r"^ *```sql\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)]
STATEMENTS = [statement.strip() for block in BLOCKS for statement in block.split(";") if statement.strip()]


@pytest.mark.django_db
def test_what_people_are_told_to_ask_the_database_can_be_asked() -> None:
    asked = [statement for statement in STATEMENTS if statement.startswith("SELECT")]
    assert len(asked) >= 10
    for statement in asked:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            assert cursor.description is not None


def test_no_statement_in_the_documents_deletes_or_changes_rows() -> None:
    assert {statement.split()[0] for statement in STATEMENTS} <= {"SELECT", "CREATE", "GRANT"}


def test_pgbouncer_is_told_what_the_document_says() -> None:
    told = ConfigParser()
    told.read(ROOT / "deploy/pgbouncer/pgbouncer.ini")
    settings = told["pgbouncer"]
    assert settings["pool_mode"] == "transaction"
    assert settings.getint("max_prepared_statements") > 0
    assert settings.getint("default_pool_size") < settings.getint("max_client_conn")
    secrets = (ROOT / "deploy/kubernetes/secrets.example.yaml").read_text()
    assert f":{settings['listen_port']}/focusjobs?disable_server_side_cursors=True" in secrets
