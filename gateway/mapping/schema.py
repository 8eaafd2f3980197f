"""Publish the JSON Schema of mapping and code table files, for editors that check and complete them."""

from __future__ import annotations

from typing import Any

from gateway.canonical.messages import TYPES
from gateway.mapping.codes import TableFile
from gateway.mapping.rows import MappingFile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def mapping_file_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a mapping file."""
    schema = MappingFile.model_json_schema()
    schema["properties"]["message"]["anyOf"] = [{"enum": sorted(TYPES)}, {"type": "null"}]
    return {"$schema": _DIALECT, **schema, "title": "Mapping file / 映射文件"}


def table_file_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a code table file."""
    return {"$schema": _DIALECT, **TableFile.model_json_schema(), "title": "Code table file / 代码表文件"}
