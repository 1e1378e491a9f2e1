"""Settings of every process, read from the environment.

A value that is missing or malformed stops the process with the variable's name. Every setting has a default that
suits development, but for the secrets, which only `DEBUG=1` may leave out. Comments that begin with `#:` say what a
variable means; `make docs` makes docs/settings.md of them.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from kombu import Exchange, Queue

from focusjobs import silence
from focusjobs.environment import Environment
from focusjobs.logs.configuration import logging_settings

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- Process ---------------------------------------------------------------------------------------------------------

#: For development machines only: error pages, demo accounts, plain HTTP.
DEBUG = env.bool("DEBUG", default=False)
#: Signs sessions and links; long and random. Required unless `DEBUG=1`.
SECRET_KEY = env.str("SECRET_KEY", default="only-for-development-" + "x" * 40 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY to a long random text, or DEBUG=1 on a development machine.")
#: Earlier keys that still verify, separated by commas.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
#: Host names that web serves, separated by commas.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if DEBUG else [])
#: Further origins whose forms are accepted, separated by commas.
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: What runs here, such as a version or a commit: kept with each failed attempt.
RELEASE = env.str("RELEASE", default="dev")[:100]
#: Proxies in front of web, each of which appends to `X-Forwarded-For`; without any the header is ignored.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ROOT_URLCONF = "focusjobs.urls"
WSGI_APPLICATION = "focusjobs.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
SILENCED_SYSTEM_CHECKS = [
    "auth.W004",  # e-mail is unique whatever its case, by a constraint that the check overlooks
    "security.W021",  # listing a domain in browsers for ever is for its owner to decide
]

INSTALLED_APPS = [
    "focusjobs.jobs",
    "habits",
    "notifications",
    "analytics",
    "django_celery_results",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "focusjobs.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "focusjobs.logs.request_id.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "focusjobs.csp.ContentSecurityPolicyMiddleware",
    *([] if DEBUG else ["whitenoise.middleware.WhiteNoiseMiddleware"]),
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "focusjobs.console.zones.OperatorZoneMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "habits.accounts.throttling.ThrottledAccountsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "focusjobs" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Stores ----------------------------------------------------------------------------------------------------------

#: `postgresql://user:password@host:5432/name`.
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].update(
    ENGINE="django.db.backends.postgresql",
    CONN_MAX_AGE=60,
    CONN_HEALTH_CHECKS=True,
)
#: A streaming replica, from which history is read; everything is written to `DATABASE_URL`.
if env.str("REPLICA_URL", default=""):
    DATABASES["replica"] = {**DATABASES["default"], **env.db("REPLICA_URL")}
    DATABASES["replica"].update(ENGINE="django.db.backends.postgresql", TEST={"MIRROR": "default"})
#: PostgreSQL plans the claims once for each connection. Off where a pooler that keeps no prepared statements hands each
#: transaction to another connection, such as PgBouncer before 1.22.
JOBS_PREPARED_STATEMENTS = env.bool("JOBS_PREPARED_STATEMENTS", default=True)
if JOBS_PREPARED_STATEMENTS:
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
#: How long a connection to PostgreSQL, or Celery's to Redis, may be without an answer before both ends give it up.
#: Shorter than `JOBS_LEASE_SECONDS`: who is cut off then holds no locks when its jobs are taken over.
DATABASE_SILENCE = timedelta(seconds=env.int("DATABASE_SILENCE_SECONDS", default=15))
if DATABASE_SILENCE.total_seconds() < 3:
    raise ImproperlyConfigured("DATABASE_SILENCE_SECONDS is at least 3: shorter pauses are the network's daily life.")
for database in DATABASES.values():
    options = {**silence.of_postgres(DATABASE_SILENCE), **database.get("OPTIONS", {})}
    of_socket = options.pop("host", "")
    database["HOST"] = database["HOST"] or of_socket  # where dbshell looks for it
    database["OPTIONS"] = options
#: Redis or Valkey: `redis://`, `rediss://` or, for a socket, `unix://`.
REDIS_URL = env.str("REDIS_URL")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
    raise ImproperlyConfigured("REDIS_URL starts with redis://, rediss:// or, for a Unix socket, unix://.")
# A socket with a database number is unix://PATH?db=1 to redis-py and redis+socket://PATH?virtual_host=1 to Celery.
# Either is accepted; REDIS_URL is in redis-py's spelling from here on, CELERY_BROKER_URL in Celery's.
REDIS_URL = REDIS_URL.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")
CACHES = {
    "default": {
        "BACKEND": "focusjobs.cache.ForgetfulRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "focusjobs",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    }
}

# --- Celery and the job ledger ---------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("db=", "virtual_host=")
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 6 * 3600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 2,
    "socket_timeout": 10,
    "socket_keepalive": True,
    "socket_keepalive_options": silence.of_socket(DATABASE_SILENCE),
    "health_check_interval": 25,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_RESULT_BACKEND = "focusjobs.jobs.backend:LedgerBackend"
CELERY_BEAT_SCHEDULER = "focusjobs.jobs.beat:LedgerScheduler"
CELERY_RESULT_EXPIRES = None  # by default beat would delete the results of jobs after a day
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
#: The queues, separated by commas; enqueueing into another one is refused. Each needs a worker that takes it.
JOBS_QUEUES = env.list("JOBS_QUEUES", default=["default", "imports", "statistics", "notifications", "operations"])
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in JOBS_QUEUES]
#: How long a job stays with a worker that gives no sign of life.
JOBS_LEASE = timedelta(seconds=env.int("JOBS_LEASE_SECONDS", default=30))
#: How long a due job may wait before the console calls its queue late; a queue can have a time of its own.
JOBS_EXPECTED_WAIT = timedelta(seconds=env.float("JOBS_EXPECTED_WAIT_SECONDS", default=60))
#: Jobs that one operation may retry, by group of people, as `On-call=200000,Leads=500`; who is in several has the most
#: of theirs.
JOBS_RETRY_CAPS = env.dict("JOBS_RETRY_CAPS", cast={"value": int}, default={"On-call": 200_000})
#: Tell what happens to jobs in a Redis stream.
JOBS_EVENTS = env.bool("JOBS_EVENTS", default=True)
#: Requests of one web process that may wait for a job's end at once.
JOBS_WAITERS = env.int("JOBS_WAITERS", default=2)
#: How long completed jobs are kept; 0 keeps none.
JOBS_KEEP_COMPLETED = timedelta(days=env.float("JOBS_KEEP_COMPLETED_DAYS", default=7))
#: How long failed jobs are kept; 0 keeps none.
JOBS_KEEP_FAILED = timedelta(days=env.float("JOBS_KEEP_FAILED_DAYS", default=30))
#: How long cancelled jobs are kept; 0 keeps none.
JOBS_KEEP_CANCELLED = timedelta(days=env.float("JOBS_KEEP_CANCELLED_DAYS", default=30))
#: How many completed jobs at most, before the oldest go; 0 keeps none.
JOBS_KEEP_COMPLETED_COUNT = env.int("JOBS_KEEP_COMPLETED_COUNT", default=None)
#: How many failed jobs at most, before the oldest go; 0 keeps none.
JOBS_KEEP_FAILED_COUNT = env.int("JOBS_KEEP_FAILED_COUNT", default=None)
#: How many cancelled jobs at most, before the oldest go; 0 keeps none.
JOBS_KEEP_CANCELLED_COUNT = env.int("JOBS_KEEP_CANCELLED_COUNT", default=None)

# --- Statistics ------------------------------------------------------------------------------------------------------

#: Statements that others run at once from which the close of days goes slowly.
STATISTICS_BUSY_BACKENDS = env.int("STATISTICS_BUSY_BACKENDS", default=8)
#: How long after its end a day may wait while the database is busy.
STATISTICS_DEADLINE = timedelta(minutes=env.int("STATISTICS_DEADLINE_MINUTES", default=120))

# --- People ----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "habits.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "habits.accounts.signing_up.SignupForm"
ACCOUNT_ADAPTER = "habits.accounts.adapter.AccountAdapter"
MFA_ADAPTER = "habits.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Focusjobs"
MFA_TOTP_TOLERANCE = 1  # a code before and one after, for clocks that are off (RFC 6238, 5.2)
#: The admin takes a second factor; off with `DEBUG=1`.
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=not DEBUG)
#: `optional`, `mandatory` or `none`.
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="optional")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
#: Where links in e-mails lead: the app's deep link, or the address of a web page that opens it.
APP_URL = env.str("APP_URL", default="focusjobs://account").rstrip("/")
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{APP_URL}/verify-email/{{key}}",
    "account_reset_password": f"{APP_URL}/reset-password",
    "account_reset_password_from_key": f"{APP_URL}/reset-password/{{key}}",
    "account_signup": f"{APP_URL}/signup",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
#: How e-mail is sent, such as `smtp+tls://user:password@host:587`; the default writes it into the log.
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10  # seconds for each step with the mail server
#: The sender of e-mails.
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Focusjobs <focusjobs@localhost>")

#: Days for which the file of a person's data can be fetched.
EXPORT_KEEP = timedelta(days=env.float("EXPORT_KEEP_DAYS", default=7))

# --- Notifications ---------------------------------------------------------------------------------------------------

PUSH_TRANSPORTS = {
    "email": {"from_email": DEFAULT_FROM_EMAIL},
    #: The ways to devices, as JSON: a name with its options, those of [its kind](notifications.md#transports).
    #: E-mail is always there; the default writes into the log.
    **env.json("PUSH_TRANSPORTS", default={"console": {}}),
}
#: Messages a second at most, by transport; `default` is for those without a rate of their own.
PUSH_RATES = env.dict("PUSH_RATES", cast={"value": float}, default={"fcm": 8000.0, "default": 1000.0, "email": 20.0})
#: Keys that encrypt devices' addresses, in base64 of 32 bytes, separated by commas: the first for what is written, the
#: others for reading. Without any, one is made from `SECRET_KEY`.
PUSH_KEYS = env.list("PUSH_KEYS", default=[])
#: Over how long the reminders of one minute are spread.
PUSH_SPREAD = timedelta(seconds=env.int("PUSH_SPREAD_SECONDS", default=30))
#: How long a sender holds what it has claimed; past that nobody knows whether it was sent.
PUSH_LEASE = timedelta(seconds=env.int("PUSH_LEASE_SECONDS", default=120))
#: How long notifications and what became of them are kept.
PUSH_KEEP = timedelta(days=env.float("PUSH_KEEP_DAYS", default=30))
#: Where REST is reached from outside, as `https://api.example.org`; e-mails carry a link to unsubscribe with it.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
# What e-mails of a kind say where they say more than a device shows: a function of the person's number and the facts of
# the notification that gives subject, text and HTML, or None where the short words have to do.
EMAIL_PARTS = {"weekly_report": "analytics.reports.email_part"}

# --- REST ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "habits.accounts.authentication.BearerAuthentication",
        "focusjobs.rest.authentication.SessionTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "focusjobs.rest.schema.OperationSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        #: Requests of one address without a login; empty for no limit.
        "anon": env.str("API_RATE_ANON", default="60/minute") or None,
        #: Requests of one person; empty for no limit.
        "user": env.str("API_RATE_USER", default="600/minute") or None,
        #: Pushes of one person's phones; empty for no limit.
        "push": env.str("API_RATE_PUSH", default="60/minute") or None,
        #: Registrations of one person's devices for notifications; empty for no limit.
        "devices": env.str("API_RATE_DEVICES", default="30/minute") or None,
        #: Requests of one person that need the password, or make a file of all data; empty for no limit.
        "account": env.str("API_RATE_ACCOUNT", default="20/hour") or None,
    },
    "NUM_PROXIES": TRUSTED_PROXIES,
    "EXCEPTION_HANDLER": "focusjobs.rest.problems.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Focusjobs",
    "VERSION": "1",
    "DESCRIPTION": "Habits, what was done on each day, and statistics. Accounts: /api/v1/auth/ (django-allauth, app).",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "displayOperationId": True, "filter": True, "validatorUrl": None},
    "SCHEMA_PATH_PREFIX": "/api/v1",  # what follows it groups the operations
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "JobStateEnum": "focusjobs.jobs.models.job.STATE_CHOICES",
        "HabitKindEnum": "habits.models.Habit.Kind",
        "ReminderKindEnum": "notifications.models.Reminder.Kind",
        "NotificationKindEnum": "notifications.models.Notification.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "focusjobs.rest.schema.document_problems",
        "focusjobs.rest.schema.document_times",
    ],
}

# --- HTTPS -----------------------------------------------------------------------------------------------------------

#: Send plain HTTP to HTTPS; off with `DEBUG=1`.
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^(livez|readyz|metrics)$"]  # probes and scrapes come from within, over plain HTTP
#: How long browsers insist on HTTPS; 0 with `DEBUG=1`.
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=0 if DEBUG else 365 * 24 * 3600)
#: For subdomains too.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
#: Believe `X-Forwarded-Proto`; only where the proxy sets it itself.
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
if not DEBUG:  # `collectstatic` gives each file a name with its hash, so that browsers may keep it for ever
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- Logs ------------------------------------------------------------------------------------------------------------

#: `DEBUG`, `INFO`, `WARNING` or `ERROR`, for every process.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    raise ImproperlyConfigured("LOG_LEVEL is one of DEBUG, INFO, WARNING and ERROR.")
LOGGING = logging_settings(readable=DEBUG, level=LOG_LEVEL)

# --- Metrics and traces ----------------------------------------------------------------------------------------------

#: The bearer token that opens `/metrics`; without one, only the staff may look.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
#: Carry OpenTelemetry traces into jobs; needs opentelemetry-api and a tracer provider.
OTEL_ENABLED = env.bool("OTEL_ENABLED", default=False)
