"""Documents kept aside by the SHA-256 of their content, sealed at rest, streamed both ways, never whole in memory.

    intake ─ write … ─► sealed, beside ─► shelf: in its place, whole and durable ─► Kept: may be referenced now
    no row refers to it for a day ─► set aside ─ a day more ─► gone      (whoever asks for it meanwhile has it back)

``Documents`` seals, digests and proves; a ``Shelf`` is where the sealed bytes lie: a folder, or an S3-compatible
store. The same content twice is one document. The database holds who it belongs to; here are only bytes.
"""

from gateway.store.documents.documents import Documents
from gateway.store.documents.folder import FolderShelf
from gateway.store.documents.intake import Intake, Kept
from gateway.store.documents.shelf import Item, Shelf

__all__ = ["Documents", "FolderShelf", "Intake", "Item", "Kept", "Shelf"]
