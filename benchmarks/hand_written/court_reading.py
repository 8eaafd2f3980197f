"""The court platform's referral (案件委派 ajwp), read by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from benchmarks.hand_written.values import Directory, Fields, Tables, moment, pieces

_NOTHING: Mapping[str, Any] = {}


def read_court(said: Mapping[str, Any], codes: Tables, partner: str, directory: Directory) -> Fields:
    """Turn the fields of a record into the values of a message."""
    found: Fields = {}
    if v := said.get("fssj"):
        found["time"] = moment(v)
    if v := said.get("fsjg"):
        found["sender"] = directory.organisation(partner, v.strip())
    if v := said.get("jsjg"):
        found["addressee"] = directory.organisation(partner, v.strip())
    found["data"] = data = _read_referral(said, codes)
    data["dispute"] = _read_dispute(said.get("jfxx") or _NOTHING, codes)
    if parties := [_read_party(each, codes) for each in said.get("dsrlb") or ()]:
        data["parties"] = parties
    if consents := [_read_consent(each, codes) for each in said.get("dsryj") or ()]:
        data["consents"] = consents
    if v := said.get("bz"):
        data["note"] = v.strip()
    return found


def _read_referral(said: Mapping[str, Any], codes: Tables) -> Fields:
    data: Fields = {}
    if case := _read_case(said.get("ajxx") or _NOTHING):
        data["case"] = case
    if v := said.get("wpfs"):
        data["variant"] = codes["court_platform.variant"][v]
    if v := said.get("tjcj"):
        data["level"] = codes["court_platform.level"][v]
    if (n := said.get("tjqx")) is not None:
        data["period_days"] = int(n)
    if v := said.get("jsqx"):
        data["reply_by"] = moment(v)
    if individual := _read_individual(said.get("spgr") or _NOTHING, codes):
        data["individual"] = individual
    if contact := _read_contact(said.get("fly") or _NOTHING):
        data["contact"] = contact
    return data


def _read_case(said: Mapping[str, Any]) -> Fields:
    case: Fields = {}
    if v := said.get("ajbh"):
        case["partner_id"] = v.strip()
    if v := said.get("wgajbh"):
        case["gateway_id"] = v.strip()
    if v := said.get("ah"):
        case["number"] = v.strip()
    if v := said.get("jah"):
        case["legacy_number"] = v.strip()
    if v := said.get("slbh"):
        case["acceptance_number"] = v.strip()
    if (n := said.get("hjxh")) is not None:
        case["leg"] = int(n)
    return case


def _read_individual(said: Mapping[str, Any], codes: Tables) -> Fields:
    individual: Fields = {}
    if v := said.get("rybh"):
        individual["id"] = v.strip()
    if v := said.get("xm"):
        individual["name"] = v.strip()
    if v := said.get("rylb"):
        individual["category"] = codes["court_platform.person_category"][v]
    if v := said.get("lxdh"):
        individual["phones"] = pieces(v)
    return individual


def _read_contact(said: Mapping[str, Any]) -> Fields:
    contact: Fields = {}
    if v := said.get("xm"):
        contact["name"] = v.strip()
    if v := said.get("lxdh"):
        contact["phones"] = pieces(v)
    return contact


def _read_dispute(said: Mapping[str, Any], codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    dispute: Fields = {}
    cause: Fields = {}
    place: Fields = {}
    if v := said.get("jflx"):
        dispute["type"] = codes["court_platform.dispute_type"][v]
    if v := said.get("aybb"):
        cause["version"] = codes["court_platform.cause_version"][v]
    if v := said.get("ay"):
        cause["name"] = v.strip()
    if v := said.get("bdje"):
        dispute["amount"] = v.strip()
    if v := said.get("fsdd"):
        place["text"] = v.strip()
    if v := said.get("fsdqh"):
        place["division"] = v.strip()
    if v := said.get("fsrq"):
        dispute["occurred_on"] = date.fromisoformat(v)
    if v := said.get("ajly"):
        dispute["channel"] = codes["court_platform.channel"][v]
    if (n := said.get("sjrs")) is not None:
        dispute["people"] = int(n)
    if v := said.get("ssly"):
        dispute["facts"] = v.strip()
    if v := said.get("ssqq"):
        dispute["claims"] = v.strip()
    if v := said.get("ltfw"):
        dispute["joint_scope"] = codes["court_platform.joint_scope"][v]
    if cause:
        dispute["cause"] = cause
    if place:
        dispute["place"] = place
    return dispute


def _read_party(said: Mapping[str, Any], codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    party: Fields = {}
    if v := said.get("dsrbh"):
        party["partner_id"] = v.strip()
    if v := said.get("ssdw"):
        party["role"] = codes["court_platform.party_role"][v]
    if v := said.get("dsrlx"):
        party["kind"] = codes["court_platform.party_kind"][v]
    if v := said.get("xm"):
        party["name"] = v.strip()
    if document := _read_document(said, codes):
        party["document"] = document
    if v := said.get("tyshxydm"):
        party["credit_code"] = v.strip()
    if representative := _read_representative(said.get("fddbr") or _NOTHING):
        party["representative"] = representative
    if v := said.get("xb"):
        party["sex"] = codes["court_platform.sex"][v]
    if v := said.get("csrq"):
        party["birth_date"] = date.fromisoformat(v)
    if v := said.get("mz"):
        party["ethnicity"] = codes["court_platform.ethnicity"][v]
    if v := said.get("zy"):
        party["occupation"] = v.strip()
    if v := said.get("lxdh"):
        party["phones"] = pieces(v)
    if domicile := _read_address(said.get("zsd") or _NOTHING):
        party["domicile"] = domicile
    if residence := _read_address(said.get("jzd") or _NOTHING):
        party["residence"] = residence
    if v := said.get("dzsddz"):
        party["service_address"] = v.strip()
    if agents := [_read_agent(each, codes) for each in said.get("dlrlb") or ()]:
        party["agents"] = agents
    if v := said.get("bz"):
        party["note"] = v.strip()
    return party


def _read_document(said: Mapping[str, Any], codes: Tables) -> Fields:
    document: Fields = {}
    if v := said.get("zjlx"):
        document["type"] = codes["court_platform.document_type"][v]
    if v := said.get("zjhm"):
        document["number"] = v.strip()
    return document


def _read_representative(said: Mapping[str, Any]) -> Fields:
    representative: Fields = {}
    if v := said.get("xm"):
        representative["name"] = v.strip()
    if v := said.get("zw"):
        representative["title"] = v.strip()
    if v := said.get("lxdh"):
        representative["phones"] = pieces(v)
    return representative


def _read_address(said: Mapping[str, Any]) -> Fields:
    address: Fields = {}
    if v := said.get("xxdz"):
        address["text"] = v.strip()
    if v := said.get("xzqh"):
        address["division"] = v.strip()
    return address


def _read_agent(said: Mapping[str, Any], codes: Tables) -> Fields:
    agent: Fields = {}
    if v := said.get("xm"):
        agent["name"] = v.strip()
    if v := said.get("dlrlx"):
        agent["kind"] = codes["court_platform.agent_kind"][v]
    if v := said.get("dlqx"):
        agent["powers"] = codes["court_platform.powers"][v]
    if document := _read_document(said, codes):
        agent["document"] = document
    if v := said.get("lxdh"):
        agent["phones"] = pieces(v)
    if v := said.get("gzdw"):
        agent["workplace"] = v.strip()
    return agent


def _read_consent(said: Mapping[str, Any], codes: Tables) -> Fields:
    consent: Fields = {}
    if v := said.get("xm"):
        consent["party"] = v.strip()
    if v := said.get("sfty"):
        consent["given"] = v == "1"
    if v := said.get("zxsj"):
        consent["at"] = moment(v)
    if v := said.get("zxfs"):
        consent["method"] = codes["court_platform.consent_method"][v]
    if v := said.get("pzbh"):
        consent["evidence"] = v.strip()
    return consent
