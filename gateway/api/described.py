"""The OpenAPI description of the doors that are plain routes: FastAPI does not see them by itself."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.canonical.schema import json_schema

PARTNER = {
    "name": "partner",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "Name of the partner's row in the configuration 对接系统名称",
}
X_PARTNER = {
    "name": "x-partner",
    "in": "header",
    "required": True,
    "schema": {"type": "string"},
    "description": "Name of the partner that sends 发送方对接系统名称",
}
SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "webhook-signature",
    "description": "Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the whole description: what FastAPI knows, and the doors. Made once."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schema["paths"] = {"/partners/{partner}/{path}": _dialect_door(), "/v1/messages": _canonical_door()} | schema[
            "paths"
        ]
        parts = schema.setdefault("components", {})
        parts.setdefault("schemas", {}).update(_schemas())
        parts["securitySchemes"] = {"webhook": SIGNATURE, "bearer": {"type": "http", "scheme": "bearer"}}
        app.openapi_schema = schema
    return app.openapi_schema


def _schemas() -> dict[str, Any]:
    """Return the common language with its references turned to where OpenAPI keeps schemas."""
    union = json_schema()
    definitions = union.pop("$defs")
    moved: dict[str, Any] = _moved({**definitions, "Message": union})
    return {**moved, "Problem": _PROBLEM, "Outcomes": _OUTCOMES}


def _moved(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _moved(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each) for each in value]
    return value.replace("#/$defs/", "#/components/schemas/") if isinstance(value, str) else value


_PROBLEM = {
    "title": "Problem 问题",
    "description": "RFC 9457, with the text in Chinese and English",
    "type": "object",
    "required": ["type", "title", "status", "code", "texts"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Code of the catalogue; the documentation lists every one"},
        "field": {"type": ["string", "null"], "description": "Path of the field that is wrong"},
        "texts": {"type": "object", "properties": {"zh": {"type": "string"}, "en": {"type": "string"}}},
    },
}
_OUTCOMES = {
    "title": "Outcomes 处理结果",
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "id": {"type": "string", "description": "The sender's id of the message"},
                    "receipt": {"type": "string", "description": "The gateway's receipt, to be quoted in questions"},
                    "fate": {"enum": ["accepted", "held", "parked", "refused"]},
                    "message": {"type": ["string", "null"]},
                    "case": {"type": ["string", "null"]},
                    "repeated": {"type": "boolean", "description": "It was received before; nothing has changed"},
                    "code": {"type": "string"},
                    "field": {"type": ["string", "null"]},
                    "texts": {"type": "object"},
                },
            },
        }
    },
}


def _canonical_door() -> dict[str, Any]:
    message = {"$ref": "#/components/schemas/Message"}
    several = {
        "type": "object",
        "required": ["messages"],
        "properties": {"messages": {"type": "array", "items": message}},
    }
    return {
        "post": {
            "tags": ["messages"],
            "summary": "Send messages in the common language 以规范格式发送消息",
            "description": "Answered only after everything is on disk. Each message has its own fate.",
            "parameters": [X_PARTNER],
            "security": [{"webhook": []}, {"bearer": []}],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"anyOf": [message, several]}}},
            },
            "responses": {"202": _answer("Outcomes", "application/json", "Kept"), **_problems(400, 401, 413, 422, 503)},
        }
    }


def _dialect_door() -> dict[str, Any]:
    return {
        "post": {
            "tags": ["partners"],
            "summary": "A partner's own dialect 对接系统自有协议",
            "description": "Request and answer are the partner's own protocol; the README of its adapter describes it.",
            "parameters": [PARTNER, {**PARTNER, "name": "path", "description": "Path of the dialect"}],
            "responses": {"default": {"description": "An answer in the partner's own dialect"}},
        }
    }


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _answer("Problem", "application/problem+json", "Not taken") for status in statuses}


def _answer(name: str, media_type: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": description, "content": {media_type: {"schema": schema}}}
