"""The command line: what administrators and operators ask of a gateway, and the process that serves."""

from gateway.cli.application import application, main

__all__ = ["application", "main"]
