"""The rest of the registry family: code tables, ledgers and statistics, as wholes (1-messages §1.6)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gateway.canonical.base import Canonical, Day, LongText, PartnerId, ShortText, said
from gateway.canonical.messages.bodies import MayNameACase, Recipients
from gateway.canonical.messages.envelope import Envelope, Sensitivity

LedgerKind = Literal["disputes", "mediations", "confirmations", "services"]
Rhythm = Literal["monthly", "quarterly", "half_yearly", "yearly", "other"]


class CodeEntry(Canonical):
    """One code of a table."""

    code: Annotated[ShortText, said("代码", "Code")]
    name: Annotated[ShortText, said("名称", "Name")]
    parent: Annotated[ShortText | None, said("上级代码", "Code above it")] = None
    valid_from: Annotated[Day | None, said("启用日期", "First day")] = None
    valid_until: Annotated[Day | None, said("停用日期", "Last day")] = None


class _Report(MayNameACase):
    recipients: Annotated[Recipients, said("接收机构", "Directory ids of everybody it is meant for")] = ()


class CodeTableData(_Report):
    """A partner's code table as it is now, complete."""

    table: Annotated[PartnerId, said("代码表标识", "Name of the table")]
    version: Annotated[ShortText, said("代码表版本", "Its version")]
    entries: Annotated[tuple[CodeEntry, ...], said("代码项", "Its codes"), Field(min_length=1, max_length=20_000)]


class CodeTable(Envelope):
    """REG-01 代码表同步 (CODETABLE_SYNC)."""

    type: Annotated[Literal["fengqiao.code_table"], said("代码表", "Code table")] = "fengqiao.code_table"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "internal"
    data: Annotated[CodeTableData, said("内容", "What it says")]


class LedgerData(_Report):
    """A ledger (台账) for inspection; the document carries its rows (YD 四(四))."""

    kind: Annotated[LedgerKind, said("台账类型", "Kind of ledger")]
    first_day: Annotated[Day, said("起始日期", "First day")]
    last_day: Annotated[Day, said("截止日期", "Last day")]
    rows: Annotated[int, said("行数", "Number of rows", ge=0, le=10**7)]


class Ledger(Envelope):
    """O-05 工作台账 (LEDGER_EXPORT)."""

    type: Annotated[Literal["fengqiao.ledger"], said("工作台账", "Ledger")] = "fengqiao.ledger"
    data: Annotated[LedgerData, said("内容", "What it says")]


class Measure(Canonical):
    """One figure of a report: an indicator, its numerator and what it is counted against."""

    indicator: Annotated[ShortText, said("指标", "Name or number of the indicator")]
    count: Annotated[int, said("数量", "What was counted", ge=0, le=10**12)]
    base: Annotated[int | None, said("基数", "What it is counted against", ge=0, le=10**12)] = None
    organisation: Annotated[PartnerId | None, said("机构标识", "Whose figure it is")] = None


class StatisticsData(_Report):
    """A periodical report: a liaison's monthly or quarterly one, or the ten indicators (JZ 20; YD 四(四))."""

    rhythm: Annotated[Rhythm, said("报送周期", "How often")]
    first_day: Annotated[Day, said("起始日期", "First day")]
    last_day: Annotated[Day, said("截止日期", "Last day")]
    measures: Annotated[tuple[Measure, ...], said("指标值", "Figures"), Field(max_length=1000)] = ()
    text: Annotated[LongText | None, said("情况说明", "In words")] = None


class Statistics(Envelope):
    """M-36 统计报表 (STAT_REPORT)."""

    type: Annotated[Literal["fengqiao.statistics"], said("统计报表", "Statistics")] = "fengqiao.statistics"
    sensitivity: Annotated[Sensitivity, said("敏感级别", "How its contents are to be protected")] = "internal"
    data: Annotated[StatisticsData, said("内容", "What it says")]
