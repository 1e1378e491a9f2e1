"""What holds for synced rows from now on: their identity, and that only a merge writes them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A statement that writes habits or records without a sync version would never reach the phones. Statement-level, so
# that a batch pays for it once; TRUNCATE, which tests use, passes.
GUARD = """
    CREATE FUNCTION habits_refuse_unsynced() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF coalesce(current_setting('sync.version', true), '') = '' THEN
            RAISE EXCEPTION '% of % outside of a merge', TG_OP, TG_TABLE_NAME
                USING HINT = 'Write habits and completions through habits.services or habits.merging.';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER habit_synced BEFORE INSERT OR UPDATE OR DELETE ON habits_habit
        FOR EACH STATEMENT EXECUTE FUNCTION habits_refuse_unsynced();
    CREATE TRIGGER completion_synced BEFORE INSERT OR UPDATE OR DELETE ON habits_completion
        FOR EACH STATEMENT EXECUTE FUNCTION habits_refuse_unsynced();
"""

UNGUARD = """
    DROP TRIGGER completion_synced ON habits_completion;
    DROP TRIGGER habit_synced ON habits_habit;
    DROP FUNCTION habits_refuse_unsynced();
"""


class Migration(migrations.Migration):
    dependencies = [("habits", "0003_identify_completions")]

    operations = [
        migrations.AlterField(
            model_name="completion",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="completion",
            name="client_id",
            field=models.CharField(editable=False, help_text="The identifier that phones use.", max_length=64),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(fields=["habit", "day"], name="completion_history"),
        ),
        migrations.AddIndex(
            model_name="completion",
            index=models.Index(fields=["user", "version"], name="completion_version"),
        ),
        migrations.AddConstraint(
            model_name="completion",
            constraint=models.UniqueConstraint(fields=("user", "day", "habit", "slot"), name="completion_cell_unique"),
        ),
        migrations.AddConstraint(
            model_name="completion",
            constraint=models.UniqueConstraint(fields=("user", "client_id"), name="completion_client_id_unique"),
        ),
        migrations.AddIndex(
            model_name="habit",
            index=models.Index(fields=["updated_at"], condition=models.Q(deleted=True), name="habit_deleted"),
        ),
        migrations.AddConstraint(
            model_name="losttext",
            constraint=models.UniqueConstraint(
                fields=("user", "habit", "day", "field", "lost_ms", "lost_device"),
                name="lost_text_once",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
