# One image for web, workers, beat and migrations; compose.yaml says which command makes it which.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
COPY requirements.txt constraints.txt ./
RUN pip install --only-binary :all: -r requirements.txt -c constraints.txt
COPY manage.py ./
COPY focusjobs/ focusjobs/
COPY habits/ habits/
COPY notifications/ notifications/
COPY analytics/ analytics/
# The settings want a secret and addresses; collecting files uses none of them.
RUN SECRET_KEY=for-collectstatic-only DATABASE_URL=postgresql://unused/unused REDIS_URL=redis://unused \
    python manage.py collectstatic --noinput && \
    python -m compileall -q manage.py focusjobs habits notifications analytics

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /tmp focusjobs
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s CMD ["python", "-m", "focusjobs.health", "web"]
CMD ["gunicorn", "--config", "python:focusjobs.webserver", "focusjobs.wsgi"]
