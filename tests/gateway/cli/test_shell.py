"""What holds for every command: languages, help, exit codes, no traceback."""

import re
from importlib.resources import files

import pytest
from typer.main import get_command

from gateway.cli import application, trace
from gateway.cli.shell import language_of
from gateway.cli.terminal import plain
from gateway.texts import catalogue

CODE = re.compile(r'"(cli(?:\.[a-z_]+)+)"')
COLUMNS = re.compile(r"(?:columns = |table\()\((\"[^)]*)\)")


def _commands(command, path=()):
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*path, name))


def _paths():
    return [path for path, _ in _commands(get_command(application()))]


def test_every_code_that_the_commands_name_is_in_the_catalogue():
    sources = {file.name: file.read_text() for file in files("gateway.cli").iterdir() if file.name.endswith(".py")}
    prefixes = {"cli.fate", "cli.status", "cli.outcome", "cli.level", "cli.level_of", "cli.column", "cli.verdict"}
    prefixes |= {"cli.reconcile.outcome", "cli.reconcile.state", "cli.effect"}
    named = {code for source in sources.values() for code in CODE.findall(source)} - prefixes
    columns = {
        c for source in sources.values() for listed in COLUMNS.findall(source) for c in re.findall(r'"(\w+)"', listed)
    }
    assert named | {f"cli.column.{column}" for column in columns} <= catalogue().keys()


def test_every_command_and_option_has_a_help_text_in_the_catalogue():
    for path, command in _commands(get_command(application())):
        texts = [command.help, *[getattr(param, "help", None) for param in command.params if param.name != "help"]]
        assert all(code in catalogue() for code in texts), (path, texts)


@pytest.mark.parametrize("path", _paths(), ids=" ".join)
def test_every_command_explains_itself_in_both_languages(empty_desk, path):
    for language in ("zh", "en"):
        result = empty_desk.run(*path, "--help", language=language)
        assert result.exit_code == 0
        assert "cli." not in result.stdout
    assert not empty_desk.folder.exists()


def test_the_exit_codes_are_documented(empty_desk):
    assert "70 a defect" in " ".join(empty_desk.run("--help").stdout.split())


def test_without_a_command_the_help_is_shown_as_a_wrong_usage(empty_desk):
    assert empty_desk.run().exit_code == 2


@pytest.mark.parametrize(
    ("given", "language", "rest"),
    [
        (["--language", "zh", "trace", "X"], "zh", ["trace", "X"]),
        (["trace", "X", "--language=zh"], "zh", ["trace", "X"]),
        (["trace", "--language", "en", "X"], "en", ["trace", "X"]),
        (["trace", "--", "--language", "zh"], "en", ["trace", "--", "--language", "zh"]),
        (["trace", "X", "--language", "de"], "en", ["--language", "de", "trace", "X"]),
    ],
)
def test_the_language_option_stands_anywhere(monkeypatch, given, language, rest):
    monkeypatch.setenv("FENGQIAO_LANGUAGE", "en")
    assert language_of(given) == (language, rest)


def test_a_language_that_there_is_not_is_a_wrong_usage(empty_desk):
    assert empty_desk.run("diagram", "--language", "de").exit_code == 2


def test_folders_may_be_given_as_options(desk, tmp_path):
    result = desk.run("--data-dir", str(desk.folder), "messages", env={"FENGQIAO_DATA_DIR": str(tmp_path / "none")})
    assert result.exit_code == 0


def test_a_wrong_setting_ends_with_exit_code_5_and_names_the_variable(desk):
    result = desk.run("messages", env={"FENGQIAO_PORT": "many"})
    assert result.exit_code == 5
    assert "FENGQIAO_PORT" in result.stderr


def test_a_fault_inside_shows_an_id_and_a_file_and_nothing_of_what_happened(desk, monkeypatch):
    def fails(*_):
        raise RuntimeError("许书宁 500242198503120012")

    monkeypatch.setattr(trace.shown, "find_case", fails)
    result = desk.run("trace", "AJ1")
    assert (result.exit_code, result.stdout) == (70, "")
    assert "Traceback" not in result.stderr
    fault_id = re.search(r"fault ([0-9a-f-]{36})", result.stderr)
    log = desk.folder / "command-faults.log"
    assert fault_id
    assert str(log) in result.stderr
    assert log.stat().st_mode & 0o777 == 0o600
    written = log.read_text(encoding="utf-8")
    assert fault_id[1] in written
    assert "RuntimeError" in written
    assert "许书宁" not in result.stderr + written


def test_a_folder_that_may_not_be_read_is_said_in_one_sentence(desk, monkeypatch):
    def refuses(*_, **__):
        raise PermissionError(13, "Permission denied", "/somewhere/gateway.db")

    monkeypatch.setattr("gateway.opening.open_store", refuses)
    result = desk.run("messages")
    assert result.exit_code == 4
    assert "/somewhere/gateway.db: Permission denied" in result.stderr


def test_nothing_a_partner_sends_can_steer_a_terminal():
    assert plain("a\x1b[2Jb\nc\u202ed\x9bm") == "a[2Jb cdm"


def test_the_version_is_printed(empty_desk):
    assert empty_desk.run("--version").stdout.startswith("fengqiao 0.")
