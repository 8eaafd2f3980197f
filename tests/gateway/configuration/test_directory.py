"""The directory of organisations."""

from datetime import date

from gateway.configuration.directory import Directory
from gateway.configuration.directory_rows import OrganisationRow, PersonRow

VILLAGE = OrganisationRow(
    id="org-village", name="示例村矛调站", kind="mediation_center", level="village", division="500242219201",
    partner="centre", codes={"court": ["JG-001", "JG-000"], "centre": "V01"},
)  # fmt: skip
TRIBUNAL = OrganisationRow(
    id="org-tribunal", name="示例人民法庭", kind="tribunal", partner="court", codes={"court": "T"}
)  # fmt: skip


def test_an_organisation_is_found_by_the_code_of_the_partner_at_hand():
    directory = Directory([VILLAGE, TRIBUNAL], partners=["court", "centre"])
    assert directory.organisation("court", "JG-001") == "org-village"
    assert directory.organisation("centre", "V01") == "org-village"
    assert directory.organisation("centre", "JG-001") is None
    assert directory.by_id("org-village").level == "village"
    assert directory.partner_of("org-village") == "centre"


def test_a_former_code_is_still_read_and_the_present_one_is_written():
    directory = Directory([VILLAGE])
    assert directory.organisation("court", "JG-000") == "org-village"
    assert directory.code("court", "org-village") == "JG-001"
    assert directory.code("police", "org-village") is None


def test_a_code_that_two_organisations_share_means_neither():
    again = VILLAGE.model_copy(update={"id": "org-other"})
    third = VILLAGE.model_copy(update={"id": "org-third"})
    directory = Directory([VILLAGE, again, third])
    assert directory.organisation("court", "JG-001") is None


def test_what_the_directory_does_not_know_is_none_and_no_error():
    directory = Directory()
    assert directory.by_id("org-nowhere") is None
    assert directory.organisation("court", "X") is None
    assert directory.code("court", "org-nowhere") is None
    assert directory.partner_of("org-nowhere") is None
    assert not directory.has_partner("court")


def test_a_division_is_named_by_the_administrators_table_before_the_national_one():
    directory = Directory(divisions={"500242219201": "新设村", "110101": "本地写法"})
    assert directory.division_name("500242219201") == "新设村"
    assert directory.division_name("110101") == "本地写法"
    assert directory.division_name("500242") == "酉阳土家族苗族自治县"
    assert directory.division_name("999999999") is None


def test_a_renamed_organisation_keeps_its_id_and_is_shown_under_the_name_and_code_of_the_day():
    renamed = OrganisationRow.model_validate(
        {
            "id": "org-centre", "name": "示例县综治中心", "kind": "mediation_center", "codes": {"court": "ZZ-1"},
            "former": [
                {"until": "2026-03-31", "name": "示例县矛调中心", "codes": {"court": "MT-1"}},
                {"until": "2023-12-31", "name": "示例县联调委", "codes": {"court": "LT-1"}},
            ],
        }
    )  # fmt: skip
    directory = Directory([renamed])
    for code in ("ZZ-1", "MT-1", "LT-1"):  # also in a record of today: nobody else has the code
        assert directory.organisation("court", code) == "org-centre"
    assert directory.code("court", "org-centre") == "ZZ-1"
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2026, 4, 1)]
    assert [renamed.name_on(day) for day in days] == ["示例县联调委", "示例县矛调中心", "示例县综治中心"]
    assert [renamed.codes_on(day)["court"] for day in days] == [("LT-1",), ("MT-1",), ("ZZ-1",)]


def test_a_former_code_that_another_organisation_has_now_means_that_one():
    former = {"former": [{"until": "2025-12-31", "codes": {"court": "JG-001"}}]}
    renamed = OrganisationRow.model_validate({"id": "org-old", "name": "示例", "kind": "village", **former})
    assert Directory([renamed, VILLAGE]).organisation("court", "JG-001") == "org-village"


def merged(**more):
    said = {"id": "org-a", "name": "甲村", "kind": "village", "until": "2026-03-31", "successor": "org-village"}
    return OrganisationRow.model_validate({**said, **more})


def test_a_merged_organisation_has_its_successor_after_its_last_day_and_is_reached_through_it():
    directory = Directory([merged(codes={"court": "JG-A"}), VILLAGE])
    assert directory.organisation("court", "JG-A") == "org-a"
    assert [directory.heir("org-a", date(2026, month, 1)) for month in (3, 4)] == ["org-a", "org-village"]
    assert directory.partner_of("org-a") == "centre"
    assert (directory.code("court", "org-a"), directory.code("centre", "org-a")) == ("JG-A", "V01")


def test_successors_that_come_round_end_somewhere():
    directory = Directory([merged(), merged(id="org-village", successor="org-a")])
    assert directory.heir("org-a", date(2026, 4, 1)) == "org-village"
    assert directory.partner_of("org-a") is None


def person(**more):
    return PersonRow.model_validate({"id": "P-1", "name": "李沐言", "category": "mediator", **more})


def test_people_who_mediate_in_a_unit_are_its_roster_for_as_long_as_they_have_the_place():
    place = {"organisation": "org-village", "until": "2026-03-31"}
    directory = Directory([VILLAGE], people=[person(places=[place]), person(id="P-2", name="田秋禾", category="judge")])
    assert {"P-1", "李沐言"} <= directory.mediators("org-village", date(2026, 3, 31))
    left = directory.mediators("org-village", date(2026, 4, 1))
    assert left  # a list that nobody is on any more still is one
    assert left.isdisjoint({"P-1", "李沐言", ""})
    assert directory.mediators("org-tribunal", date(2026, 3, 31)) == frozenset()
