"""Development only: embedded PostgreSQL and Valkey for `make demo` and `make test`, and the process runner of the demo.

Nothing in here needs Django to be set up, and nothing in production imports it.
"""
