"""Room on each page for the clocks as the next night writes them."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("analytics", "0003_unread_indexes")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE analytics_userclock SET (fillfactor = 50)",
            "ALTER TABLE analytics_userclock SET (fillfactor = 80)",
        )
    ]
