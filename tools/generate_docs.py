"""Write the reference pages of `docs/` that are made from the code: codes, canonical fields, settings.

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
from gateway.canonical.schema import Described, fields
from gateway.settings import variables
from gateway.texts import Text, catalogue

ROOT = Path(__file__).resolve().parent.parent
MADE = "<!-- Made by `python -m tools.generate_docs`; do not edit. -->"
WHO = {"sender": "发送方", "administrator": "管理员", "operator": "运维人员", "nobody": "无需处理"}
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
        "## Envelope 信封",
        _fields_table(field for field in fields("referral").values() if field.path in Envelope.model_fields),
    ]
    for name, model in TYPES.items():
        described = fields(name)
        body = (field for path, field in described.items() if path.startswith("data."))
        lines += [f"## `{name}` {described['type'].title}", _sentence(model), _fields_table(body)]
    return _page(lines)


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


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/codes.md": codes_page,
    "docs/canonical.md": canonical_page,
    "docs/settings.md": settings_page,
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
