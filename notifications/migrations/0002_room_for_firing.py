"""Room on the pages of reminders, each of which is written anew whenever it fires."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROOM = """
ALTER TABLE notifications_reminder SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER INDEX notifications_reminder_pkey SET (fillfactor = 50);
"""

NO_ROOM = """
ALTER TABLE notifications_reminder RESET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER INDEX notifications_reminder_pkey RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0001_reminders_and_deliveries"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(ROOM, NO_ROOM),
        migrations.RemoveIndex(
            model_name="reminder",
            name="reminder_due",
        ),
        migrations.AlterField(
            model_name="reminder",
            name="habit",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reminders",
                to="habits.habit",
            ),
        ),
        migrations.AlterField(
            model_name="reminder",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reminders",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=django.contrib.postgres.indexes.BTreeIndex(
                condition=models.Q(("next_fire_at__isnull", False)),
                fields=["next_fire_at"],
                fillfactor=50,
                name="reminder_due",
            ),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=django.contrib.postgres.indexes.BTreeIndex(fields=["user"], fillfactor=50, name="reminder_user"),
        ),
        migrations.AddIndex(
            model_name="reminder",
            index=django.contrib.postgres.indexes.BTreeIndex(fields=["habit"], fillfactor=50, name="reminder_habit"),
        ),
    ]
