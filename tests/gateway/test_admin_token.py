"""The token of the administration that the embedded gateway makes for itself."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gateway.api import create_app
from gateway.bootstrap import Gateway, shipped_adapters
from gateway.settings import load_settings


async def status(gateway: Gateway, token: str) -> int:
    transport = httpx.ASGITransport(app=create_app(gateway))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        answer = await client.get("/admin/counts", headers={"authorization": f"Bearer {token}"})
    return answer.status_code


@pytest.mark.parametrize("left_over", ["", "\n"])
async def test_an_empty_token_file_does_not_open_the_administration(tmp_path: Path, left_over: str) -> None:
    """A disk that was full at the first start leaves such a file."""
    file = tmp_path / "admin-token"
    file.write_text(left_over)
    gateway = Gateway(load_settings(data_dir=tmp_path), shipped_adapters())
    await gateway.start()
    try:
        assert [await status(gateway, token) for token in ("", " ")] == [401, 401]
        assert await status(gateway, file.read_text()) == 200
        assert file.stat().st_mode & 0o777 == 0o600
    finally:
        await gateway.stop()


async def test_the_token_stays_the_same_from_start_to_start(tmp_path: Path) -> None:
    tokens = []
    for _ in range(2):
        gateway = Gateway(load_settings(data_dir=tmp_path), shipped_adapters())
        await gateway.start()
        await gateway.stop()
        tokens.append(gateway.admin_token)
    assert tokens[0] == tokens[1] == (tmp_path / "admin-token").read_text()
