"""The court mediation platform (人民法院调解平台): JSON over REST, signed requests, a token, upload-then-reference."""

from adapters.court_platform.adapter import CourtPlatform

__all__ = ["CourtPlatform"]
