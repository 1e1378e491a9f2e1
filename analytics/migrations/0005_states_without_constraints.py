"""No constraints on states, which every night would look at for each of its rows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0004_room_for_clocks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='habitstate',
            name='best_streak',
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='completions_version',
            field=models.BigIntegerField(help_text='`Habit.completions_version` that it includes.'),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='days',
            field=models.SmallIntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='skips',
            field=models.SmallIntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='streak',
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='times',
            field=models.SmallIntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='total',
            field=models.IntegerField(),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='user',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='habitstate',
            name='weekdays',
            field=models.SmallIntegerField(),
        ),
    ]
