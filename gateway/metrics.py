"""What is counted and timed, as Prometheus metrics: one table of families, and the instruments that fill them.

Every name begins with ``fengqiao_`` and ends in its unit. ``docs/metrics.md`` is made from the table. A label takes
few values: partners of the configuration, codes of the catalogue, states. The instruments of one process live in a
registry that the composition root makes; what the store holds is measured at a scrape (``measuring.py``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

Kind = Literal["counter", "gauge", "histogram"]
Child = TypeVar("Child", Counter, Histogram)
QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
LAG = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0, 86400.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric. ``at_scrape``: measured when asked for. ``title``: the same as ``help``, in Chinese."""

    name: str
    kind: Kind
    help: str
    title: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    at_scrape: Literal["", "process", "store"] = ""

    @property
    def samples(self) -> tuple[str, ...]:
        """Return the names under which it is scraped."""
        endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
        return tuple(self.name + ending for ending in endings[self.kind])


def _counter(name: str, labels: tuple[str, ...], help_: str, title: str) -> Family:
    return Family(name=name, kind="counter", labels=labels, help=help_, title=title)


def _histogram(name: str, labels: tuple[str, ...], buckets: tuple[float, ...], help_: str, title: str) -> Family:
    return Family(name=name, kind="histogram", labels=labels, buckets=buckets, help=help_, title=title)


def _process(name: str, labels: tuple[str, ...], help_: str, title: str) -> Family:
    return Family(name=name, kind="gauge", labels=labels, at_scrape="process", help=help_, title=title)


def _store(name: str, labels: tuple[str, ...], help_: str, title: str) -> Family:
    return Family(name=name, kind="gauge", labels=labels, at_scrape="store", help=help_, title=title)


