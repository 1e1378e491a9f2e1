"""No migration holds up a database in use, or breaks the release that runs while it is applied.

The rule for people is in docs/operations.md, "Migrations without downtime".
"""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.migrations import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

from .locks import locks_in, own_migrations, sql_of

pytestmark = pytest.mark.django_db
OWN = {"jobs", "habits", "notifications", "analytics"}
BEFORE_THE_FIRST_RELEASE = {
    "analytics.0002_closed_days": {"ban-drop-table"},  # statistics are worked out again, from the records
    "habits.0002_sync": {
        "adding-foreign-key-constraint",
        "ban-drop-constraint",
        "ban-drop-default",
        "constraint-missing-not-valid",
        "require-concurrent-index-creation",
    },
    "habits.0004_synced_rows": {
        "adding-foreign-key-constraint",
        "adding-not-nullable-field",
        "ban-drop-constraint",
        "constraint-missing-not-valid",
        "disallowed-unique-constraint",
        "require-concurrent-index-creation",
    },
    "habits.0005_accounts_end_and_export": {"constraint-missing-not-valid", "require-concurrent-index-creation"},
    "jobs.0007_how_operations_end": {"changing-column-type"},  # varchar to text, which rewrites nothing
}
"""What was done while no installation was in use that could have waited. The first release closes this list: later
migrations are split until they lock nothing."""
CONTRACTED: dict[str, set[str]] = {}
"""Migrations that take away what the release before them, which is named beside each, does not use any more."""
CONTRACTING = {"ban-drop-column", "ban-drop-constraint", "ban-drop-default", "ban-drop-not-null", "ban-drop-table"}
ALLOWED = {**BEFORE_THE_FIRST_RELEASE, **CONTRACTED}

STATE = ProjectState()
STATE.add_model(
    ModelState(
        "shop",
        "item",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=10)),
            ("count", models.IntegerField()),
        ],
    )
)
POSITIVE = models.CheckConstraint(condition=models.Q(count__gt=0), name="item_positive")
BY_NAME = models.Index(fields=["name"], name="item_by_name")
SHELF = (
    "shelf",
    [("id", models.BigAutoField(primary_key=True)), ("item", models.ForeignKey("shop.item", models.CASCADE))],
)


def refused(operation: Operation, *, atomic: bool = True) -> set[str]:
    migration = Migration("made_up", "shop")
    migration.operations, migration.atomic = [operation], atomic
    locks = locks_in(sql_of(migration, STATE.clone())[0], atomic=atomic)
    assert {lock.table for lock in locks} <= {"shop_item", ""}
    return {lock.rule for lock in locks}


def test_no_migration_holds_up_a_database_in_use() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    told: list[str] = []
    for migration, sql in own_migrations(OWN):
        name = f"{migration.app_label}.{migration.name}"
        for lock in sorted(locks_in(sql, atomic=migration.atomic)):
            found[name].add(lock.rule)
            if lock.rule not in ALLOWED.get(name, set()):
                told.append(f"{name}, {lock.table}: {lock.rule}: {lock.words}")
    assert not told, "See “Migrations without downtime” in docs/operations.md.\n" + "\n".join(told)
    assert found == ALLOWED
    assert all(rules <= CONTRACTING for rules in CONTRACTED.values())


@pytest.mark.parametrize(
    ("operation", "rule"),
    [
        (migrations.AddField("item", "size", models.IntegerField(default=1)), "ban-drop-default"),
        (migrations.AddField("item", "made", models.UUIDField(unique=True, null=True)), "disallowed-unique-constraint"),
        (
            migrations.AddField("item", "box", models.ForeignKey("shop.item", models.CASCADE, null=True)),
            "adding-foreign-key-constraint",
        ),
        (migrations.AlterField("item", "count", models.BigIntegerField()), "changing-column-type"),
        (migrations.AlterField("item", "count", models.IntegerField(null=True)), "ban-drop-not-null"),
        (migrations.RenameField("item", "count", "number"), "renaming-column"),
        (migrations.RemoveField("item", "count"), "ban-drop-column"),
        (migrations.RenameModel("item", "thing"), "renaming-table"),
        (migrations.DeleteModel("item"), "ban-drop-table"),
        (migrations.AddIndex("item", BY_NAME), "require-concurrent-index-creation"),
        (migrations.AddConstraint("item", POSITIVE), "constraint-missing-not-valid"),
        (migrations.RunSQL("ALTER TABLE shop_item ALTER COLUMN name SET NOT NULL"), "adding-not-nullable-field"),
        (migrations.RunSQL("DROP INDEX shop_item_by_name"), "require-concurrent-index-deletion"),
    ],
)
def test_what_locks_or_breaks_the_running_release_is_refused(operation: Operation, rule: str) -> None:
    assert rule in refused(operation)


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AddField("item", "size", models.IntegerField(null=True)),
        migrations.AddField("item", "size", models.IntegerField(db_default=1)),
        migrations.AddField(
            "item",
            "box",
            models.ForeignKey("shop.item", models.DO_NOTHING, null=True, db_constraint=False, db_index=False),
        ),
        migrations.CreateModel(*SHELF),
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("item", "count")]),
        AddConstraintNotValid("item", POSITIVE),
    ],
)
def test_what_only_expands_is_let_through(operation: Operation) -> None:
    assert refused(operation) == set()


def test_an_index_is_built_concurrently_outside_of_a_transaction() -> None:
    assert refused(AddIndexConcurrently("item", BY_NAME), atomic=False) == set()


def test_a_constraint_is_validated_in_a_migration_of_its_own() -> None:
    with_constraint = STATE.clone()
    with_constraint.add_constraint("shop", "item", POSITIVE)
    migration = Migration("made_up", "shop")
    migration.operations = [ValidateConstraint("item", "item_positive")]
    assert locks_in(sql_of(migration, with_constraint)[0], atomic=True) == set()
