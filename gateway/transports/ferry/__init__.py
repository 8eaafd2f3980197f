"""Carry requests as files across one-way gates: packages that prove themselves, and the folders that they lie in."""

from gateway.transports.ferry.folders import Folders
from gateway.transports.ferry.package import Damaged, Ends, Package, Status

__all__ = ["Damaged", "Ends", "Folders", "Package", "Status"]
