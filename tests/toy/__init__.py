"""The toy: a third dialect, made by following docs/adapters.md, so that the guide and the contract suite stay true."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.contract import Adapter
from tests.toy.adapter import Toy

ADAPTERS: Mapping[str, type[Adapter]] = {"toy": Toy}
