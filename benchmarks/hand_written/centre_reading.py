"""The mediation centre's referral (派单 case.dispatch), read by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from benchmarks.hand_written.values import Directory, Fields, Tables, from_millis, moment, pieces, yuan_of


def read_centre(said: Mapping[str, Any], codes: Tables, partner: str, directory: Directory) -> Fields:
    """Turn the fields of a record into the values of a message."""
    found: Fields = {}
    if v := said.get("occurTime"):
        found["time"] = moment(v)
    if v := said.get("fromOrgCode"):
        found["sender"] = directory.organisation(partner, v.strip())
    if v := said.get("toOrgCode"):
        found["addressee"] = directory.organisation(partner, v.strip())
    found["data"] = data = _read_referral(said, codes)
    data["dispute"] = _read_dispute(said, codes)
    if parties := [_read_party(each, codes) for each in said.get("partyList") or ()]:
        data["parties"] = parties
    if consents := [_read_consent(each, codes) for each in said.get("consentList") or ()]:
        data["consents"] = consents
    if v := said.get("remark"):
        data["note"] = v.strip()
    return found


def _read_referral(said: Mapping[str, Any], codes: Tables) -> Fields:
    data: Fields = {}
    if case := _read_case(said):
        data["case"] = case
    if v := said.get("dispatchType"):
        data["variant"] = codes["mediation_center.variant"][v]
    if v := said.get("levelCode"):
        data["level"] = codes["mediation_center.level"][v]
    if (n := said.get("limitDays")) is not None:
        data["period_days"] = int(n)
    if n := said.get("replyDeadline"):
        data["reply_by"] = from_millis(n)
    if individual := _read_individual(said, codes):
        data["individual"] = individual
    if contact := _read_contact(said):
        data["contact"] = contact
    return data


def _read_case(said: Mapping[str, Any]) -> Fields:
    case: Fields = {}
    if v := said.get("eventId"):
        case["partner_id"] = v.strip()
    if v := said.get("gatewayCaseNo"):
        case["gateway_id"] = v.strip()
    if v := said.get("courtCaseNo"):
        case["number"] = v.strip()
    if v := said.get("oldCaseNo"):
        case["legacy_number"] = v.strip()
    if v := said.get("acceptNo"):
        case["acceptance_number"] = v.strip()
    if (n := said.get("linkNo")) is not None:
        case["leg"] = int(n)
    return case


def _read_individual(said: Mapping[str, Any], codes: Tables) -> Fields:
    individual: Fields = {}
    if v := said.get("mediatorId"):
        individual["id"] = v.strip()
    if v := said.get("mediatorName"):
        individual["name"] = v.strip()
    if v := said.get("mediatorType"):
        individual["category"] = codes["mediation_center.person_category"][v]
    if v := said.get("mediatorPhone"):
        individual["phones"] = pieces(v)
    return individual


def _read_contact(said: Mapping[str, Any]) -> Fields:
    contact: Fields = {}
    if v := said.get("dispatcherName"):
        contact["name"] = v.strip()
    if v := said.get("dispatcherPhone"):
        contact["phones"] = pieces(v)
    return contact


def _read_dispute(said: Mapping[str, Any], codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    dispute: Fields = {}
    cause: Fields = {}
    place: Fields = {}
    if v := said.get("disputeTypeCode"):
        dispute["type"] = codes["mediation_center.dispute_type"][v]
    if v := said.get("causeVersion"):
        cause["version"] = codes["mediation_center.cause_version"][v]
    if v := said.get("causeName"):
        cause["name"] = v.strip()
    if (n := said.get("involveAmount")) is not None:
        dispute["amount"] = yuan_of(n)
    if v := said.get("occurAddress"):
        place["text"] = v.strip()
    if v := said.get("occurAreaCode"):
        place["division"] = v.strip()
    if v := said.get("occurDate"):
        dispute["occurred_on"] = date.fromisoformat(v)
    if v := said.get("sourceCode"):
        dispute["channel"] = codes["mediation_center.channel"][v]
    if (n := said.get("involveNum")) is not None:
        dispute["people"] = int(n)
    if v := said.get("eventDesc"):
        dispute["facts"] = v.strip()
    if v := said.get("appeal"):
        dispute["claims"] = v.strip()
    if v := said.get("jointScopeCode"):
        dispute["joint_scope"] = codes["mediation_center.joint_scope"][v]
    if cause:
        dispute["cause"] = cause
    if place:
        dispute["place"] = place
    return dispute


def _read_party(said: Mapping[str, Any], codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    party: Fields = {}
    if v := said.get("partyId"):
        party["partner_id"] = v.strip()
    if v := said.get("partyRole"):
        party["role"] = codes["mediation_center.party_role"][v]
    if v := said.get("partyKind"):
        party["kind"] = codes["mediation_center.party_kind"][v]
    if v := said.get("partyName"):
        party["name"] = v.strip()
    if document := _read_document(said, codes):
        party["document"] = document
    if v := said.get("creditCode"):
        party["credit_code"] = v.strip()
    if representative := _read_representative(said):
        party["representative"] = representative
    if v := said.get("gender"):
        party["sex"] = codes["mediation_center.sex"][v]
    if v := said.get("birthday"):
        party["birth_date"] = date.fromisoformat(v)
    if v := said.get("nation"):
        party["ethnicity"] = codes["mediation_center.ethnicity"][v]
    if v := said.get("occupation"):
        party["occupation"] = v.strip()
    if v := said.get("phone"):
        party["phones"] = pieces(v)
    if domicile := _read_address(said, "homeAddress", "homeAreaCode"):
        party["domicile"] = domicile
    if residence := _read_address(said, "liveAddress", "liveAreaCode"):
        party["residence"] = residence
    if v := said.get("serviceAddress"):
        party["service_address"] = v.strip()
    if agents := [_read_agent(each, codes) for each in said.get("agentList") or ()]:
        party["agents"] = agents
    if v := said.get("remark"):
        party["note"] = v.strip()
    return party


def _read_document(said: Mapping[str, Any], codes: Tables) -> Fields:
    document: Fields = {}
    if v := said.get("idCardType"):
        document["type"] = codes["mediation_center.document_type"][v]
    if v := said.get("idCardNo"):
        document["number"] = v.strip()
    return document


def _read_representative(said: Mapping[str, Any]) -> Fields:
    representative: Fields = {}
    if v := said.get("legalPersonName"):
        representative["name"] = v.strip()
    if v := said.get("legalPersonTitle"):
        representative["title"] = v.strip()
    if v := said.get("legalPersonPhone"):
        representative["phones"] = pieces(v)
    return representative


def _read_address(said: Mapping[str, Any], text: str, area: str) -> Fields:
    address: Fields = {}
    if v := said.get(text):
        address["text"] = v.strip()
    if v := said.get(area):
        address["division"] = v.strip()
    return address


def _read_agent(said: Mapping[str, Any], codes: Tables) -> Fields:
    agent: Fields = {}
    if v := said.get("agentName"):
        agent["name"] = v.strip()
    if v := said.get("agentType"):
        agent["kind"] = codes["mediation_center.agent_kind"][v]
    if v := said.get("agentPower"):
        agent["powers"] = codes["mediation_center.powers"][v]
    if document := _read_document(said, codes):
        agent["document"] = document
    if v := said.get("phone"):
        agent["phones"] = pieces(v)
    if v := said.get("workUnit"):
        agent["workplace"] = v.strip()
    return agent


def _read_consent(said: Mapping[str, Any], codes: Tables) -> Fields:
    consent: Fields = {}
    if v := said.get("partyName"):
        consent["party"] = v.strip()
    if v := said.get("agree"):
        consent["given"] = v == "1"
    if n := said.get("agreeTime"):
        consent["at"] = from_millis(n)
    if v := said.get("agreeMode"):
        consent["method"] = codes["mediation_center.consent_method"][v]
    if v := said.get("evidenceId"):
        consent["evidence"] = v.strip()
    return consent
