"""Statistics in the admin, to look at: a person's days, how far the close has come, and what had drifted."""

from . import drifts, people

__all__ = ["drifts", "people"]
