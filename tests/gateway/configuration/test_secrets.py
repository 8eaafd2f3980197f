"""Secrets are read at use from where the row says, and shown nowhere."""

import pytest

from gateway.configuration import from_files, resolve, secrets_of
from gateway.errors import ConfigurationFault

ROW = "partner: court\nadapter: x\nsecrets: {app_secret: env:COURT_SECRET, key: file:court.pem}\n"


def row():
    return from_files({"partners/court.yaml": ROW}).partners["court"]


def test_a_secret_comes_from_the_environment_or_from_a_file_beside_the_configuration(tmp_path):
    (tmp_path / "court.pem").write_text("-----BEGIN\nabc\n-----END\n")
    secret = secrets_of(row(), base=tmp_path, environment={"COURT_SECRET": "s3cret"})
    assert secret("app_secret") == "s3cret"
    assert secret("key") == "-----BEGIN\nabc\n-----END"


def test_a_renewed_secret_takes_effect_at_the_next_use(tmp_path):
    secret = secrets_of(row(), base=tmp_path, environment={})
    (tmp_path / "court.pem").write_text("first\n")
    assert secret("key") == "first"
    (tmp_path / "court.pem").write_text("second\r\n")
    assert secret("key") == "second"


def test_a_missing_secret_is_a_fault_that_names_the_reference_and_the_place(tmp_path):
    secret = secrets_of(row(), base=tmp_path, environment={"COURT_SECRET": ""})
    with pytest.raises(ConfigurationFault) as caught:
        secret("app_secret")
    assert caught.value.facts["reference"] == "env:COURT_SECRET"
    assert caught.value.facts["file"] == "partners/court.yaml"
    assert caught.value.facts["field"] == "secrets.app_secret"
    with pytest.raises(ConfigurationFault):
        secret("key")


def test_a_name_that_the_row_does_not_have_is_a_key_error():
    with pytest.raises(KeyError):
        secrets_of(row(), environment={})("other")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * 70_000])
def test_a_file_that_cannot_be_a_secret_is_missing(tmp_path, content):
    (tmp_path / "court.pem").write_bytes(content)
    with pytest.raises(ConfigurationFault) as caught:
        resolve("file:court.pem", base=tmp_path)
    assert caught.value.code == "configuration.secret_missing"


def test_something_that_is_no_reference_is_refused_and_not_shown():
    with pytest.raises(ConfigurationFault) as caught:
        resolve("hunter2")
    assert "hunter2" not in repr(caught.value.facts) + str(caught.value)


def test_the_value_of_a_secret_is_in_no_row_and_no_repr():
    secret = secrets_of(row(), environment={"COURT_SECRET": "s3cret"})
    secret("app_secret")
    assert "s3cret" not in repr(row()) + repr(secret) + str(row().model_dump())
