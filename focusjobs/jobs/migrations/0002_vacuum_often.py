"""Vacuum the ledger after a fiftieth of it has changed, in place of a fifth.

Each job leaves three dead row versions behind. Claims walk past the dead entries of their index until they are vacuumed,
and the planner's statistics are of a table that has long changed.
"""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("jobs", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE jobs_job SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)",
            "ALTER TABLE jobs_job RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)",
        ),
    ]
