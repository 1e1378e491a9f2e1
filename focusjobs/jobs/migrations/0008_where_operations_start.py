"""Operations start in the admin or on the command line: only the choices change, nothing in the database."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0007_how_operations_end'),
    ]

    operations = [
        migrations.AlterField(
            model_name='operation',
            name='source',
            field=models.CharField(choices=[('admin', 'the admin'), ('command', 'the command line')], max_length=8),
        ),
    ]
