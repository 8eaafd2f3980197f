"""One folder of files becomes one revision, named by its contents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.configuration import Revision, faults, from_files, load, pack, revision_id, shipped_files, unpack
from gateway.errors import ConfigurationFault
from gateway.routing import Copy

FILES = {
    "partners/court.yaml": (
        "partner: court\nadapter: court_platform\nbase_url: https://a.example\norganisations: [org-t]\n"
    ),
    "organisations.yaml": (
        "organisations:\n  - {id: org-t, name: 示例人民法庭, kind: tribunal, partner: court, codes: {court: '01'}}\n"
    ),
    "routes.yaml": "copies:\n  - {types: [success], to: court}\n",
    "divisions.yaml": "divisions: {'500242219201': 新设村}\n",
}


def written(folder, files=FILES):
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return folder


def fault_of(files):
    with pytest.raises(ConfigurationFault) as caught:
        from_files(files)
    return caught.value


def test_a_folder_becomes_partners_organisations_routes_and_divisions(tmp_path):
    revision = load(written(tmp_path), {})
    assert set(revision.partners) == {"court"}
    assert revision.directory.organisation("court", "01") == "org-t"
    assert revision.directory.has_partner("court")
    assert revision.routes.copies == (Copy(types=frozenset({"success"}), to="court"),)
    assert revision.divisions["500242219201"] == "新设村"
    assert revision.directory.division_name("500242219201") == "新设村"


@pytest.mark.parametrize("kind", ["none", "missing", "empty"])
def test_no_folder_a_missing_one_and_an_empty_one_are_the_same_valid_revision(tmp_path, kind):
    folder = {"none": None, "missing": tmp_path / "nowhere", "empty": tmp_path}[kind]
    revision = load(folder, {})
    assert revision.id == revision_id({})
    assert not revision.partners
    assert not revision.directory.organisations


def test_the_shipped_mappings_make_a_valid_revision_by_themselves():
    shipped = shipped_files()
    assert all(path.startswith("mappings/") for path in shipped)
    assert isinstance(load(None, shipped), Revision)


def test_the_same_files_have_the_same_id_whatever_editor_saved_them(tmp_path):
    (tmp_path / "unix").mkdir()
    (tmp_path / "windows").mkdir()
    unix = load(written(tmp_path / "unix"), {})
    saved = {path: "\ufeff" + text.replace("\n", "\r\n") for path, text in FILES.items()}
    windows = load(written(tmp_path / "windows", saved), {})
    assert unix.id == windows.id
    assert unix == windows
    assert unix.id.startswith("sha256:")


def test_a_changed_word_an_added_file_and_a_shipped_file_change_the_id():
    ids = {
        revision_id(FILES),
        revision_id({**FILES, "routes.yaml": "copies: []\n"}),
        revision_id({**FILES, "partners/b.yaml": ""}),
        revision_id({}),
    }
    assert len(ids) == 4


@given(st.dictionaries(st.text(max_size=6), st.text(max_size=6), max_size=3))
def test_no_two_sets_of_files_are_mistaken_for_each_other(files):
    moved = {path + text: "" for path, text in files.items()}
    assert (revision_id(files) == revision_id(moved)) == (files == moved)
    assert revision_id(files) == revision_id(dict(reversed(list(files.items()))))


def test_a_stored_revision_is_rebuilt_with_the_same_id():
    revision = from_files(FILES)
    again = unpack(pack(revision))
    assert again == revision
    assert dict(again.files) == dict(revision.files)
    assert again.partners == revision.partners


@pytest.mark.parametrize("packed", [b"", b"nonsense", pack(from_files({}))[:-3]])
def test_damaged_bytes_are_refused(packed):
    with pytest.raises(ConfigurationFault) as caught:
        unpack(packed)
    assert caught.value.code == "configuration.damaged"


def test_a_revision_does_not_print_its_contents():
    assert repr(from_files(FILES)) == f"Revision(id='{revision_id(FILES)}')"


def test_a_partner_under_another_files_name_is_refused():
    fault = fault_of({"partners/village.yaml": FILES["partners/court.yaml"]})
    assert (fault.code, fault.facts["line"], fault.facts["field"]) == ("configuration.other_name", 1, "partner")


def test_an_organisation_that_stands_twice_is_refused_with_both_lines():
    text = FILES["organisations.yaml"] + "  - {id: org-t, name: 另一个, kind: village}\n"
    fault = fault_of({"organisations.yaml": text})
    assert (fault.code, fault.facts["line"], fault.facts["first"]) == ("configuration.organisation_twice", 3, 2)


def test_every_fault_of_every_file_is_listed():
    found = faults({
        "partners/a.yaml": "partner: a\n", "partners/b.yaml": "partner: b\nadapter: x\nx: 1\ny: 2\n",
        "routes.yaml": "copies: 3\n", "codes/a.b.yaml": "tabel: a.b\n",
    })  # fmt: skip
    assert {(fault.facts["file"], fault.facts["field"]) for fault in found} >= {
        ("partners/a.yaml", "adapter"),
        ("partners/b.yaml", "x"),
        ("partners/b.yaml", "y"),
        ("routes.yaml", "copies"),
        ("codes/a.b.yaml", "tabel"),
    }


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("organisation.yaml", "organisations.yaml"),
        ("partner/court.yaml", "partners/court.yaml"),
        ("routes.yml", "routes.yaml"),
    ],
)
def test_a_file_that_nothing_would_read_is_refused_with_the_name_that_was_meant(tmp_path, path, meant):
    with pytest.raises(ConfigurationFault) as caught:
        load(written(tmp_path, {path: ""}), {})
    assert (caught.value.code, caught.value.facts["meant"]) == ("configuration.unknown_file", meant)


def test_hidden_entries_and_files_that_are_not_yaml_are_left_alone(tmp_path):
    written(tmp_path, {".git/config.yaml": "x", "README.md": "x", "keys/court.pem": "x", "routes.yaml~": "x"})
    assert load(tmp_path, {}).id == revision_id({})


def test_an_own_file_may_not_hide_a_shipped_one(tmp_path):
    written(tmp_path, {"mappings/a/b.yaml": "x: 1\n"})
    with pytest.raises(ConfigurationFault) as caught:
        load(tmp_path, {"mappings/a/b.yaml": "x: 2\n"})
    assert caught.value.code == "configuration.hides_shipped"


def test_a_file_that_is_not_utf8_is_refused_with_the_line(tmp_path):
    (tmp_path / "organisations.yaml").write_bytes(b"organisations:\n  - name: \xca\xbe\xc0\xfd\n")
    with pytest.raises(ConfigurationFault) as caught:
        load(tmp_path, {})
    assert (caught.value.code, caught.value.facts["line"]) == ("configuration.not_utf8", 2)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "config").write_text("")
    with pytest.raises(ConfigurationFault) as caught:
        load(tmp_path / "config", {})
    assert caught.value.code == "configuration.not_a_folder"
