from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.errors import ConfigurationFault
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import writing
from gateway.store.keys import check_canary, load_keys, new_key_line, sealed_names
from gateway.texts import text


def line(name: str, letter: bytes) -> str:
    return f"{name}:{base64.b64encode(letter * 32).decode()}"


def test_the_first_key_seals_and_the_others_only_open() -> None:
    keys, made = load_keys({"FENGQIAO_KEY": line("2026", b"b") + "\n# the one before\n\n" + line("2025", b"a")})
    assert [key.name for key in keys.keys] == ["2026", "2025"]
    assert Cipher(keys).sealing_key == "2026"
    assert made is None


def test_keys_of_the_variable_come_before_those_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(line("2025", b"a") + "\n")
    keys, _ = load_keys({"FENGQIAO_KEY": line("2026", b"b"), "FENGQIAO_KEY_FILE": str(file)})
    assert [key.name for key in keys.keys] == ["2026", "2025"]


def test_the_first_start_makes_a_key_and_says_where(tmp_path: Path) -> None:
    keys, made = load_keys({}, data_dir=tmp_path / "data", may_make=True)
    assert made is not None
    assert made.file == tmp_path / "data" / "key"
    assert made.name == keys.keys[0].name
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert [each.name for each in made.file.parent.iterdir()] == ["key"]
    for language in ("zh", "en"):
        assert str(made.file) in text(made.code, language, name=made.name, file=str(made.file))


def test_the_next_start_finds_the_same_key(tmp_path: Path) -> None:
    first, _ = load_keys({}, data_dir=tmp_path, may_make=True)
    second, made = load_keys({}, data_dir=tmp_path, may_make=True)
    assert second == first
    assert made is None


def test_no_key_is_made_where_sealed_rows_wait_for_another(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_keys({}, data_dir=tmp_path, may_make=False)
    assert caught.value.code == "store.key_absent"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "bad",
    [
        "nameless",
        ":" + base64.b64encode(b"x" * 32).decode(),
        "short:" + base64.b64encode(b"x" * 31).decode(),
        "long:" + base64.b64encode(b"x" * 33).decode(),
        "not base64:!!!",
        "名:" + base64.b64encode(b"x" * 32).decode(),
        "accent:é",
    ],
)
def test_a_malformed_line_is_named_by_its_place_without_showing_it(bad: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_keys({"FENGQIAO_KEY": line("2026", b"b") + "\n" + bad})
    assert caught.value.code == "store.key_malformed"
    assert caught.value.facts == {"file": "FENGQIAO_KEY", "line": 2}
    assert caught.value.__cause__ is None


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_keys({"FENGQIAO_KEY_FILE": str(tmp_path / "absent")})
    assert caught.value.code == "store.key_unreadable"


def test_a_file_without_a_key_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("# emptied by mistake\n")
    with pytest.raises(ConfigurationFault) as caught:
        load_keys({}, data_dir=tmp_path, may_make=True)
    assert caught.value.code == "store.key_absent"


def test_one_name_for_two_keys_is_refused_and_the_same_line_twice_is_not() -> None:
    load_keys({"FENGQIAO_KEY": line("2026", b"b") + "\n" + line("2026", b"b")})
    with pytest.raises(ConfigurationFault) as caught:
        load_keys({"FENGQIAO_KEY": line("2026", b"b") + "\n" + line("2026", b"c")})
    assert caught.value.code == "store.key_twice"


def test_a_new_line_is_a_key_of_its_own() -> None:
    keys, _ = load_keys({"FENGQIAO_KEY": new_key_line("one") + "\n" + new_key_line("two")})
    assert keys.keys[0].material != keys.keys[1].material


def cipher_with(*keys: tuple[str, bytes]) -> Cipher:
    return Cipher(Keyring(keys=tuple(Key(name=name, material=letter * 32) for name, letter in keys)))


def checked(engine: Engine, cipher: Cipher) -> frozenset[str]:
    with writing(engine).begin() as connection:
        check_canary(connection, cipher)
        return sealed_names(connection)


def test_a_store_remembers_the_names_it_was_sealed_with(engine: Engine) -> None:
    assert checked(engine, cipher_with(("2025", b"a"))) == {"2025"}
    assert checked(engine, cipher_with(("2025", b"a"))) == {"2025"}
    assert checked(engine, cipher_with(("2026", b"b"), ("2025", b"a"))) == {"2025", "2026"}


def test_a_store_does_not_start_without_a_key_it_was_sealed_with(engine: Engine) -> None:
    checked(engine, cipher_with(("2025", b"a")))
    with pytest.raises(ConfigurationFault) as caught:
        checked(engine, cipher_with(("2026", b"b")))
    assert caught.value.code == "store.key_missing"
    assert caught.value.facts == {"key": "2025"}


def test_a_store_does_not_start_with_another_key_of_the_same_name(engine: Engine) -> None:
    checked(engine, cipher_with(("2025", b"a")))
    with pytest.raises(ConfigurationFault) as caught:
        checked(engine, cipher_with(("2025", b"z")))
    assert caught.value.code == "store.key_wrong"