PARTNER = ("partner",)
FAMILIES = {
    family.name: family
    for family in (
        _counter(
            "fengqiao_records", ("partner", "fate"),
            "Records kept at their first arrival, by the partner that sent them and their fate.",
            "首次到达并已保存的记录，按发送方与处理结果",
        ),
        _counter(
            "fengqiao_records_repeated", PARTNER,
            "Records that came again and changed nothing.", "重复到达、未产生变化的记录",
        ),
        _counter(
            "fengqiao_requests_refused", ("code",),
            "Requests that were not taken as a whole, by code.", "整体未接收的请求，按代码",
        ),
        _counter(
            "fengqiao_attempts", ("partner", "outcome"),
            "Tries of deliveries, by receiving partner and outcome.", "投递尝试次数，按接收方与结果",
        ),
        _counter(
            "fengqiao_deliveries_ended", ("partner", "status"),
            "Deliveries that left a worker's hands for good: delivered, handed or dead.",
            "已结束的投递（已送达、已交出、失败）",
        ),
        _counter(
            "fengqiao_redeliveries", PARTNER,
            "Tries that failed and left the delivery to be tried again.", "失败后等待重投的次数",
        ),
        _counter(
            "fengqiao_clock_calls", ("clock", "call", "outcome"),
            "What was said of periods, by the period, what was said, and whether anybody could be told.",
            "期限提示与督办，按期限、种类与能否送达",
        ),
        _histogram(
            "fengqiao_accept_seconds", (), QUICK,
            "From a whole request to its answer, after the commit.", "从请求收齐到（提交后）应答的耗时",
        ),
        _histogram(
            "fengqiao_group_size", (), SIZES, "Requests and lane turns that shared one commit.", "一次提交合并的写入数",
        ),
        _histogram(
            "fengqiao_group_seconds", (), QUICK,
            "Deciding and writing one group, without its commit.", "一组写入的判定与写入耗时（不含提交）",
        ),
        _histogram(
            "fengqiao_commit_seconds", (), QUICK, "The commit of one group.", "一次提交的耗时",
        ),
        _histogram(
            "fengqiao_turn_seconds", (), QUICK,
            "One turn of a lane: waiting for the writer, closing, claiming, commit.",
            "通道一轮的耗时：等待写入、关闭、领取、提交",
        ),
        _histogram(
            "fengqiao_claim_seconds", (), QUICK,
            "Claiming what is due, in the database.", "在数据库中领取到期投递的耗时",
        ),
        _histogram(
            "fengqiao_exchange_seconds", PARTNER, SLOW,
            "One request to a partner, until its answer is whole or has failed.", "向对接系统发出一次请求的耗时",
        ),
        _histogram(
            "fengqiao_wake_seconds", (), QUICK,
            "From the wake-up of a lane to its next look at what is due.", "从唤醒通道到开始处理的耗时",
        ),
        _histogram(
            "fengqiao_delivery_seconds", PARTNER, LAG,
            "From the commit that made a delivery due to the partner's confirmation.", "从产生投递到对方确认的时长",
        ),
        _process("fengqiao_build", ("version",), "The version that runs here; always 1.", "运行的版本，恒为 1"),
        _process("fengqiao_revision", ("revision",), "The active configuration; always 1.", "当前配置版本，恒为 1"),
        _process("fengqiao_ready", (), "1 while this process can keep what it is given.", "可写入存储时为 1"),
        _process("fengqiao_writer_waiting", (), "Writes that wait for the writer.", "等待写入的数量"),
        _process(
            "fengqiao_writer_busy_seconds", (),
            "How long the present group has been in the making.", "当前一组写入已进行的时长",
        ),
        _process(
            "fengqiao_carrier_runs", (),
            "1 while the carrier of an embedded gateway runs its lanes, 0 while it is missing; absent without one.",
            "投递进程（--carrier）运行时为 1，缺失时为 0；未启用时无此指标",
        ),
        _process(
            "fengqiao_disk_free_bytes", (), "Free space where the data folder lies.", "数据目录所在磁盘的可用空间",
        ),
        _process("fengqiao_disk_size_bytes", (), "Size of the disk where the data folder lies.", "该磁盘的总容量"),
        _process(
            "fengqiao_store_reached", (),
            "1 when the store could be measured; without it the gauges below are absent.",
            "能够测量存储时为 1，否则下列指标缺失",
        ),
        _process("fengqiao_store_measure_seconds", (), "How long measuring the store took.", "测量存储的耗时"),
        _store(
            "fengqiao_waiting_deliveries", ("partner", "priority"),
            "Deliveries that are pending or in doubt. Counted up to 10000; that value means: at least.",
            "待投递或存疑的投递（最多计到 10000）",
        ),
        _store(
            "fengqiao_overdue_seconds", PARTNER,
            "How long the delivery that is due next has been due; 0 while the lane keeps up.",
            "最早到期的投递已逾期的时长",
        ),
        _store(
            "fengqiao_oldest_undelivered_seconds", PARTNER,
            "Age of the oldest delivery that is pending or in doubt. Where more than 1000 of one priority wait: the"
            " oldest of the 500 that are due first and the 500 that are due last.",
            "最早的未送达投递的时长（同一优先级超过 1000 条时取首尾各 500 条）",
        ),
        _store(
            "fengqiao_blocked_deliveries", PARTNER,
            "Deliveries behind a dead one of their case; the first 1000 dead ones are looked at.",
            "被失败投递阻挡的投递",
        ),
        _store(
            "fengqiao_dead_deliveries", PARTNER,
            "Deliveries that could not be made; somebody must act. Counted up to 10000.", "无法送达、需人工处理的投递",
        ),
        _store(
            "fengqiao_handed_deliveries", PARTNER,
            "Deliveries handed over whose receipt is still to come. Counted up to 10000.", "已交出、等待回执的投递",
        ),
        _store(
            "fengqiao_person_deliveries", PARTNER,
            "Deliveries in doubt that wait for a person's decision. Counted up to 10000.", "存疑、等待人工决定的投递",
        ),
        _store(
            "fengqiao_waiting_records", ("partner", "fate"),
            "Records that are held or parked. Counted up to 10000 of each fate.", "挂起或暂存的记录",
        ),
        _store(
            "fengqiao_oldest_record_seconds", ("fate",),
            "Age of the oldest record that is held or parked.", "最早的挂起或暂存记录的时长",
        ),
        _store(
            "fengqiao_awaited_documents", PARTNER,
            "Documents still to be fetched. Counted up to 10000.", "尚未取回的附件",
        ),
        _store(
            "fengqiao_overdue_cases", ("clock",),
            "Open cases whose holder should have acted by now, by the period. Counted up to 10000.",
            "承办单位逾期未办理的案件，按期限",
        ),
        _store(
            "fengqiao_suspected_duplicates", (),
            "Pairs of cases that may be one dispute, and nobody has said yet whether they are. Counted up to 10000.",
            "疑似重复、尚无人确认或排除的案件对数",
        ),
        _store(
            "fengqiao_waiting_rulings", ("state",),
            "Rulings that went to nobody yet: awaiting verification, undecided, quarantined, or verified and not"
            " released. Counted up to 10000.",
            "尚未放行的裁定书：待验签、待人工决定、已隔离、已验签未放行",
        ),
        _store("fengqiao_breaker_open", PARTNER, "1 while the partner's breaker is open.", "断路器断开时为 1"),
        _store("fengqiao_breaker_failures", PARTNER, "Failures in a row.", "连续失败次数"),
        _store(
            "fengqiao_clock_leads", ("name",),
            "1 while a process leads: it runs the clocks and the sweeper.", "有进程主持时钟与清扫时为 1",
        ),
        _store(
            "fengqiao_clock_beat_seconds", ("name",),
            "Since the leader's last sign of life.", "距主持进程上次心跳的时长",
        ),
    )
}  # fmt: skip


