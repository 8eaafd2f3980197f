"""The court platform's referral (案件委派 ajwp), written by hand."""

from __future__ import annotations

from typing import Any

from benchmarks.hand_written.values import Directory, Fields, Tables, joined, written, yuan


def write_court(message: Any, codes: Tables, partner: str, directory: Directory) -> Fields:
    """Turn a message into the fields of a record."""
    data = message.data
    out: Fields = {"fssj": written(message.time)}
    if message.sender:
        out["fsjg"] = directory.code(partner, message.sender)
    if message.addressee:
        out["jsjg"] = directory.code(partner, message.addressee)
    if case := _write_case(data.case):
        out["ajxx"] = case
    out["wpfs"] = codes["court_platform.variant"][data.variant]
    if data.level:
        out["tjcj"] = codes["court_platform.level"][data.level]
    if data.period_days is not None:
        out["tjqx"] = data.period_days
    if data.reply_by is not None:
        out["jsqx"] = written(data.reply_by)
    if data.individual is not None:
        out["spgr"] = _write_individual(data.individual, codes)
    if data.contact is not None:
        out["fly"] = _write_contact(data.contact)
    out["jfxx"] = _write_dispute(data.dispute, codes)
    out["dsrlb"] = [_write_party(party, codes) for party in data.parties]
    if data.consents:
        out["dsryj"] = [_write_consent(consent, codes) for consent in data.consents]
    if data.note:
        out["bz"] = data.note
    return out


def _write_case(case: Any) -> Fields:
    out: Fields = {}
    if case.partner_id:
        out["ajbh"] = case.partner_id
    if case.gateway_id:
        out["wgajbh"] = case.gateway_id
    if case.number:
        out["ah"] = case.number
    if case.legacy_number:
        out["jah"] = case.legacy_number
    if case.acceptance_number:
        out["slbh"] = case.acceptance_number
    if case.leg is not None:
        out["hjxh"] = case.leg
    return out


def _write_individual(individual: Any, codes: Tables) -> Fields:
    out: Fields = {"xm": individual.name, "rylb": codes["court_platform.person_category"][individual.category]}
    if individual.id:
        out["rybh"] = individual.id
    if individual.phones:
        out["lxdh"] = joined(individual.phones)
    return out


def _write_contact(contact: Any) -> Fields:
    out: Fields = {"xm": contact.name}
    if contact.phones:
        out["lxdh"] = joined(contact.phones)
    return out


def _write_dispute(dispute: Any, codes: Tables) -> Fields:
    out: Fields = {"jflx": codes["court_platform.dispute_type"][dispute.type]}
    if dispute.cause is not None:
        out["aybb"] = codes["court_platform.cause_version"][dispute.cause.version]
        out["ay"] = dispute.cause.name
    if dispute.amount is not None:
        out["bdje"] = yuan(dispute.amount)
    if dispute.place is not None:
        if dispute.place.text:
            out["fsdd"] = dispute.place.text
        if dispute.place.division:
            out["fsdqh"] = dispute.place.division
    if dispute.occurred_on is not None:
        out["fsrq"] = dispute.occurred_on.isoformat()
    if dispute.channel:
        out["ajly"] = codes["court_platform.channel"][dispute.channel]
    if dispute.people is not None:
        out["sjrs"] = dispute.people
    if dispute.facts:
        out["ssly"] = dispute.facts
    if dispute.claims:
        out["ssqq"] = dispute.claims
    if dispute.joint_scope:
        out["ltfw"] = codes["court_platform.joint_scope"][dispute.joint_scope]
    return out


def _write_party(party: Any, codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    out: Fields = {
        "ssdw": codes["court_platform.party_role"][party.role],
        "dsrlx": codes["court_platform.party_kind"][party.kind],
        "xm": party.name,
    }
    if party.partner_id:
        out["dsrbh"] = party.partner_id
    if party.document is not None:
        _write_document(party.document, codes, out)
    if party.credit_code:
        out["tyshxydm"] = party.credit_code
    if party.representative is not None:
        out["fddbr"] = _write_representative(party.representative)
    if party.sex:
        out["xb"] = codes["court_platform.sex"][party.sex]
    if party.birth_date is not None:
        out["csrq"] = party.birth_date.isoformat()
    if party.ethnicity:
        out["mz"] = codes["court_platform.ethnicity"][party.ethnicity]
    if party.occupation:
        out["zy"] = party.occupation
    if party.phones:
        out["lxdh"] = joined(party.phones)
    if party.domicile is not None:
        out["zsd"] = _write_address(party.domicile)
    if party.residence is not None:
        out["jzd"] = _write_address(party.residence)
    if party.service_address:
        out["dzsddz"] = party.service_address
    if party.agents:
        out["dlrlb"] = [_write_agent(agent, codes) for agent in party.agents]
    if party.note:
        out["bz"] = party.note
    return out


def _write_document(document: Any, codes: Tables, out: Fields) -> None:
    out["zjlx"] = codes["court_platform.document_type"][document.type]
    out["zjhm"] = document.number


def _write_representative(representative: Any) -> Fields:
    out: Fields = {"xm": representative.name}
    if representative.title:
        out["zw"] = representative.title
    if representative.phones:
        out["lxdh"] = joined(representative.phones)
    return out


def _write_address(address: Any) -> Fields:
    out: Fields = {"xxdz": address.text}
    if address.division:
        out["xzqh"] = address.division
    return out


def _write_agent(agent: Any, codes: Tables) -> Fields:
    out: Fields = {
        "xm": agent.name,
        "dlrlx": codes["court_platform.agent_kind"][agent.kind],
        "dlqx": codes["court_platform.powers"][agent.powers],
    }
    if agent.document is not None:
        _write_document(agent.document, codes, out)
    if agent.phones:
        out["lxdh"] = joined(agent.phones)
    if agent.workplace:
        out["gzdw"] = agent.workplace
    return out


def _write_consent(consent: Any, codes: Tables) -> Fields:
    out: Fields = {
        "xm": consent.party,
        "sfty": "1" if consent.given else "0",
        "zxsj": written(consent.at),
        "zxfs": codes["court_platform.consent_method"][consent.method],
    }
    if consent.evidence:
        out["pzbh"] = consent.evidence
    return out
