"""One request in libcurl's hands."""

from __future__ import annotations

import time
from datetime import timedelta

import pycurl

from .exchange import Origin, Reply, Request
from .failure import failure_of, is_refusal

MOST_BODY = 64 * 1024
"""Bytes of an answer that are kept. Every provider's are far shorter; these servers are not ours."""

IDLE = 1800
"""Seconds after which an unused connection is not used again. Apple wants connections to stay for long; the kernel
watches over idle ones with TCP keep-alive, since libcurl sends HTTP/2 PINGs only from a call that pycurl lacks."""

KEEPALIVE_IDLE, KEEPALIVE_INTERVAL = 60, 15


class Handle:
    """A libcurl handle that is used for one request after another to the same origin."""

    def __init__(self, origin: Origin) -> None:
        self.curl = pycurl.Curl()
        self._configure(origin)
        self._configure_connection(origin)

    def _configure(self, origin: Origin) -> None:
        version = pycurl.CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE if origin.http2_only else pycurl.CURL_HTTP_VERSION_2TLS
        curl = self.curl
        curl.setopt(pycurl.HTTP_VERSION, version)
        curl.setopt(pycurl.PIPEWAIT, 1)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.USERAGENT, "focusjobs")
        curl.setopt(pycurl.TIMEOUT_MS, int(origin.timeout * 1000))
        curl.setopt(pycurl.WRITEFUNCTION, self._write)
        curl.setopt(pycurl.PREREQFUNCTION, self._before_request)
        curl.setopt(pycurl.DEBUGFUNCTION, self._debug)
        curl.setopt(pycurl.VERBOSE, 1)  # for what `failure.py` has to know; nothing is printed

    def _configure_connection(self, origin: Origin) -> None:
        curl = self.curl
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(origin.connect_timeout * 1000))
        curl.setopt(pycurl.MAXAGE_CONN, IDLE)
        curl.setopt(pycurl.TCP_KEEPALIVE, 1)
        curl.setopt(pycurl.TCP_KEEPIDLE, KEEPALIVE_IDLE)
        curl.setopt(pycurl.TCP_KEEPINTVL, KEEPALIVE_INTERVAL)
        curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_2)
        if origin.ca_file:
            curl.setopt(pycurl.CAINFO, origin.ca_file)
        # Said even if empty: libcurl would otherwise read proxies from the environment, and settings decide here.
        curl.setopt(pycurl.PROXY, origin.proxy)
        if origin.proxy:
            curl.setopt(pycurl.HTTPPROXYTUNNEL, 1)

    def start(self, url: str, request: Request) -> None:
        """Take up a request; it begins when the handle is added to a multi handle."""
        self.request = request
        self.handed_over = self.refused = False
        self.started_at = time.monotonic()
        self._body = bytearray()
        self.curl.setopt(pycurl.URL, url + request.path)
        self.curl.setopt(pycurl.HTTPHEADER, [*request.headers, "Accept:"])
        self.curl.setopt(pycurl.POSTFIELDS, request.body)

    def reply(self, error: int, generation: int) -> Reply:
        """Give what came of it. error: libcurl's number, 0 if it ended well."""
        status = int(self.curl.getinfo(pycurl.RESPONSE_CODE))
        failure = failure_of(error, handed_over=self.handed_over, refused=self.refused, answered=status >= 200)
        if not self.handed_over:
            status = 0  # a proxy's answer, not the server's
        seconds = int(self.curl.getinfo(pycurl.RETRY_AFTER)) if status >= 400 else 0
        return Reply(
            status=status,
            body=bytes(self._body),
            failure=failure,
            detail=f"curl_{error}" if error else "",
            retry_after=timedelta(seconds=seconds) if seconds > 0 else None,
            generation=generation,
        )

    def _write(self, data: bytes) -> None:
        if len(self._body) < MOST_BODY:
            self._body += data

    def _before_request(self, *addresses: object) -> int:
        if self.handed_over:
            return pycurl.PREREQFUNC_ABORT
        self.handed_over = True
        return pycurl.PREREQFUNC_OK

    def _debug(self, kind: int, text: bytes) -> None:
        if kind == pycurl.INFOTYPE_TEXT and is_refusal(text):
            self.refused = True
