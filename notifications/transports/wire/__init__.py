"""HTTP/2 to the providers, on libcurl: one runtime in each process, with connections that stay.

What may be repeated is decided by others, so this package has to know exactly what happened to a request: see
`failure.py` for what is certain and how.
"""

from .exchange import Failure, Origin, Reply, Request
from .process import close, runtime

__all__ = ["Failure", "Origin", "Reply", "Request", "close", "runtime"]
