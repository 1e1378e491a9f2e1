"""Know a request for a reminder again by its Idempotency-Key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_room_for_firing")]

    operations = [
        migrations.AddField(
            "reminder",
            "key",
            models.UUIDField(editable=False, help_text="The Idempotency-Key that it was asked for with.", null=True),
        ),
        migrations.AddField(
            "reminder",
            "body_hash",
            models.BinaryField(
                editable=False, help_text="SHA-256 of what was asked for with the key.", max_length=32, null=True
            ),
        ),
    ]
