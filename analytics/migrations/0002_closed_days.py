"""Clocks, states that a close takes a day further, and closed days, weeks and months."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import habits.models.habits
from django.conf import settings
from django.db import migrations, models


# Room on each page for the rows that a night writes anew, so that they stay where their indexes point.
LAYOUT = """
    ALTER TABLE analytics_habitstate SET (fillfactor = 50);
    ALTER TABLE analytics_userclock SET (fillfactor = 80);
"""

# A person's days go with their clock. Whoever closes a day holds it, so that none can be inserted behind this. The key of
# days begins with the day, hence each day that can be is looked up.
FORGET_DAYS = """
    CREATE FUNCTION analytics_forget_days() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    BEGIN
        DELETE FROM analytics_userday d
        USING gone, LATERAL generate_series(0, gone.last_closed - date '1970-01-01') AS n
        WHERE d.day = date '1970-01-01' + n AND d.user_id = gone.user_id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER clock_gone AFTER DELETE ON analytics_userclock REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION analytics_forget_days();
"""

REMEMBER_DAYS = """
    DROP TRIGGER clock_gone ON analytics_userclock;
    DROP FUNCTION analytics_forget_days();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_initial"),
        ("habits", "0004_synced_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name="HabitState"),  # a cache, made again
        migrations.CreateModel(
            name="Inspection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("night", models.DateField(unique=True)),
                ("began_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "last_user",
                    models.BigIntegerField(
                        default=0, help_text="The last person that was compared; it goes on after them."
                    ),
                ),
                ("users", models.PositiveIntegerField(default=0)),
                ("habits", models.PositiveIntegerField(default=0)),
                ("days", models.PositiveIntegerField(default=0)),
                ("drifts", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="HabitRest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                (
                    "habit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rests", to="habits.habit"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HabitState",
            fields=[
                (
                    "habit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="state",
                        serialize=False,
                        to="habits.habit",
                    ),
                ),
                (
                    "completions_version",
                    models.PositiveBigIntegerField(help_text="`Habit.completions_version` that it includes."),
                ),
                ("strength", models.FloatField(help_text="Habit strength, 0 to 1.")),
                ("decay", models.FloatField()),
                ("target", models.FloatField()),
                ("window_sum", models.BigIntegerField()),
                ("recent", models.BigIntegerField()),
                (
                    "computed_at",
                    models.DateTimeField(auto_now=True, help_text="When it was last worked out from all records."),
                ),
                ("as_of", models.DateField(help_text="The closed day at whose end this holds.")),
                (
                    "made_on",
                    models.DateField(help_text="The person's day on which it was made, in the zone of that time."),
                ),
                ("archived_on", models.DateField(help_text="Their day on which it was archived.", null=True)),
                (
                    "unsure_since",
                    models.DateField(help_text="The first day that has to be closed again, looking back.", null=True),
                ),
                ("first_day", models.DateField(null=True)),
                ("streak", models.PositiveIntegerField()),
                ("streak_start", models.DateField(null=True)),
                ("best_streak", models.PositiveIntegerField()),
                ("best_streak_start", models.DateField(null=True)),
                ("total", models.PositiveIntegerField()),
                ("run_start", models.DateField(null=True)),
                ("run_end", models.DateField(null=True)),
                ("covered_until", models.DateField(null=True)),
                ("days", models.PositiveSmallIntegerField()),
                ("times", models.PositiveSmallIntegerField()),
                ("skips", models.PositiveSmallIntegerField()),
                ("weekdays", models.PositiveSmallIntegerField()),
                ("ticks", models.BooleanField()),
                ("at_most", models.BooleanField()),
                ("doubled", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Drift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("habit", models.BigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
                ("what", models.CharField(help_text="The column that differed.", max_length=50)),
                ("stored", models.TextField()),
                ("expected", models.TextField()),
                ("found_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "inspection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="found",
                        to="analytics.inspection",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="UserClock",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="clock",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("began_at", models.DateTimeField(help_text="When the open day began.")),
                ("next_rollover_at", models.DateTimeField(help_text="When the open day ends.")),
                ("focused_at", models.DateTimeField(help_text="Start of the latest focus session.", null=True)),
                ("last_closed", models.DateField(help_text="The last local day whose statistics are closed.")),
                ("week_first", models.DateField(help_text="First day of the week that the open day is in.")),
                ("week_last", models.DateField(help_text="Last day of that week.")),
                ("day_start", models.PositiveSmallIntegerField(help_text="Minutes after midnight.")),
                ("week_start", models.PositiveSmallIntegerField(help_text="0 is Monday; holds from the next week.")),
                ("neutral", models.BooleanField(default=False, help_text="The open day was cut short or stretched.")),
                ("zone", models.CharField(max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["next_rollover_at"], name="clock_due"),
                    models.Index(fields=["zone"], name="clock_zone"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserMonth",
            fields=[
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("days", models.PositiveSmallIntegerField(help_text="Days of which there are statistics.")),
                ("due", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField()),
                ("skipped", models.PositiveIntegerField()),
                ("missed", models.PositiveIntegerField()),
                ("extra", models.PositiveIntegerField()),
                ("perfect_days", models.PositiveSmallIntegerField()),
                ("broken", models.PositiveIntegerField(help_text="Streaks that ended.")),
                ("focus_seconds", models.PositiveIntegerField()),
                ("focus_longest", models.PositiveIntegerField()),
                ("focus_sessions", models.PositiveIntegerField()),
                ("strength", models.FloatField(help_text="Mean strength of the habits at the end.", null=True)),
                (
                    "best_day",
                    models.DateField(help_text="The day with the highest rate, the earliest of several.", null=True),
                ),
                ("worst_day", models.DateField(null=True)),
                ("best_weekday", models.SmallIntegerField(help_text="Of the latest 28 days; 0 is Monday.", null=True)),
                (
                    "best_hour",
                    models.SmallIntegerField(help_text="Local hour with most taps in the latest 28 days.", null=True),
                ),
                ("best_streak", models.PositiveIntegerField(null=True)),
                ("best_streak_habit", models.BigIntegerField(null=True)),
                ("top_habit", models.BigIntegerField(help_text="The habit whose strength rose most …", null=True)),
                ("top_change", models.FloatField(help_text="… and by how much.", null=True)),
                ("slipping_habit", models.BigIntegerField(help_text="The habit whose strength fell most …", null=True)),
                ("slipping_change", models.FloatField(help_text="… and by how much, below 0.", null=True)),
                (
                    "categories",
                    models.JSONField(default=dict, help_text="By category: how many were due, done and skipped."),
                ),
                ("computed_at", models.DateTimeField(auto_now=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "first_day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="UserWeek",
            fields=[
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("days", models.PositiveSmallIntegerField(help_text="Days of which there are statistics.")),
                ("due", models.PositiveIntegerField()),
                ("done", models.PositiveIntegerField()),
                ("skipped", models.PositiveIntegerField()),
                ("missed", models.PositiveIntegerField()),
                ("extra", models.PositiveIntegerField()),
                ("perfect_days", models.PositiveSmallIntegerField()),
                ("broken", models.PositiveIntegerField(help_text="Streaks that ended.")),
                ("focus_seconds", models.PositiveIntegerField()),
                ("focus_longest", models.PositiveIntegerField()),
                ("focus_sessions", models.PositiveIntegerField()),
                ("strength", models.FloatField(help_text="Mean strength of the habits at the end.", null=True)),
                (
                    "best_day",
                    models.DateField(help_text="The day with the highest rate, the earliest of several.", null=True),
                ),
                ("worst_day", models.DateField(null=True)),
                ("best_weekday", models.SmallIntegerField(help_text="Of the latest 28 days; 0 is Monday.", null=True)),
                (
                    "best_hour",
                    models.SmallIntegerField(help_text="Local hour with most taps in the latest 28 days.", null=True),
                ),
                ("best_streak", models.PositiveIntegerField(null=True)),
                ("best_streak_habit", models.BigIntegerField(null=True)),
                ("top_habit", models.BigIntegerField(help_text="The habit whose strength rose most …", null=True)),
                ("top_change", models.FloatField(help_text="… and by how much.", null=True)),
                ("slipping_habit", models.BigIntegerField(help_text="The habit whose strength fell most …", null=True)),
                ("slipping_change", models.FloatField(help_text="… and by how much, below 0.", null=True)),
                (
                    "categories",
                    models.JSONField(default=dict, help_text="By category: how many were due, done and skipped."),
                ),
                ("computed_at", models.DateTimeField(auto_now=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "user_id", "first_day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DirtyMark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "since",
                    models.DateField(
                        help_text="The earliest day that changed; empty: every day may count otherwise.", null=True
                    ),
                ),
                ("marked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "habit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        help_text="Empty for focus sessions.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="habits.habit",
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
                "indexes": [models.Index(fields=["user"], name="dirty_mark_of_user")],
            },
        ),
        migrations.CreateModel(
            name="FocusSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "client_id",
                    models.CharField(
                        default=habits.models.habits.new_client_id,
                        help_text="The identifier that phones use.",
                        max_length=64,
                    ),
                ),
                ("label", models.CharField(blank=True, help_text="What it was about.", max_length=100)),
                ("started_at", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "habit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="habits.habit",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="focus_sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "started_at"], include=("seconds",), name="focus_of_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("user", "client_id"), name="focus_client_id_unique"),
                    models.CheckConstraint(condition=models.Q(("seconds__lte", 86400)), name="focus_within_a_day"),
                ],
            },
        ),
        migrations.CreateModel(
            name="StreakEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "kind",
                    models.CharField(choices=[("broken", "broken"), ("milestone", "milestone reached")], max_length=9),
                ),
                (
                    "days",
                    models.PositiveIntegerField(
                        help_text="Days of the streak; of a broken one, those that it had had."
                    ),
                ),
                ("noted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "habit",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="streak_events",
                        to="habits.habit",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "day"], name="streak_event_of_user"),
                    models.Index(fields=["noted_at"], name="streak_event_noted"),
                ],
                "constraints": [models.UniqueConstraint(fields=("habit", "day", "kind"), name="streak_event_unique")],
            },
        ),
        migrations.CreateModel(
            name="UserDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day", "user_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                (
                    "first_at",
                    models.DateTimeField(help_text="The first tap of what was recorded of the day.", null=True),
                ),
                ("last_at", models.DateTimeField(help_text="The last one.", null=True)),
                ("strength", models.FloatField(help_text="Mean strength of the habits.", null=True)),
                ("day", models.DateField()),
                ("focus_seconds", models.PositiveIntegerField(default=0)),
                ("focus_longest", models.PositiveIntegerField(default=0, help_text="Seconds of the longest session.")),
                ("focus_sessions", models.PositiveSmallIntegerField(default=0)),
                ("due", models.PositiveSmallIntegerField()),
                ("done", models.PositiveSmallIntegerField(help_text="Of those due.")),
                ("skipped", models.PositiveSmallIntegerField(help_text="Of those due.")),
                ("missed", models.PositiveSmallIntegerField(help_text="Of those due.")),
                ("extra", models.PositiveSmallIntegerField(help_text="Done without being due.")),
                ("neutral", models.BooleanField()),
                (
                    "habits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="The habits that counted; the next two in their order.",
                        size=None,
                    ),
                ),
                (
                    "outcomes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.SmallIntegerField(),
                        help_text="`analytics.domain.outcomes.Outcome` of each.",
                        size=None,
                    ),
                ),
                (
                    "strengths",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), help_text="Strength of each at the end of the day.", size=None
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("neutral", True)), fields=["user"], name="user_day_neutral")
                ],
            },
        ),
        migrations.RunSQL(LAYOUT, migrations.RunSQL.noop),
        migrations.RunSQL(FORGET_DAYS, REMEMBER_DAYS),
    ]
