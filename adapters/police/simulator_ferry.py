"""The pretend police system behind one-way gates: its records travel as files only, its controls are HTTP.

python -m adapters.police.simulator --ferry FOLDER --port 9004 --partner pcs --keys-file keys.json

FOLDER/to-police       the gateway's ``outgoing``       FOLDER/police   what is the police system's own
FOLDER/from-police     the gateway's ``incoming``

/_sim/push             records go out; the answer says their numbers, for nothing else is known yet
/_sim/answers          what the gateway has answered by file
/_sim/look             looks at once, instead of in a moment
/_sim/faults           of the gates (pretend_gate.py), or: refuse, too_many, silent (the end looks no more)
/_sim/…                received, state, reset, health, as with every simulator
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from adapters.police.pretend_far_side import FROM_POLICE, TO_POLICE, FarSide

REFUSALS = {"refuse": ("-1", "业务校验不通过"), "too_many": ("-8", "系统忙，请稍后再试")}


class FerrySimulator:
    """One pretend police system that nobody can call; ``look_every``: seconds between two looks at its folders."""

    def __init__(self, *, folder: Path, keys: Mapping[str, str], look_every: float = 0.5, **given: Any) -> None:
        self.far_side = FarSide(folder=folder, key=keys["ferry_key"], **given)
        self.fault: dict[str, Any] = {}
        self._look_every = look_every
        self._busy = threading.Lock()  # the controls and the looking have one book between them
        self._over = threading.Event()
        self._looking: threading.Thread | None = None
        self.app = FastAPI(openapi_url=None)
        self.app.include_router(self._controls())

    @staticmethod
    def make_keys() -> dict[str, str]:
        """Return fresh test keys by the names a partner row gives its secrets."""
        return {name: secrets.token_urlsafe(24) for name in ("sign_key", "ferry_key")}

    @staticmethod
    def partner_settings() -> dict[str, Any]:
        """Return the adapter settings of a partner row that fits this simulator."""
        return {"carrier": "ferry"}

    @property
    def ferry_row(self) -> dict[str, Any]:
        """Return the ``ferry`` of a partner row that fits this simulator."""
        side = self.far_side
        return {**self.row_of(side.folder), "ours": side.theirs, "theirs": side.ours}

    @staticmethod
    def row_of(folder: Path) -> dict[str, str]:
        """Return the ``ferry`` of a partner row that fits a simulator of the usual names over ``folder``."""
        whole = folder.absolute()
        folders = {"incoming": str(whole / FROM_POLICE), "outgoing": str(whole / TO_POLICE)}
        return {**folders, "ours": FarSide.theirs, "theirs": FarSide.ours}

    def start(self) -> None:
        """Look at the folders every moment, until closed."""
        self._looking = threading.Thread(target=self._look_on, name="far side", daemon=True)
        self._looking.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._looking is not None:
            self._looking.join()
        self.far_side.book.close()

    def look(self) -> int:
        """Look once; return how many packages were taken in."""
        with self._busy:
            return self.far_side.look()

    def _look_on(self) -> None:
        while not self._over.wait(self._look_every):
            if self.fault.get("fault") != "silent":
                self.look()

    def _controls(self) -> APIRouter:
        router = APIRouter(prefix="/_sim")
        router.add_api_route("/push", self._push, methods=["POST"])
        router.add_api_route("/faults", self._order_fault, methods=["POST"])
        router.add_api_route("/look", self._look_now, methods=["POST"])
        router.add_api_route("/received", self._received, methods=["GET"])
        router.add_api_route("/answers", self._answers, methods=["GET"])
        router.add_api_route("/state", self._state, methods=["GET"])
        router.add_api_route("/reset", self._reset, methods=["POST"])
        router.add_api_route("/health", self._state, methods=["GET"])
        return router

    async def _push(self, request: Request) -> JSONResponse:
        order = await request.json()
        answers = []
        with self._busy:
            for record in order["records"]:
                named = {"id": f"PCS{secrets.token_hex(8)}", **record}
                numbers = [self.far_side.push(named) for _ in range(order.get("times", 1))]
                answers += [{"status": 202, "body": named["id"], "number": number} for number in numbers]
        return JSONResponse({**answers[-1], "answers": answers})

    async def _order_fault(self, request: Request) -> JSONResponse:
        wish = await request.json()
        with self._busy:
            try:
                self._order(wish)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(self.fault)

    def _order(self, wish: dict[str, Any]) -> None:
        name = wish.get("fault")
        refusal = REFUSALS.get(str(name))
        self.far_side.failures.order({} if refusal or name == "silent" else wish)
        self.far_side.refuse = {}
        if refusal:
            code, message = refusal
            self.far_side.refuse = {"code": code, "message": wish.get("reason", message), "times": wish.get("times")}
        self.fault = wish

    async def _look_now(self) -> JSONResponse:
        return JSONResponse({"taken": self.look()})

    async def _received(self) -> JSONResponse:
        with self._busy:
            station = self.far_side.station
            held = [{**kept, "effects": station.acts.count(number)} for number, kept in station.held.items()]
        return JSONResponse(held)

    async def _answers(self) -> JSONResponse:
        with self._busy:
            return JSONResponse(self.far_side.book.answers())

    async def _state(self) -> JSONResponse:
        with self._busy:
            state = self.far_side.state()
        return JSONResponse({"records": len(self.far_side.station.held), "fault": self.fault, **state})

    async def _reset(self) -> JSONResponse:
        with self._busy:
            self.far_side.forget()
        self.fault = {}
        return JSONResponse({"ok": True})
