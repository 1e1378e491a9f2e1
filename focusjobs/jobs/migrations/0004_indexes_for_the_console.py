"""Indexes of tables that are large by now, built without holding up those who write them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [("jobs", "0003_operations_and_error_groups")]

    operations = [
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('error_group__isnull', False)), fields=['error_group', 'id'], name='job_of_error_group'),
        ),
        AddIndexConcurrently(
            model_name='attempt',
            index=models.Index(fields=['release', 'job'], name='attempt_of_release'),
        ),
    ]
