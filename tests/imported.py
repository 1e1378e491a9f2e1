"""Imports everything that workers, beats and web servers of the tests import at their start: see `tests.launching`."""

from __future__ import annotations

from importlib import import_module

import django

django.setup()
for name in (
    *("focusjobs.celery", "focusjobs.urls", "celery.bin.celery", "celery.apps.worker", "celery.apps.beat"),
    *("celery.concurrency.prefork", "kombu.transport.redis", "django.db.migrations.autodetector"),
    *("gunicorn.app.wsgiapp", "gunicorn.workers.gthread"),
):
    import_module(name)
