"""The common language, published: the JSON Schema of every message type."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from gateway.canonical.messages import TYPES
from gateway.canonical.schema import json_schema
from gateway.errors import NotFound

router = APIRouter(prefix="/v1", tags=["schemas"])


@router.get("/schemas", summary="All message types 全部消息类型")
def list_types() -> dict[str, Any]:
    """Return the name, Chinese title and address of every type."""
    types = [
        {"type": name, "title": cls.model_fields["type"].title, "schema": f"/v1/schemas/{name}"}
        for name, cls in TYPES.items()
    ]
    return {"types": types}


@router.get("/schemas/{message_type}", summary="JSON Schema of one type 消息类型的 JSON Schema")
def one_type(message_type: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a message type; ``all`` returns the union."""
    if message_type == "all":
        return json_schema()
    if message_type not in TYPES:
        raise NotFound("canonical.no_such_type", type=message_type[:64])
    return json_schema(message_type)