class Bound(dict[tuple[str, ...], Child], Generic[Child]):
    """The children of a family by their label values, each bound once: binding costs more than counting."""

    def __init__(self, family: Child) -> None:
        super().__init__()
        self._family: Any = family

    def __missing__(self, values: tuple[str, ...]) -> Child:
        child: Child = self._family.labels(*values)
        self[values] = child
        return child


class Metrics:
    """The instruments of one process, in ``registry`` or one of their own."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.records = Bound(self._counting("fengqiao_records"))
        self.repeated = Bound(self._counting("fengqiao_records_repeated"))
        self.refused = Bound(self._counting("fengqiao_requests_refused"))
        self.attempts = Bound(self._counting("fengqiao_attempts"))
        self.ended = Bound(self._counting("fengqiao_deliveries_ended"))
        self.redeliveries = Bound(self._counting("fengqiao_redeliveries"))
        self.calls = Bound(self._counting("fengqiao_clock_calls"))
        self.exchanges = Bound(self._timing("fengqiao_exchange_seconds"))
        self.lag = Bound(self._timing("fengqiao_delivery_seconds"))
        self.accept_seconds = self._timing("fengqiao_accept_seconds").observe
        self.group_size = self._timing("fengqiao_group_size").observe
        self.group_seconds = self._timing("fengqiao_group_seconds").observe
        self.commit_seconds = self._timing("fengqiao_commit_seconds").observe
        self.turn_seconds = self._timing("fengqiao_turn_seconds").observe
        self.claim_seconds = self._timing("fengqiao_claim_seconds").observe
        self.wake_seconds = self._timing("fengqiao_wake_seconds").observe

    def wrote(self, entries: int, deciding: float, committing: float) -> None:
        """Count one group: what shared the commit, and the seconds of deciding it and of the commit itself."""
        self.group_size(entries)
        self.group_seconds(deciding)
        self.commit_seconds(committing)

    def add(self, collect: Callable[[], Any]) -> None:
        """Have the families that ``collect`` returns measured at every scrape."""
        self.registry.register(_Asked(collect))

    def _counting(self, name: str) -> Counter:
        family = FAMILIES[name]
        return Counter(name, family.help, family.labels, registry=self.registry)

    def _timing(self, name: str) -> Histogram:
        family = FAMILIES[name]
        return Histogram(name, family.help, family.labels, buckets=family.buckets, registry=self.registry)


class _Asked:
    """A collector as the registry wants it; ``describe`` keeps it from measuring at registration."""

    def __init__(self, collect: Callable[[], Any]) -> None:
        self.collect = collect

    def describe(self) -> list[Any]:
        """Say nothing beforehand."""
        return []
