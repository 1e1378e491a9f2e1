"""Have one backup at most of each key. Its index is built while backups are uploaded."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("habits", "0007_keys_of_backups")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY "backup_key_unique" ON "habits_backup" '
                    '("user_id", "key") WHERE "key" IS NOT NULL',
                    'DROP INDEX CONCURRENTLY "backup_key_unique"',
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    "backup",
                    models.UniqueConstraint(
                        condition=models.Q(key__isnull=False), fields=("user", "key"), name="backup_key_unique"
                    ),
                )
            ],
        )
    ]
