"""The dialect of justice offices (司法所): sorted-parameter signatures, pushed or polled JSON, and the Excel ledger."""
