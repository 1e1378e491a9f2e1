"""A file of all that is kept about a person, for that person: GDPR, article 15 and article 20."""

from .archive import write_archive
from .making import forget_exports, make_export

__all__ = ["forget_exports", "make_export", "write_archive"]
