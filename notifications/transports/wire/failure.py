"""What libcurl's errors mean for a request: that it was certainly not processed, or that nobody can tell.

libcurl repeats requests by itself. When a connection that was used before ends without a byte of answer to a request,
libcurl takes it for a stale one and sends the request again on another, even a POST that the server has accepted
(`Curl_retry_request` in its lib/transfer.c; seen with libcurl 8.23.0: two acceptances for one request after a TCP
reset). No option forbids it. But before it hands a request to a connection it calls PREREQFUNCTION, each time. So:

* not called: nothing of the request has left. NOT SENT, exactly.
* called once: it was handed over. Only two things prove that the server did nothing: RST_STREAM with REFUSED_STREAM,
  and a GOAWAY whose last stream is below this one. libcurl treats both alike, tells so in its debug text
  (`HTTP/2 stream 7 refused by server, try again on a new connection`) and begins to repeat. REFUSED, exactly.
* called a second time: libcurl is about to repeat it, and is stopped by PREREQFUNC_ABORT. Then it is REFUSED if libcurl
  has said so before, and otherwise BROKEN.
* everything else after the first call is BROKEN or TIMEOUT: the server may have accepted it.

BROKEN is more than it need be where a connection dies before the request is written to it: libcurl does not tell how
much of a request has left. That errs on the safe side.

Pure: no I/O. The numbers are libcurl's (https://curl.se/libcurl/c/libcurl-errors.html).
"""

from __future__ import annotations

from .exchange import Failure

TIMED_OUT = 28
UNTRUSTED = frozenset({58, 59, 60, 66, 77, 80, 83, 90, 91, 98})
"""Errors of certificates and of the files that hold them, which no second try will mend."""


def is_refusal(text: bytes) -> bool:
    """Tell whether a line of libcurl's debug text says that the server did nothing with this transfer's stream."""
    return text.startswith(b"HTTP/2 stream ") and b" refused by server" in text


def failure_of(error: int, *, handed_over: bool, refused: bool, answered: bool) -> Failure | None:
    """Classify how a transfer ended; None if it ended well.

    error: libcurl's number, 0 for a whole answer.
    handed_over: PREREQFUNCTION has been called.
    refused: libcurl has said that the server refused the stream.
    answered: the status of an answer has been read; a server that then refuses the stream contradicts itself.
    """
    if error == 0:
        return None
    if not handed_over:
        return Failure.UNTRUSTED if error in UNTRUSTED else Failure.UNREACHABLE
    if refused and not answered:
        return Failure.REFUSED
    return Failure.TIMEOUT if error == TIMED_OUT else Failure.BROKEN
