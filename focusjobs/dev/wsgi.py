"""The demo's web process: the project's, which also serves static files straight from the apps."""

from __future__ import annotations

from django.contrib.staticfiles.handlers import StaticFilesHandler

from focusjobs.wsgi import application as project

application = StaticFilesHandler(project)
