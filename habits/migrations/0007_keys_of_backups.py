"""Know an upload of a backup again by its Idempotency-Key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("habits", "0006_backups_that_are_kept")]

    operations = [
        migrations.AddField(
            "backup",
            "key",
            models.UUIDField(editable=False, help_text="The Idempotency-Key that it was uploaded with.", null=True),
        ),
        migrations.AddField(
            "backup",
            "body_hash",
            models.BinaryField(
                editable=False, help_text="SHA-256 of what was uploaded with the key.", max_length=32, null=True
            ),
        ),
    ]
