"""HTTP to partners; this folder is the only importer of an HTTP client."""

from gateway.transports.http.client import ANSWER_LIMIT, Fetched, HttpTransport, Retries, Sink, Timeouts

__all__ = ["ANSWER_LIMIT", "Fetched", "HttpTransport", "Retries", "Sink", "Timeouts"]
