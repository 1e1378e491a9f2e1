"""Find the files that no import has emptied."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("habits", "0005_accounts_end_and_export")]

    operations = [
        AddIndexConcurrently(
            "backup",
            models.Index(fields=["uploaded_at"], condition=models.Q(content__isnull=False), name="backup_kept"),
        )
    ]
