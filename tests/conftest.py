"""What every test shares: hypothesis profiles."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("dev", max_examples=100, deadline=None)  # a busy machine is no failure
settings.register_profile("ci", max_examples=100, derandomize=True, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
