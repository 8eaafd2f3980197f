"""Write the reference pages of `docs/` that are made from the code: codes, canonical fields, settings, metrics.

python -m tools.generate_docs            write the pages
python -m tools.generate_docs --check    only say which are out of date (exit code 1)
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import BaseModel

from gateway.canonical.messages import TYPES, Envelope
from gateway.canonical.messages.catalogue import CATALOGUE
from gateway.canonical.schema import Described, fields
from gateway.metrics import FAMILIES
from gateway.texts import Language, Text, catalogue, text
from gateway.variables import variables

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by `python -m tools.generate_docs`; do not edit. -->"
WHO = {"sender": "发送方", "administrator": "管理员", "operator": "运维人员", "nobody": "无需处理"}
_WAYS: Mapping[Language, tuple[str, str, str, str, str]] = {
    "zh": ("提出：", "接收：", "可先于同案其他消息", "按案件顺序", "优先级 "),
    "en": ("From: ", "To: ", "may pass other messages of its case", "in the order of its case", "priority "),
}
_FULL_WIDTH = str.maketrans({";": "；", "(": "（", ")": "）", ".": "。", " ": ""})
PERSONAL = {"name": "姓名", "number": "号码", "phone": "电话", "address": "地址", "text": "文本"}


def codes_page() -> str:
    """Return every code of the catalogue with its texts and who must act."""
    lines = [
        "# Codes 代码",
        MADE,
        "Every problem, verdict and finding that the gateway reports has one of these codes; programs may rely on it,"
        " the texts may change. `{…}` stands for a fact of the case at hand.",
        "网关报告的每个问题、结论和检查结果都带有下列代码之一；程序可以依赖代码，文字说明可能调整。"
        "`{…}` 处填入具体情况。",
        "The last column says who must act 最后一列是处理人："
        + "，".join(f"{english} {chinese}" for english, chinese in WHO.items()),
    ]
    for room, entries in groupby(sorted(catalogue().values(), key=lambda text: text.code), key=_room):
        lines += [f"## {room}", _table(("code 代码", "中文", "English", "who 处理人"), map(_code_row, entries))]
    return _page(lines)


def canonical_page() -> str:
    """Return every message type with its fields."""
    lines = [
        "# The common language 规范消息",
        MADE,
        "Every message is a CloudEvents 1.0 envelope with one body, `data`. `[]` marks a list. *Must* says whether a"
        " field must be there whenever what surrounds it is there. *Personal* fields are sealed at rest and masked when"
        " shown. The JSON Schema of each type: `fengqiao schema TYPE` and `GET /v1/schemas/TYPE`.",
        "每条消息是一个 CloudEvents 1.0 信封加一个 `data` 内容体。`[]` 表示列表；“必填”指上级对象存在时该字段必须存在；"
        "“个人信息”字段加密保存，显示时脱敏。各类型的 JSON Schema 可用 `fengqiao schema TYPE` 或"
        " `GET /v1/schemas/TYPE` 取得。",
        "## Catalogue 目录",
        "Who may say a type and to whom, whom it reaches where it names nobody, whether it may pass the other messages"
        " of its case, and what it changes. Priority 0 goes first, 2 last. An organisation that the directory does not"
        " know has no kind and is not refused for it.",
        "各类消息由谁提出、发给谁，未写明接收机构时送达何处，可否先于同案其他消息，以及产生何种作用。"
        "优先级 0 最先、2 最后。机构目录中没有的机构不按类型限制。",
        _catalogue_table(),
        "## Envelope 信封",
        _fields_table(field for field in fields("referral").values() if field.path in Envelope.model_fields),
    ]
    for name, model in TYPES.items():
        described = fields(name)
        body = (field for path, field in described.items() if path.startswith("data."))
        lines += [f"## `{name}` {described['type'].title}", _sentence(model), _ways(name), _fields_table(body)]
    return _page(lines)


def _catalogue_table() -> str:
    """Return one line per message type: its number, its names, and what it changes."""
    rows = (
        (
            f"[`{name}`](#{name}-{_anchor(name)})",
            entry.number,
            fields(name)["type"].title,
            text(f"canonical.effect.{name}", "zh"),
            text(f"canonical.effect.{name}", "en"),
        )
        for name, entry in CATALOGUE.items()
    )
    return _table(("type 类型", "no. 编号", "名称", "作用", "effect"), rows)


def _anchor(name: str) -> str:
    return fields(name)["type"].title.replace("、", "")


def _ways(name: str) -> str:
    """Say who sends a type to whom, and how it travels among the others."""
    entry = CATALOGUE[name]
    lines = []
    for language, (says, gets, may_pass, waits, order) in _WAYS.items():
        senders = _kinds(entry.senders, language, said_by=entry.said_by)
        receivers = _kinds(entry.recipients or entry.bodies, language)
        route = text(f"canonical.route.{entry.route}", language)
        route += f"; {text('canonical.proved', language)}" if entry.proved else ""
        passing = may_pass if entry.independent else waits
        line = f"{says}{senders}; {gets}{receivers} ({route}); {passing}; {order}{entry.priority}."
        lines.append(line.translate(_FULL_WIDTH) if language == "zh" else line)
    return "\n\n".join(lines)


def _kinds(kinds: frozenset[str], language: Language, *, said_by: str | None = None) -> str:
    names = [text(f"canonical.part.{said_by}", language)] if said_by else []
    names += [text(f"canonical.kind.{kind}", language) for kind in sorted(kinds)]
    return ("、" if language == "zh" else ", ").join(names) or {"zh": "任何机构", "en": "anybody"}[language]


def settings_page() -> str:
    """Return every environment variable of a gateway process."""
    rows = ((f"`{each.name}`", f"`{each.default}`" if each.default else "", each.description) for each in variables())
    return _page(
        [
            "# Settings 环境变量",
            MADE,
            "What one process is told by its environment. Sizes accept units (`32MiB`). `FENGQIAO_LANGUAGE` (`zh`,"
            " `en`) chooses the language of the command line; without it, the locale does.",
            "进程从环境变量读取的设置。大小可带单位（`32MiB`）。`FENGQIAO_LANGUAGE`（`zh`、`en`）选择命令行语言，未设置时按系统区域。",
            _table(("variable 变量", "default 默认", "meaning 含义"), rows),
        ]
    )


def metrics_page() -> str:
    """Return every metric with its kind and labels."""
    return _page(
        [
            "# Metrics 指标",
            MADE,
            "Every process shows its metrics at `/metrics` in Prometheus' text form: one with doors beside them, a"
            " worker and the clock at `FENGQIAO_METRICS_PORT`. A scrape shows `Authorization: Bearer` with the token of"
            " `FENGQIAO_METRICS_TOKEN` (or of the administration), wherever it comes from. A counter is scraped with"
            " `_total`, a histogram with `_bucket`, `_sum` and `_count`; `process_*` come besides.",
            "每个进程在 `/metrics` 提供 Prometheus 文本格式的指标：带接入端口的进程在同一端口，工作进程与时钟进程在"
            " `FENGQIAO_METRICS_PORT`。抓取须带 `Authorization: Bearer`，使用 `FENGQIAO_METRICS_TOKEN`（或管理令牌）。",
            "Counters and histograms are of one process: add them up. What is measured in the store is the same from"
            " every process: take the `max`. It is measured at most every ten seconds, by indexes, with counts that"
            " stop at 10000, so that a million waiting deliveries do not make a scrape slow. Alert rules and a"
            " dashboard lie in `deploy/`.",
            "计数器与直方图属于单个进程，应求和；对存储的测量各进程相同，应取 `max`，最多每十秒测量一次，"
            "计数以 10000 为上限。告警规则与仪表盘见 `deploy/`。",
            *_metrics_by("", "Counted and timed as it happens 随发生计数与计时"),
            *_metrics_by("process", "Measured in the process at a scrape 抓取时测量进程"),
            *_metrics_by("store", "Measured in the store at a scrape 抓取时测量存储"),
        ]
    )


def _metrics_by(at_scrape: str, title: str) -> tuple[str, str]:
    rows = (
        (f"`{each.name}`", each.kind, ", ".join(each.labels), each.help, each.title)
        for each in FAMILIES.values()
        if each.at_scrape == at_scrape
    )
    return f"## {title}", _table(("metric 指标", "kind 类型", "labels 标签", "meaning", "含义"), rows)


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/codes.md": codes_page,
    "docs/canonical.md": canonical_page,
    "docs/settings.md": settings_page,
    "docs/metrics.md": metrics_page,
}


def outdated(root: Path = ROOT) -> list[str]:
    """Return the pages that no longer say what the code says."""
    return [path for path, page in PAGES.items() if not _says(root / path, page())]


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit code."""
    stale = outdated()
    if "--check" not in arguments:
        for path in stale:
            (ROOT / path).write_text(PAGES[path](), encoding="utf-8")
    for path in stale:
        print(path, file=sys.stderr)
    return 1 if stale and "--check" in arguments else 0


