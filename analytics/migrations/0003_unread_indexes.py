"""Indexes that no statement reads; the close paid for them with every person and every streak."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("analytics", "0002_closed_days")]

    operations = [
        RemoveIndexConcurrently("userclock", "clock_zone"),
        RemoveIndexConcurrently("streakevent", "streak_event_noted"),
    ]
