"""The doors: partners' dialects, the common language, administration, and what operators and probes ask."""

from gateway.api.app import create_app

__all__ = ["create_app"]