def _says(file: Path, page: str) -> bool:
    return file.is_file() and file.read_text(encoding="utf-8") == page


def _room(text: Text) -> str:
    return text.code.partition(".")[0]


def _code_row(text: Text) -> tuple[str, ...]:
    return f"`{text.code}`", text.zh, text.en, WHO[text.who]


def _sentence(model: type[BaseModel]) -> str:
    body = model.model_fields["data"].annotation
    return " ".join(inspect.getdoc(each) or "" for each in (model, body) if each)


def _fields_table(described: Iterable[Described]) -> str:
    return _table(("field 字段", "标题", "meaning", "must 必填", "personal 个人信息"), map(_field_row, described))


def _field_row(field: Described) -> tuple[str, ...]:
    meaning = field.description
    if get_origin(field.annotation) is Literal:
        meaning += ": " + ", ".join(f"`{value}`" for value in get_args(field.annotation))
    personal = PERSONAL[field.personal] if field.personal else ""
    return f"`{field.path}`", field.title, meaning, "✓" if field.required else "", personal


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(_line(cells) for cells in _with_rule(head, rows))


def _with_rule(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield head
    yield ("---",) * len(head)
    yield from rows


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(cell: str) -> str:
    """Keep a text from being read as Markdown or HTML."""
    cell = " ".join(cell.split()).replace("|", "&#124;")
    return cell if cell.startswith("`") else cell.replace("<", "&lt;").replace("*", "\\*")


def _page(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
