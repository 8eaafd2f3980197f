"""YAML taken literally, with the line of every field."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigurationFault
from gateway.wire.yaml_marks import field_name, nearest, read


def fault_of(text):
    with pytest.raises(ConfigurationFault) as caught:
        read(text, file="x.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0101", "0101"),
        ("101", 101),
        ("-3", -3),
        ("+3", "+3"),
        ("1.5", 1.5),
        ("1.10", "1.10"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2022-08-20", "2022-08-20"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ('"true"', "true"),
        ('""', ""),
        ("500242199001011234567", "500242199001011234567"),
    ],
)
def test_a_plain_word_is_a_number_only_when_it_is_written_back_the_same(written, value):
    found = read(f"a: {written}\n", file="x.yaml").value["a"]
    assert found == value
    assert type(found) is type(value)


@given(st.from_regex(r"[0-9.:_+-]{1,20}", fullmatch=True))
def test_no_code_loses_a_digit_by_being_written_without_quotes(code):
    try:
        found = read(f"a: {code}\n", file="x.yaml").value["a"]
    except ConfigurationFault:  # "- " and the like are YAML's own
        return
    if not isinstance(found, list | dict):
        assert str(found) == code


def test_keys_stay_text_as_written():
    assert read("true: 1\n0101: 2\n7: 3\n", file="x.yaml").value == {"true": 1, "0101": 2, "7": 3}


def test_every_field_knows_its_line():
    marked = read("a: 1\nb:\n  - x: 1\n  - x: 2\n    y: 3\n", file="x.yaml")
    assert marked.line(["b", 1, "y"]) == 5
    assert marked.line(["b", 1, "absent", "deeper"]) == 4
    assert marked.line(["nowhere"]) == 1


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: 1\nb: c: d\n", "configuration.not_yaml", 2),
        ("a: 'x\n", "configuration.not_yaml", 2),
        ("a:\n\t- 1\n", "configuration.not_yaml", 2),
        ("a: 1\na: 2\n", "configuration.duplicate_key", 2),
        ("a: &x 1\nb: *x\n", "configuration.alias", 1),
        ("a: !!python/object:os.system x\n", "configuration.tag", 1),
        ("a: 1\n---\nb: 2\n", "configuration.second_document", 2),
        ("? [a]\n: 1\n", "configuration.key", 1),
        ("a: " + "[" * 40 + "]" * 40, "configuration.too_deep", 1),
    ],
)
def test_what_could_hide_a_meaning_is_refused_with_its_line(text, code, line):
    fault = fault_of(text)
    assert (fault.code, fault.facts["file"]) == (code, "x.yaml")
    assert fault.facts["line"] == line


def test_a_control_character_is_refused():
    assert fault_of("a: \x01\n").code == "configuration.not_yaml"


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_by_a_configuration_fault(text):
    with suppress(ConfigurationFault):
        read(text, file="x.yaml")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    assert read("\ufeffa: 1\r\nb: 2\r\n", file="x.yaml").value == {"a": 1, "b": 2}


def test_a_path_is_written_as_people_do():
    assert field_name(("organisations", 2, "codes", "a.b")) == 'organisations[2].codes["a.b"]'


def test_the_nearest_word_is_offered_only_when_it_is_near():
    assert nearest("partnr", ["partner", "adapter"]) == "partner"
    assert nearest("zzz", ["partner", "adapter"]) is None
