"""Procrastinate's side: an application on PostgreSQL and a task that does nothing."""

from __future__ import annotations

import os

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="noop")
async def noop(n: int, data: str) -> None:
    """Do nothing."""
