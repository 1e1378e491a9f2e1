"""The product's settings, with the addresses of `benchmarks.hosts.web` in front of its own."""

from focusjobs.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.hosts.web"
