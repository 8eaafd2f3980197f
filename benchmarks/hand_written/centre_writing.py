"""The mediation centre's referral (派单 case.dispatch), written by hand."""

from __future__ import annotations

from typing import Any

from benchmarks.hand_written.values import Directory, Fields, Tables, compact, fen, joined, millis, written


def write_centre(message: Any, codes: Tables, partner: str, directory: Directory) -> Fields:
    """Turn a message into the fields of a record."""
    data = message.data
    out: Fields = {"occurTime": written(message.time)}
    if message.sender:
        out["fromOrgCode"] = directory.code(partner, message.sender)
    if message.addressee:
        out["toOrgCode"] = directory.code(partner, message.addressee)
    _write_case(data.case, out)
    out["dispatchType"] = codes["mediation_center.variant"][data.variant]
    if data.level:
        out["levelCode"] = codes["mediation_center.level"][data.level]
    if data.period_days is not None:
        out["limitDays"] = data.period_days
    if data.reply_by is not None:
        out["replyDeadline"] = millis(data.reply_by)
    if data.individual is not None:
        _write_individual(data.individual, codes, out)
    if data.contact is not None:
        _write_contact(data.contact, out)
    _write_dispute(data.dispute, codes, out)
    out["partyList"] = [_write_party(party, codes) for party in data.parties]
    out["partyNum"] = len(data.parties)
    if data.consents:
        out["consentList"] = [_write_consent(consent, codes) for consent in data.consents]
    if data.note:
        out["remark"] = data.note
    return out


def _write_case(case: Any, out: Fields) -> None:
    if case.partner_id:
        out["eventId"] = case.partner_id
    if case.gateway_id:
        out["gatewayCaseNo"] = case.gateway_id
    if case.number:
        out["courtCaseNo"] = case.number
    if case.legacy_number:
        out["oldCaseNo"] = case.legacy_number
    if case.acceptance_number:
        out["acceptNo"] = case.acceptance_number
    if case.leg is not None:
        out["linkNo"] = case.leg


def _write_individual(individual: Any, codes: Tables, out: Fields) -> None:
    out["mediatorName"] = individual.name
    out["mediatorType"] = codes["mediation_center.person_category"][individual.category]
    if individual.id:
        out["mediatorId"] = individual.id
    if individual.phones:
        out["mediatorPhone"] = joined(individual.phones)


def _write_contact(contact: Any, out: Fields) -> None:
    out["dispatcherName"] = contact.name
    if contact.phones:
        out["dispatcherPhone"] = joined(contact.phones)


def _write_dispute(dispute: Any, codes: Tables, out: Fields) -> None:
    out["disputeTypeCode"] = codes["mediation_center.dispute_type"][dispute.type]
    if dispute.cause is not None:
        out["causeVersion"] = codes["mediation_center.cause_version"][dispute.cause.version]
        out["causeName"] = out["eventName"] = dispute.cause.name
    if dispute.amount is not None:
        out["involveAmount"] = fen(dispute.amount)
    if dispute.place is not None:
        if dispute.place.text:
            out["occurAddress"] = dispute.place.text
        if dispute.place.division:
            out["occurAreaCode"] = dispute.place.division
    if dispute.occurred_on is not None:
        out["occurDate"] = compact(dispute.occurred_on)
    if dispute.channel:
        out["sourceCode"] = codes["mediation_center.channel"][dispute.channel]
    if dispute.people is not None:
        out["involveNum"] = dispute.people
    if dispute.facts:
        out["eventDesc"] = dispute.facts
    if dispute.claims:
        out["appeal"] = dispute.claims
    if dispute.joint_scope:
        out["jointScopeCode"] = codes["mediation_center.joint_scope"][dispute.joint_scope]


def _write_party(party: Any, codes: Tables) -> Fields:  # noqa: C901, PLR0912  # a branch per field is what writing by hand means
    out: Fields = {
        "partyRole": codes["mediation_center.party_role"][party.role],
        "partyKind": codes["mediation_center.party_kind"][party.kind],
        "partyName": party.name,
    }
    if party.partner_id:
        out["partyId"] = party.partner_id
    if party.document is not None:
        _write_document(party.document, codes, out)
    if party.credit_code:
        out["creditCode"] = party.credit_code
    if party.representative is not None:
        _write_representative(party.representative, out)
    if party.sex:
        out["gender"] = codes["mediation_center.sex"][party.sex]
    if party.birth_date is not None:
        out["birthday"] = compact(party.birth_date)
    if party.ethnicity:
        out["nation"] = codes["mediation_center.ethnicity"][party.ethnicity]
    if party.occupation:
        out["occupation"] = party.occupation
    if party.phones:
        out["phone"] = joined(party.phones)
    if party.domicile is not None:
        out["homeAddress"] = party.domicile.text
        if party.domicile.division:
            out["homeAreaCode"] = party.domicile.division
    if party.residence is not None:
        out["liveAddress"] = party.residence.text
        if party.residence.division:
            out["liveAreaCode"] = party.residence.division
    if party.service_address:
        out["serviceAddress"] = party.service_address
    if party.agents:
        out["agentList"] = [_write_agent(agent, codes) for agent in party.agents]
    if party.note:
        out["remark"] = party.note
    return out


def _write_document(document: Any, codes: Tables, out: Fields) -> None:
    out["idCardType"] = codes["mediation_center.document_type"][document.type]
    out["idCardNo"] = document.number


def _write_representative(representative: Any, out: Fields) -> None:
    out["legalPersonName"] = representative.name
    if representative.title:
        out["legalPersonTitle"] = representative.title
    if representative.phones:
        out["legalPersonPhone"] = joined(representative.phones)


def _write_agent(agent: Any, codes: Tables) -> Fields:
    out: Fields = {
        "agentName": agent.name,
        "agentType": codes["mediation_center.agent_kind"][agent.kind],
        "agentPower": codes["mediation_center.powers"][agent.powers],
    }
    if agent.document is not None:
        _write_document(agent.document, codes, out)
    if agent.phones:
        out["phone"] = joined(agent.phones)
    if agent.workplace:
        out["workUnit"] = agent.workplace
    return out


def _write_consent(consent: Any, codes: Tables) -> Fields:
    out: Fields = {
        "partyName": consent.party,
        "agree": "1" if consent.given else "0",
        "agreeTime": millis(consent.at),
        "agreeMode": codes["mediation_center.consent_method"][consent.method],
    }
    if consent.evidence:
        out["evidenceId"] = consent.evidence
    return out
