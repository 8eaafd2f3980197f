"""Partner record ⇄ canonical message, by tables that administrators write: one row serves both directions.

files ─► rows ─► binding ─► compiler ─► MappingSet.read / .write

files.py        YAML, with the line of everything         compile_read.py   rows ─► source that reads
rows.py         the closed vocabulary                     compile_write.py  rows ─► source that writes
codes.py        code tables                               read_values.py    what that source calls
drafts.py       shipped, changed, a partner's own         write_values.py   the same, the other way
binding.py      rows ─► fields, tables, conditions        validation.py     pydantic's faults, in our words
"""

from gateway.mapping.assembly import check_set, compile_set
from gateway.mapping.codes import CodeTable
from gateway.mapping.common import read_canonical, write_canonical
from gateway.mapping.compiler import Compiled
from gateway.mapping.faults import Fault
from gateway.mapping.mapping_set import MappingSet, Reading, Verdict, Writing
from gateway.mapping.passage import Directory
from gateway.mapping.schema import mapping_file_schema, table_file_schema

__all__ = [
    "CodeTable",
    "Compiled",
    "Directory",
    "Fault",
    "MappingSet",
    "Reading",
    "Verdict",
    "Writing",
    "check_set",
    "compile_set",
    "mapping_file_schema",
    "read_canonical",
    "table_file_schema",
    "write_canonical",
]
