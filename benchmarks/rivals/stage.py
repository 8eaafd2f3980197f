"""The gateway's configuration folder for the comparison: two partners, two mappings, their code tables."""

from __future__ import annotations

import argparse
from pathlib import Path

SECRET = "measured-and-thrown-away"  # noqa: S105  # of no system but the one measured
SECRET_VARIABLE = "BENCH_SHARED_SECRET"  # noqa: S105  # its name
FILES = {
    "partners/register.yaml": """\
partner: register
adapter: case_register
organisations: [org-register]
base_url: "{sink}"
secrets: {{shared: "env:BENCH_SHARED_SECRET"}}
""",
    "partners/receiver.yaml": """\
partner: receiver
adapter: case_receiver
organisations: [org-committee]
base_url: "{sink}"
secrets: {{shared: "env:BENCH_SHARED_SECRET"}}
concurrency: {concurrency}
workers: {workers}
""",
    "organisations.yaml": """\
organisations:
  - {{id: org-register, name: 某县人民法院, kind: tribunal, level: county, partner: register}}
  - id: org-committee
    name: 某乡人民调解委员会
    kind: mediation_center
    level: township
    partner: receiver
    codes: {{register: ORG-500242219003, receiver: "500242219003"}}
""",
    "mappings/case_register/referral.yaml": """\
mapping: case_register/referral
record: case
message: referral
direction: read
rows:
  - {{partner: case_id, canonical: data.case.partner_id}}
  - {{partner: case_id, canonical: data.case.legacy_number}}
  - {{partner: trace, canonical: data.case.acceptance_number}}
  - {{partner: received_at, canonical: time, date: iso}}
  - {{partner: organisation.code, canonical: addressee, directory: organisation}}
  - {{partner: organisation.level, canonical: data.level, codes: rivals.level}}
  - {{constant: delegated, canonical: data.variant}}
  - partner: parties
    canonical: data.parties
    each:
      - {{partner: role, canonical: role, codes: rivals.role}}
      - {{partner: role, canonical: kind, codes: rivals.kind}}
      - {{partner: name, canonical: name, required: true}}
      - {{partner: sex, canonical: sex, codes: rivals.sex}}
      - {{partner: birth_date, canonical: birth_date, date: date}}
      - {{constant: "111", canonical: document.type, when: {{partner: role, is: applicant}}}}
      - {{partner: id_number, canonical: document.number}}
      - {{partner: uscc, canonical: credit_code, as: credit_code}}
      - {{partner: contact, canonical: representative.name}}
      - {{partner: phone, canonical: phones, split: "、"}}
      - {{partner: address.street, canonical: domicile.text}}
      - {{partner: address.division, canonical: domicile.division, as: division}}
  - {{partner: dispute.type, canonical: data.dispute.type, codes: rivals.dispute_type}}
  - {{constant: "2025", canonical: data.dispute.cause.version}}
  - {{partner: dispute.cause, canonical: data.dispute.cause.name}}
  - {{partner: dispute.amount, canonical: data.dispute.amount, money: yuan}}
  - {{partner: dispute.occurred_on, canonical: data.dispute.occurred_on, date: date}}
  - partner: consents
    canonical: data.consents
    each:
      - {{partner: party, canonical: party}}
      - {{partner: given, canonical: given, boolean: {{true: true, false: false}}}}
      - {{partner: "on", canonical: at, date: date}}
  - {{partner: facts, canonical: data.dispute.facts}}
""",
    "mappings/case_receiver/referral.yaml": """\
mapping: case_receiver/referral
record: case
message: referral
direction: write
rows:
  - {{partner: caseNumber, canonical: data.case.legacy_number}}
  - {{partner: traceRef, canonical: data.case.acceptance_number}}
  - {{partner: slrq, canonical: time, date: compact_date}}
  - {{partner: tjzzbm, canonical: addressee, directory: organisation}}
  - partner: dsr
    canonical: data.parties
    each:
      - {{partner: dw, canonical: role, codes: rivals.role}}
      - {{partner: xm, canonical: name}}
      - {{partner: xb, canonical: sex, codes: rivals.sex_word}}
      - {{partner: csrq, canonical: birth_date, date: compact_date}}
      - {{partner: zjhm, canonical: document.number}}
      - {{partner: xydm, canonical: credit_code, as: credit_code}}
      - {{partner: fzr, canonical: representative.name}}
      - {{partner: dh, canonical: phones, split: "、"}}
      - {{partner: dz, canonical: domicile.text}}
      - {{partner: dzqh, canonical: domicile.division, as: division}}
  - {{partner: jflx, canonical: data.dispute.type, codes: rivals.dispute_number}}
  - {{partner: ay, canonical: data.dispute.cause.name}}
  - {{partner: bdje, canonical: data.dispute.amount, money: fen}}
  - {{partner: fsrq, canonical: data.dispute.occurred_on, date: compact_date}}
  - partner: tyqk
    canonical: data.consents
    each:
      - {{partner: dsr, canonical: party}}
      - {{partner: ty, canonical: given, boolean: {{true: 是, false: 否}}}}
  - {{partner: jfjj, canonical: data.dispute.facts}}
""",
    "codes/rivals.level.yaml": """\
table: rivals.level
canonical: data.level
entries: [{{partner: township, canonical: township}}, {{partner: village, canonical: village}}]
""",
    "codes/rivals.role.yaml": """\
table: rivals.role
canonical: data.parties[].role
entries: [{{partner: applicant, canonical: applicant}}, {{partner: respondent, canonical: respondent}}]
""",
    "codes/rivals.kind.yaml": """\
table: rivals.kind
canonical: data.parties[].kind
entries: [{{partner: applicant, canonical: natural_person}}, {{partner: respondent, canonical: legal_person}}]
""",
    "codes/rivals.sex.yaml": """\
table: rivals.sex
canonical: data.parties[].sex
entries: [{{partner: "1", canonical: "1"}}, {{partner: "2", canonical: "2"}}]
""",
    "codes/rivals.sex_word.yaml": """\
table: rivals.sex_word
canonical: data.parties[].sex
entries: [{{partner: 男, canonical: "1"}}, {{partner: 女, canonical: "2"}}]
""",
    "codes/rivals.dispute_type.yaml": """\
table: rivals.dispute_type
canonical: data.dispute.type
entries: [{{partner: contract, canonical: contract}}, {{partner: neighbour, canonical: neighbours}}]
""",
    "codes/rivals.dispute_number.yaml": """\
table: rivals.dispute_number
canonical: data.dispute.type
entries: [{{partner: "04", canonical: contract}}, {{partner: "02", canonical: neighbours}}]
""",
}


def write(folder: Path, *, sink: str, concurrency: int, workers: int) -> None:
    """Write the configuration folder."""
    for name, content in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content.format(sink=sink, concurrency=concurrency, workers=workers), encoding="utf-8")


def main() -> None:
    """Write it where the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals.stage", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sink", required=True)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    write(given.folder, sink=given.sink, concurrency=given.concurrency, workers=given.workers)


if __name__ == "__main__":
    main()
