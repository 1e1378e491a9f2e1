"""Leave room on the pages of reminders, each of which is written anew whenever it fires, and its index entries with it.

On pages that are full they would split: with room on them firing costs a tenth less. Vacuumed after a twentieth of them
has fired, since claims walk past the dead entries of reminder_due.
"""

from django.db import migrations

INDEXES = (
    "notifications_reminder_pkey",
    "notifications_reminder_user_id_97d46b49",
    "notifications_reminder_habit_id_1eddb6e9",
    "reminder_due",
)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_reminders_and_deliveries")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE notifications_reminder SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05)",
            "ALTER TABLE notifications_reminder RESET (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
        *(
            migrations.RunSQL(f"ALTER INDEX {index} SET (fillfactor = 50)", f"ALTER INDEX {index} RESET (fillfactor)")
            for index in INDEXES
        ),
    ]
