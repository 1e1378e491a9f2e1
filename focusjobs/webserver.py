"""Configuration of gunicorn in production: `gunicorn --config python:focusjobs.webserver focusjobs.wsgi`."""

from __future__ import annotations

import os

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")

#: The port that web answers on.
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
#: Processes of the web server.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
#: Threads of each, the requests that it answers at once.
threads = int(os.environ.get("WEB_THREADS", "4"))
control_socket_disable = True  # it would lie in the home directory, which may be read-only
timeout = 30
keepalive = 75  # seconds; longer than the 60 of common load balancers, so that none meets a closed connection
graceful_timeout = 20  # seconds; less than a container's grace period
max_requests = 10_000
max_requests_jitter = 1_000
logconfig_dict = settings.LOGGING
