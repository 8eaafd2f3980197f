"""The directory of organisations."""

from gateway.configuration.directory import Directory
from gateway.configuration.files import OrganisationRow

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
