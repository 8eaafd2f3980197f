"""The demonstration: a gateway and pretend partners as separate processes, one story played, and its account."""

from gateway.demo.command import demonstrate
from gateway.demo.guest import Host

__all__ = ["Host", "demonstrate"]
