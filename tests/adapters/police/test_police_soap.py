"""A SOAP library that is not ours reads the description of the door, and calls it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import requests
import yaml
import zeep
from zeep.transports import Transport

import adapters.police
from adapters import ADAPTERS
from adapters.police.pretend_station import signature, write_document
from gateway.api import create_app
from gateway.bootstrap import Gateway
from gateway.settings import Settings
from gateway.texts import text
from tests.contract.wires import served

SAMPLES = Path(adapters.police.__file__).parent / "samples"
KEY = "a-key-for-tests-only"

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:zeep")


class SignedTransport(Transport):
    """zeep's transport with the signature that the front servers of a police network add to every call."""

    def post(self, address: str, message: bytes, headers: dict[str, str]) -> Any:
        stamp = str(int(time.time() * 1000))
        proof = {"x-ga-time": stamp, "x-ga-sign": signature(KEY, message, stamp)}
        return super().post(address, message, {**headers, **proof})


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The door of a police station at a running gateway."""
    folder = tmp_path_factory.mktemp("gateway")
    codes = json.loads((SAMPLES / "directory.json").read_text(encoding="utf-8"))
    row = {
        "partner": "pcs", "adapter": "police", "base_url": "http://127.0.0.1:9", "organisations": ["org-police"],
        "secrets": {"sign_key": "file:sign_key"},
    }  # fmt: skip
    organisations = [
        {"id": name, "name": name, "kind": "other", "codes": {"pcs": code}, "partner": "pcs"}
        for name, code in codes.items()
    ]
    files = {
        "partners/pcs.yaml": yaml.safe_dump(row),
        "organisations.yaml": yaml.safe_dump({"organisations": organisations}),
        "sign_key": KEY,
    }
    for path, written in files.items():
        (folder / "config" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "config" / path).write_text(written, encoding="utf-8")
    gateway = Gateway(Settings(data_dir=folder / "data", config_dir=folder / "config"), ADAPTERS)
    with served(create_app(gateway), lifespan="on") as url:
        yield f"{url}/partners/pcs/services/dispute"


@pytest.fixture(scope="module")
def service(door: str) -> Iterator[Any]:
    """What zeep makes of the description at the door."""
    with requests.Session() as session:
        session.trust_env = False
        yield zeep.Client(f"{door}?wsdl", transport=SignedTransport(session=session)).service


def record(name: str) -> dict[str, Any]:
    """Return the record of a sample."""
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["record"]
    return found


def said(answer: str) -> dict[str, str | None]:
    """Return what stands in an answer's text, by name."""
    return {each.tag: each.text for each in ElementTree.fromstring(answer).iter()}  # noqa: S314  # our own


def called(service: Any, sent: dict[str, Any]) -> dict[str, str | None]:
    """Call the door with a record and return the answer."""
    document = write_document(sent)
    return said(service.writeObjectOut(xtlb="60", jkxlh="PCS", jkid=sent["kind"], xmlDoc=document))


def test_a_soap_library_hands_over_a_record_and_is_answered_the_same_again(service: Any) -> None:
    first, again = (called(service, record("referral")) for _ in range(2))
    assert (first["code"], first["message"]) == ("1", "已受理")
    assert first["wgajbh"]
    assert again == first


def test_a_wrong_check_digit_comes_back_as_a_code_inside_with_the_field(service: Any) -> None:
    sent = record("referral")
    sent["id"] = "PCS01-2026-0099"
    sent["fields"]["dsrlb"][0]["zjhm"] = "500242197805123010"
    answer = called(service, sent)
    assert (answer["code"], answer["zdmc"]) == ("-1", "dsrlb[0].zjhm")
    assert "500242197805123010" not in str(answer)


def test_a_document_type_inside_the_parameter_is_refused(service: Any) -> None:
    bomb = '<!DOCTYPE root [<!ENTITY a SYSTEM "file:///etc/passwd">]><root><head><bwbh>&a;</bwbh></head></root>'
    with pytest.raises(zeep.exceptions.Fault) as refusal:
        service.writeObjectOut(xtlb="60", jkxlh="PCS", jkid="JF0101", xmlDoc=bomb)
    assert refusal.value.code == "soapenv:Client"
    assert refusal.value.message == text("wire.xml_document_type", "zh")


def test_the_description_names_the_door_that_was_asked_and_nothing_else_is_described(door: str) -> None:
    found = httpx.get(f"{door}?wsdl", trust_env=False)
    assert found.status_code == 200
    assert f'location="{door}"' in found.text
    assert httpx.get(door, trust_env=False).status_code == 401
    assert httpx.get(f"{door}/other?wsdl", trust_env=False).status_code == 401
