"""Variables of the environment, each of which may be given as a file: NAME_FILE holds the path of NAME's value."""

from __future__ import annotations

import environ
from environ.fileaware_mapping import FileAwareMapping


class Variables(FileAwareMapping):  # type: ignore[misc]  # django-environ has no types
    """The variables of this process. A line break at the end of a file, which editors leave there, is no part of it."""

    def __getitem__(self, name: str) -> str:
        """Give a value. Raises `KeyError`, or `OSError` where a file that is named cannot be read."""
        value = str(super().__getitem__(name))
        return value.rstrip("\r\n") if f"{name}_FILE" in self.env else value


class Environment(environ.Env):  # type: ignore[misc]
    """Reads variables by type, such as `env.bool("DEBUG")`."""

    ENVIRON = Variables()
