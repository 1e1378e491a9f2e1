"""How an operation ends that puts jobs back, filters of any length, and which failures were for good."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0006_default_groups'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='ends_as',
            field=models.CharField(db_default='', help_text='The state after what it is undoing.', max_length=10),
        ),
        migrations.AddField(
            model_name='uncounted',
            name='is_final',
            field=models.BooleanField(db_default=False, help_text='The job failed for good with it.'),
        ),
        migrations.AlterField(
            model_name='operation',
            name='filter',
            field=models.TextField(blank=True, help_text='The jobs it is about, in the filter language.'),
        ),
    ]
