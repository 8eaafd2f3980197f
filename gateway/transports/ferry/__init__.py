"""Carry requests as files across one-way gates: packages that prove themselves, and the folders that they lie in."""

from gateway.transports.ferry.folders import Folder, LocalFolder
from gateway.transports.ferry.package import Damaged, Ends, Package, Status

__all__ = ["Damaged", "Ends", "Folder", "LocalFolder", "Package", "Status"]
