"""``fengqiao`` with the two dialects of the comparison among its adapters; everything else is as shipped."""

from __future__ import annotations

from typing import Any

from adapters import ADAPTERS as SHIPPED
from benchmarks.rivals.dialect import ADAPTERS
from gateway.cli import main

if __name__ == "__main__":
    table: Any = SHIPPED
    table.update(ADAPTERS)
    main()
