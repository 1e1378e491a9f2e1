"""Django as plain Celery with django-celery-results needs it."""

from __future__ import annotations

import os

import environ

SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django_celery_results"]
DATABASES = {"default": environ.Env().db("DATABASE_URL")}
DATABASES["default"].update(ENGINE="django.db.backends.postgresql", CONN_MAX_AGE=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
CELERY_BROKER_URL = os.environ["REDIS_URL"].replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
CELERY_RESULT_BACKEND = "django-db"
CELERY_TASK_DEFAULT_QUEUE = "plain"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
