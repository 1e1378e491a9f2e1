from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0002_console_rights'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='schedule',
            options={'permissions': (('run_schedule', 'Can run schedule'),)},
        ),
        migrations.AddField(
            model_name='schedule',
            name='overlap',
            field=models.BooleanField(default=True, help_text='Make a job also while the one before is unfinished; off: that tick is skipped.'),
        ),
        migrations.AddField(
            model_name='schedule',
            name='declaration',
            field=models.JSONField(editable=False, help_text='What the code said when it was last read.', null=True),
        ),
    ]
