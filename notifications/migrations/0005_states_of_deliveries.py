"""Know no deliveries that operators cancel: they pause transports, and what is not wanted is suppressed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_one_reminder_a_key")]

    operations = [
        migrations.AlterField(
            "delivery",
            "state",
            models.CharField(
                choices=[
                    ("pending", "waits to be sent"),
                    ("claimed", "is being sent"),
                    ("sent", "the provider has taken it"),
                    ("rejected", "the provider has refused it"),
                    ("unknown", "nobody can tell whether it arrived"),
                    ("expired", "its time was over"),
                    ("suppressed", "it made no sense any more"),
                ],
                default="pending",
                max_length=10,
            ),
        ),
    ]
