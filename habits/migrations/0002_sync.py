"""Columns and tables of offline sync; records get their owner and identifiers in 0003."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("habits", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="SyncState",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sync_state",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("version", models.BigIntegerField(default=1)),
                (
                    "horizon",
                    models.BigIntegerField(
                        default=0,
                        help_text="Deletions up to this version are forgotten; an older cursor has to fetch everything.",
                    ),
                ),
                (
                    "latest_ms",
                    models.BigIntegerField(
                        default=0,
                        help_text="The latest stamp that was merged, in milliseconds since 1970; the server's go after it.",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="completion",
            name="completion_one_a_day",
        ),
        migrations.AddField(
            model_name="completion",
            name="client_id",
            field=models.CharField(
                editable=False, help_text="The identifier that phones use.", max_length=64, null=True
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="note_device",
            field=models.CharField(db_collation="C", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="completion",
            name="note_ms",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="completion",
            name="recorded_at",
            field=models.DateTimeField(editable=False, help_text="The instant of the tap, if it is known.", null=True),
        ),
        migrations.AddField(
            model_name="completion",
            name="recorded_zone",
            field=models.CharField(default="", editable=False, help_text="The phone's zone then.", max_length=64),
        ),
        migrations.AddField(
            model_name="completion",
            name="slot",
            field=models.CharField(
                blank=True,
                db_collation="C",
                default="",
                help_text="The device that counts here, for a counted habit; otherwise empty.",
                max_length=64,
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="completion",
            name="value_device",
            field=models.CharField(db_collation="C", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="completion",
            name="value_ms",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="completion",
            name="version",
            field=models.BigIntegerField(
                default=1, editable=False, help_text="The person's sync version at which phones have to fetch this row."
            ),
        ),
        migrations.AddField(
            model_name="habit",
            name="deleted",
            field=models.BooleanField(
                default=False,
                editable=False,
                help_text="Hidden with all its records; kept a while for phones that are offline.",
            ),
        ),
        migrations.AddField(
            model_name="habit",
            name="stamps",
            field=models.JSONField(
                default=dict,
                editable=False,
                help_text="Of each field its latest edit: milliseconds since 1970 and the device.",
            ),
        ),
        migrations.AddField(
            model_name="habit",
            name="version",
            field=models.BigIntegerField(
                default=1, editable=False, help_text="The person's sync version at which phones have to fetch this row."
            ),
        ),
        migrations.AlterField(
            model_name="completion",
            name="habit",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="completions",
                to="habits.habit",
            ),
        ),
        migrations.AddIndex(
            model_name="habit",
            index=models.Index(fields=["user", "version"], name="habit_version"),
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        editable=False, help_text="SHA-256 of the token, in hex.", max_length=64, unique=True
                    ),
                ),
                ("name", models.CharField(blank=True, help_text="What it is for.", max_length=100)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CompletionAlias",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("client_id", models.CharField(max_length=64)),
                (
                    "version",
                    models.BigIntegerField(help_text="The person's sync version at which phones have to delete it."),
                ),
                (
                    "completion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="aliases", to="habits.completion"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "version"], name="completion_alias_version"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "client_id"), name="completion_alias_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LostText",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="For a note of a day.", null=True)),
                ("field", models.CharField(max_length=20)),
                ("lost", models.TextField()),
                ("lost_ms", models.BigIntegerField(help_text="Stamp of the edit that lost, milliseconds since 1970.")),
                ("lost_device", models.CharField(max_length=64)),
                ("kept", models.TextField()),
                ("kept_ms", models.BigIntegerField()),
                ("kept_device", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), db_index=True)),
                (
                    "habit",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="habits.habit"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lost_texts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="SyncDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("device", models.CharField(max_length=64)),
                ("last_push_at", models.DateTimeField(null=True)),
                ("last_pull_at", models.DateTimeField(null=True)),
                (
                    "issued",
                    models.BigIntegerField(
                        default=0,
                        help_text="The latest version that a pull gave it; a later cursor is from before a backup was restored.",
                    ),
                ),
                (
                    "skew_ms",
                    models.BigIntegerField(
                        help_text="Milliseconds by which its clock is ahead of the server's, as its latest push told.",
                        null=True,
                    ),
                ),
                ("user_agent", models.CharField(default="", max_length=200)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="phones",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "device"), name="sync_device_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncPush",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(help_text="The phone's Idempotency-Key, or one that was made here.")),
                ("body_hash", models.BinaryField(help_text="SHA-256 of the decompressed body.", max_length=32)),
                ("device", models.CharField(max_length=64)),
                ("cursor", models.BigIntegerField(default=0, help_text="The version that the phone had seen.")),
                ("writes", models.JSONField(help_text="What is to be merged, as `habits.merging.writes` reads it.")),
                ("problems", models.JSONField(default=list, help_text="Rows that were refused, and why.")),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("merged_version", models.BigIntegerField(null=True)),
                ("merged_at", models.DateTimeField(null=True)),
                ("failed_at", models.DateTimeField(null=True)),
                ("error", models.TextField(default="", help_text="Why it could not be merged.")),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pushes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "sync pushes",
                "indexes": [
                    models.Index(
                        condition=models.Q(("failed_at__isnull", True), ("merged_version__isnull", True)),
                        fields=["user", "id"],
                        name="sync_push_waiting",
                    ),
                    models.Index(fields=["received_at"], name="sync_push_received"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "key"), name="sync_push_key_unique"),
                ],
            },
        ),
    ]
