"""Have one reminder at most of each key. Its index is built while reminders fire."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notifications", "0003_keys_of_requests")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "reminder_key_unique" ON "notifications_reminder" '
                    '("user_id", "key") WHERE "key" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY "reminder_key_unique"',
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    "reminder",
                    models.UniqueConstraint(
                        condition=models.Q(key__isnull=False), fields=("user", "key"), name="reminder_key_unique"
                    ),
                )
            ],
        )
    ]
