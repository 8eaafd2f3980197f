"""The samples say what every kind of record means, and the mappings agree with them in both directions."""

from __future__ import annotations

from gateway.canonical.messages import PREFIX, TYPES, parse
from tests.contract.dialect import BASE, Dialect, Sample, received, record_of, without_contents


def test_a_record_reads_as_its_twin(dialect: Dialect, arriving: Sample) -> None:
    reading = dialect.read(arriving.record)
    assert reading.faults == ()
    assert reading.verdict == "translated"
    assert reading.unmapped == (), "a field of the sample that no row names"
    assert reading.message == parse({**(arriving.twin or {}), **BASE})


def test_a_twin_writes_as_its_record(dialect: Dialect, leaving: Sample) -> None:
    writing = dialect.write(leaving.message)
    assert writing.lost == (), "a field of the twin that no row names"
    assert writing.record == without_contents(leaving.record)


def test_what_leaves_could_come_back(dialect: Dialect, leaving: Sample) -> None:
    """A mapping that reads what it writes says the same both times."""
    reading = dialect.read(without_contents(leaving.record))
    if reading.verdict == "held" and not reading.mapping:
        assert all(each.read is None for each in dialect.mappings.mappings if each.record == leaving.record.kind)
        return  # it is only ever written
    assert reading.message == parse({**(leaving.twin or {}), **BASE})


def test_a_refused_sample_is_refused_for_the_field_it_names(dialect: Dialect, sample: Sample) -> None:
    if sample.refused is None:
        assert sample.twin is not None, "a sample has a twin, or names the field it is refused for"
        return
    reading = dialect.read(sample.record)
    assert reading.verdict == "refused"
    assert sample.refused in {fault.partner_path for fault in reading.faults}


def test_a_record_that_arrives_survives_the_wire(dialect: Dialect, arriving: Sample, keys: dict[str, str]) -> None:
    """What the simulator puts on the wire is what the adapter takes off it."""
    request = received(dialect.pretending(keys).wrap([arriving.plain]))
    [record] = dialect.speaking(keys).decode(request)
    there = arriving.record
    assert (record.kind, record.id, record.version) == (there.kind, there.id, there.version)
    assert record.fields == there.fields
    assert [each.content for each in record.attachments] == [each.content for each in there.attachments]
    assert [each.url for each in record.attachments] == [each.url for each in there.attachments]
    assert dialect.read(record).message == dialect.read(record_of(arriving.plain)).message


def test_every_mapping_has_a_sample(dialect: Dialect) -> None:
    used = {dialect.read(each.record).mapping for each in dialect.samples if each.arrives}
    used |= {dialect.write(each.message).mapping for each in dialect.samples if each.leaves}
    assert {mapping.name for mapping in dialect.mappings.mappings} <= used


def test_every_kind_of_record_has_a_sample(dialect: Dialect) -> None:
    kinds = {mapping.record for mapping in dialect.mappings.mappings}
    shown = {each.record.kind for each in dialect.samples}
    if dialect.canonical:
        assert shown <= {f"{PREFIX}{name}" for name in TYPES}, "it carries every type; a few are enough to show it"
    else:
        assert kinds == shown


def test_the_samples_speak_of_messages_that_there_are(dialect: Dialect) -> None:
    types = {each.message.type.removeprefix("fengqiao.") for each in dialect.samples if each.twin is not None}
    assert types <= set(TYPES)
    assert dialect.directory.codes, "the suite's directory has no organisation that this partner knows"


def test_no_two_samples_have_the_same_identity(dialect: Dialect) -> None:
    identities = [(each.record.kind, each.record.id, each.record.version) for each in dialect.samples]
    assert len(set(identities)) == len(identities)
