"""The frames of the dialect: a batch of records coming in or fetched, one record going out.

    in    {"batch_no"?, "records": [{"record_no", "kind", "version"?, "content": {…}, "files"?: [file…]}…]}
    out   {"record_no": message id, "kind", "content": {…}, "files": [file…]}
    file  {"file_id", "file_name", "file_type", "content_type", "file_size", "file_sha256", "file_content" | "file_url"}

The names of frames stand here and in the README; every name inside ``content`` stands in the mapping.
"""

from __future__ import annotations

from gateway.wire.batch_frames import Faults, FileNames, Frames

FRAMES = Frames(
    batch="batch_no",
    id="record_no",
    kind="kind",
    fields="content",
    files="files",
    file=FileNames(
        id="file_id",
        name="file_name",
        kind="file_type",
        media_type="content_type",
        size="file_size",
        sha256="file_sha256",
        content="file_content",
        url="file_url",
    ),
    faults=Faults(
        not_a_batch="justice_office.not_a_batch",
        too_many_records="justice_office.too_many_records",
        file_too_large="justice_office.file_too_large",
    ),
)
