"""The lock names exactly one version of everything the project asks for, with hashes and without addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.house.tree import project, read

Pins = dict[str, list[Requirement]]


@pytest.fixture(scope="module")
def pins() -> Pins:
    """Every pin by its name; a package may have several, each for another environment."""
    found: Pins = {}
    for entry in _entries():
        pin = Requirement(entry.partition(" --hash")[0].strip())
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


def test_the_lock_holds_no_address() -> None:
    assert not re.search(r"https?:|file:|@ |--(extra-)?index|--find-links|\.(org|com|net)\b", read("requirements.lock"))


def test_everything_is_pinned_exactly_and_hashed() -> None:
    for entry in _entries():
        assert re.match(r"[A-Za-z0-9._-]+(\[[^\]]+\])?==[^ ;]+", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry


def test_the_lock_has_what_the_project_asks_for(pins: Pins) -> None:
    for text in _asked():
        wanted = Requirement(text)
        versions = [_version(pin) for pin in pins.get(canonicalize_name(wanted.name), [])]
        assert versions, f"{text} is not in the lock"
        assert all(wanted.specifier.contains(version, prereleases=True) for version in versions), f"{text}: {versions}"


def test_every_dependency_is_bounded_below_and_above() -> None:
    for text in _asked():
        operators = {each.operator for each in Requirement(text).specifier}
        assert {">=", "<"} <= operators, text


@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_serves_every_python_and_processor_that_we_name(pins: Pins, python: str, processor: str) -> None:
    machine = {
        "python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux",
        "platform_machine": processor,
    }  # fmt: skip
    for text in _asked():
        if (only := Requirement(text).marker) is not None and not only.evaluate(machine):
            continue  # no wheel: the one on the machine is used
        name = canonicalize_name(Requirement(text).name)
        fitting = [pin for pin in pins[name] if pin.marker is None or pin.marker.evaluate(machine)]
        assert len(fitting) == 1, f"{name}: {fitting}"


def test_the_classifiers_name_only_pythons_that_we_promise() -> None:
    promised = SpecifierSet(project()["project"]["requires-python"])
    classifiers = project()["project"]["classifiers"]
    named = re.findall(r"Python :: (3\.[0-9]+)", "\n".join(classifiers))
    assert "3.11" in named
    assert all(promised.contains(version) for version in named)


def _entries() -> list[str]:
    lines = [line for line in read("requirements.lock").splitlines() if line and not line.lstrip().startswith("#")]
    return "\n".join(lines).replace("\\\n", " ").splitlines()


def _asked() -> Iterator[str]:
    project_file = project()
    yield from project_file["build-system"]["requires"]  # built without isolation, so from the lock
    yield from project_file["project"]["dependencies"]
    for group in (
        *project_file["project"]["optional-dependencies"].values(),
        *project_file["dependency-groups"].values(),
    ):
        yield from group


def _version(pin: Requirement) -> str:
    (only,) = pin.specifier
    return only.version
