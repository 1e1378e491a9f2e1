"""The Celery application: brokers, queues, and how workers treat messages."""

from __future__ import annotations

import os

from celery import Celery, signals

from focusjobs import heartbeat, logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")

app = Celery("focusjobs")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
heartbeat.connect()
signals.setup_logging.connect(logs.configure)
