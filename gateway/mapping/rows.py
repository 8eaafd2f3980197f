"""The closed vocabulary of a mapping file, as frozen specs: what an administrator may write, and nothing else.

partner: ajxx.ah      ◄── one row, both directions ──►      canonical: data.case.number

source   partner | constant | join | select | count        a row takes one of these …
change   strip ─► split ─► as | date | money | codes | boolean | directory | each      … and at most one of these
when     a row or a file applies only where a field has a value;  only, required, default, unknown_code
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from gateway.mapping.files import Spec

Direction = Literal["both", "read", "write"]
Policy = Literal["hold", "reject", "keep"]
Scalar = StrictBool | StrictInt | Annotated[StrictStr, Field(min_length=1)]
Path = Annotated[StrictStr, Field(min_length=1, max_length=300)]
Name = Annotated[StrictStr, Field(pattern=r"^[\w.-]+(/[\w.-]+)*$")]
As = Literal["resident_id", "credit_code", "case_number", "division", "phone", "text", "number"]


class When(Spec):
    """A condition: a field of the partner's record or of the message has (one of) these values."""

    partner: Path | None = Field(default=None, description="A field of the record / 对方字段")
    canonical: Path | None = Field(default=None, description="A field of the message / 规范字段")
    is_: Scalar | Annotated[tuple[Scalar, ...], Field(min_length=1)] = Field(
        alias="is", description="Its value, or a list of values / 取值"
    )

    @property
    def values(self) -> tuple[Scalar, ...]:
        """Return the values, the first of which is written where writing has to write one."""
        return self.is_ if isinstance(self.is_, tuple) else (self.is_,)


class Select(Spec):
    """The item of a partner's list whose ``field`` has the value ``is``; ``take`` is the field wanted of it."""

    field: Path = Field(description="Field of the item that decides / 判别字段")
    is_: Scalar = Field(alias="is", description="Its value / 判别值")
    take: Path = Field(description="Field of the item that is taken / 取值字段")


class Words(Spec):
    """The partner's words for true and false; of several the first is written."""

    true: Scalar | tuple[Scalar, ...] = Field(description="是")
    false: Scalar | tuple[Scalar, ...] = Field(description="否")


class Row(Spec):
    """One field of the partner, one field of the message, and how one becomes the other."""

    partner: Path | tuple[Path, ...] | None = Field(
        default=None, description='The partner\'s field: a.b, ["a.b"] for a key with a dot, a[0] for an item / 对方字段'
    )
    canonical: Path | None = Field(default=None, description="The field of the message / 规范字段")
    constant: Scalar | None = Field(default=None, description="A value that never changes / 常量")
    default: Scalar | None = Field(default=None, description="Read where the partner sends nothing / 默认值")
    codes: Name | None = Field(default=None, description="Name of a code table / 代码表")
    date: StrictStr | tuple[StrictStr, ...] | None = Field(
        default=None, description="Form of a date or time; of several, tried in order, the first is written / 日期格式"
    )
    money: Literal["yuan", "fen", "wan"] | None = Field(default=None, description="Unit of an amount / 金额单位")
    boolean: Words | None = Field(default=None, description="Words for true and false / 是否用语")
    as_: As | None = Field(
        default=None,
        alias="as",
        description="Normalise an identifier; or text, number: how a scalar is written / 标识规范化",
    )
    split: Annotated[StrictStr, Field(min_length=1)] | None = Field(
        default=None, description="One text of the partner is a list of ours, separated by this / 分隔符"
    )
    join: StrictStr | None = Field(default=None, description="Several fields are one text, joined by this / 连接符")
    write_to: Path | None = Field(default=None, description="Which of several fields is written / 写入字段")
    strip: Annotated[StrictStr, Field(min_length=1)] | None = Field(
        default=None, description="A prefix that the partner's text has and ours has not / 前缀"
    )
    directory: Literal["organisation"] | None = Field(
        default=None, description="The partner's code of an organisation, ours its id in the directory / 机构目录"
    )
    each: tuple[Row, ...] | None = Field(default=None, description="Rows for every item of a list / 列表项")
    select: Select | None = Field(default=None, description="One item of a partner's list / 选取列表项")
    count: Path | None = Field(default=None, description="The number of items of a partner's list / 计数")
    when: When | Annotated[tuple[When, ...], Field(min_length=1)] | None = Field(
        default=None, description="Apply this row only where a field has a value / 适用条件"
    )
    only: Literal["read", "write"] | None = Field(default=None, description="One direction only / 单向")
    required: StrictBool = Field(default=False, description="Refuse a record without it / 必填")
    unknown_code: Policy | None = Field(default=None, description="Instead of the file's policy / 未知代码处理")
    note: StrictStr | None = Field(default=None, description="For people: an oddity of this field / 备注")


class Attachments(Spec):
    """Carry the record's attachments as ``data.documents``."""

    kinds: Name | None = Field(default=None, description="Code table of document kinds / 文书类型代码表")


class MappingFile(Spec):
    """A mapping of one kind of record to one type of message, or a partner's changes to one."""

    mapping: Name | None = Field(default=None, description="Unique name, <adapter>/<file stem> / 名称")
    extends: Name | None = Field(default=None, description="The mapping that this file changes / 扩展的映射")
    partner: Name | None = Field(default=None, description="The only partner that this file is for / 适用对方系统")
    title: StrictStr | dict[Literal["zh", "en"], StrictStr] | None = Field(default=None, description="标题")
    record: Annotated[StrictStr, Field(min_length=1)] | None = Field(default=None, description="Its kind / 报文种类")
    message: StrictStr | None = Field(default=None, description="Type of message / 消息类型")
    direction: Direction | None = Field(default=None, description="both, read or write / 方向")
    when: When | Annotated[tuple[When, ...], Field(min_length=1)] | None = Field(
        default=None, description="Use this file only where a field has a value / 适用条件"
    )
    unknown_code: Policy | None = Field(default=None, description="hold (default), reject or keep / 未知代码处理")
    attachments: Attachments | None = Field(default=None, description="Carry attachments as documents / 附件")
    drop: tuple[Path, ...] = Field(default=(), description="Canonical fields whose rows are taken out / 删除的行")
    rows: tuple[Row, ...] = Field(default=(), description="Rows / 行")


def conditions(when: When | tuple[When, ...] | None) -> tuple[When, ...]:
    """Return the conditions of a row or file; all of one side must hold."""
    if when is None:
        return ()
    return when if isinstance(when, tuple) else (when,)
