"""The Celery application: brokers, queues, and how workers treat messages."""

from __future__ import annotations

import os
import sys

from celery import Celery, signals

from focusjobs.health import heartbeat
from focusjobs.logs.configuration import configure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")

app = Celery("focusjobs")
app.config_from_object("django.conf:settings", namespace="CELERY")
# Celery's Django fixup opens a database connection for every task unless it finds this name when it is made, before
# Django's apps are ready; `focusjobs.jobs.worker.bootstep` checks age and health of connections instead.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize
app.autodiscover_tasks()
heartbeat.connect()
signals.setup_logging.connect(configure)
