"""The frames of the dialect: a batch of records coming in, one record going out.

    in    {"batchNo": "…", "records": [{"recordId", "type", "version"?, "body": {…}, "fileList"?: [file…]}…]}
    out   {"recordId": message id, "type", "body": {…}, "fileList": [file…]}
    file  {"fileId", "fileName", "fileType", "contentType", "fileSize", "fileSha256", "fileContent" | "fileUrl"}

The names of frames stand here and in the README; every name inside ``body`` stands in the mapping.
"""

from __future__ import annotations

from gateway.wire.batch_frames import Faults, FileNames, Frames

FRAMES = Frames(
    batch="batchNo",
    id="recordId",
    kind="type",
    fields="body",
    files="fileList",
    file=FileNames(
        id="fileId",
        name="fileName",
        kind="fileType",
        media_type="contentType",
        size="fileSize",
        sha256="fileSha256",
        content="fileContent",
        url="fileUrl",
    ),
    faults=Faults(
        not_a_batch="mediation_center.not_a_batch",
        too_many_records="mediation_center.too_many_records",
        file_too_large="mediation_center.file_too_large",
    ),
)
