"""Puts the pieces of a document one after another and remembers where each stands in the text."""

from zhiben.modules.plans.reading.source import Block, SourceText

from . import limits
from .unreadable import Unreadable


class Composer:
    """Collects paragraphs and table cells in reading order; every piece becomes one line or more of the text."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0
        self._tables = 0
        self.warnings: list[str] = []

    def warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def paragraph(self, text: str, *, page: int | None = None) -> None:
        if text := _tidy(text):
            start, end = self._append(text)
            self._blocks.append(Block(kind="paragraph", start=start, end=end, page=page))

    def new_table(self) -> int:
        self._tables += 1
        return self._tables - 1

    def cell(
        self,
        text: str,
        *,
        table: int,
        row: int,
        column: int,
        row_span: int = 1,
        column_span: int = 1,
        page: int | None = None,
    ) -> None:
        """One cell, also when empty: an empty cell still holds its place in the grid."""
        start, end = self._append(_tidy(text))
        self._blocks.append(
            Block(
                kind="cell",
                start=start,
                end=end,
                table=table,
                row=row,
                column=column,
                row_span=row_span,
                column_span=column_span,
                page=page,
            )
        )

    @property
    def is_empty(self) -> bool:
        return not any(self._parts)

    def source(self, *, name: str, media_type: str) -> SourceText:
        return SourceText(text="\n".join(self._parts), blocks=tuple(self._blocks), name=name, media_type=media_type)

    def _append(self, text: str) -> tuple[int, int]:
        start = self._length
        self._parts.append(text)
        self._length += len(text) + 1
        if self._length > limits.TEXT_CHARACTERS:
            raise Unreadable(
                f"文字超过 {limits.TEXT_CHARACTERS // 10_000} 万字，不像一份方案", "请核对文件，或拆分后分别上传"
            )
        return start, start + len(text)


def _tidy(text: str) -> str:
    lines = (line.strip(" \t\u3000\xa0\r\f\v") for line in text.replace("\0", "").split("\n"))
    return "\n".join(line for line in lines if line)
