"""The operator's command `zhiben plans extract FILE… --out DIR`: plans in, ledgers out. No database, no Django."""

import argparse
import errno
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .sources.opened import Opened

USAGE = """用法：zhiben plans extract 文件或文件夹… --out 目录 [--text] [--quiet]

把行动方案读成任务台账，每份写成一个 <文件名>.json，不需要数据库。
支持 Word、PDF（含扫描件）、网页、文本、Markdown、图片，以及装有这些文件的 zip。

  --out 目录   台账写到哪里，没有则新建；目录里同名的旧台账会被替换
  --text       同时写出 <文件名>.txt，即台账中各处位置（span）所指的文字
  --quiet      不显示进度；读不了的文件仍然说明原因

退出码：0 全部读完；1 有文件读不了；2 用法不对，或写不了台账
"""
_REPORT_EVERY = 2.0  # seconds between lines of progress


def main(argv: Sequence[str]) -> int:
    """The command; `argv` without the program and the two words of the command. Returns the exit code."""
    try:
        arguments = _parsed(argv)
    except _Misused as misused:
        _say(f"{misused}\n\n{USAGE}" if str(misused) else USAGE)
        return 2 if str(misused) else 0
    files = list(_files(arguments.files))
    progress = _Progress(len(files), is_quiet=arguments.quiet)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        batch = _Batch(arguments.out, with_text=arguments.text, progress=progress)
        for path in files:
            batch.read(path)
            progress.step()
    except OSError as refusal:
        progress.clear()
        reason = "磁盘已满" if refusal.errno == errno.ENOSPC else (refusal.strerror or str(refusal))
        _say(f"台账写不进 {arguments.out}：{reason}。请换一个目录或清理后重新运行，已写出的台账是完整的。")
        return 2
    progress.finish(
        f"读完 {batch.written} 份，写入 {arguments.out}" + (f"；{batch.refused} 份读不了" if batch.refused else "")
    )
    return 1 if batch.refused else 0


class _Misused(Exception):
    """Empty when only the usage was asked for."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> "None":  # type: ignore[override]  # argparse's own would speak English and exit
        raise _Misused("参数不完整：--out 后面要写目录。")


def _parsed(argv: Sequence[str]) -> argparse.Namespace:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--text", action="store_true")
    parser.add_argument("--quiet", "-q", action="store_true")
    parser.add_argument("--help", "-h", action="store_true")
    arguments, unknown = parser.parse_known_args(list(argv))
    if arguments.help:
        raise _Misused
    if unknown:
        raise _Misused(f"不认识的参数：{' '.join(unknown)}。")
    if not arguments.files:
        raise _Misused("没有写要读取的文件。")
    if arguments.out is None:
        raise _Misused("没有写台账放在哪里（--out 目录）。")
    if arguments.out.exists() and not arguments.out.is_dir():
        raise _Misused(f"{arguments.out} 是文件，不是目录。")
    return arguments


def _files(named: Sequence[Path]) -> Iterator[Path]:
    """The files named and those inside the folders named, each once. A missing one is kept, to be reported."""
    seen: set[Path] = set()
    for path in named:
        inside = sorted(_inside(path)) if path.is_dir() else [path]
        for file in inside:
            identity = file.resolve()
            if identity not in seen:
                seen.add(identity)
                yield file


def _inside(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__MACOSX"))]
        yield from (Path(parent, name) for name in names if not name.startswith((".", "~$")))


class _Batch:
    def __init__(self, out: Path, *, with_text: bool, progress: "_Progress") -> None:
        self._out = out
        self._with_text = with_text
        self._progress = progress
        self._taken: set[str] = set()
        self.written = 0
        self.refused = 0

    def read(self, path: Path) -> None:
        """Write the ledger of every document in one file; report what cannot be read and go on."""
        from .reading.read import read_plan
        from .sources.open import open_each
        from .sources.unreadable import Unreadable

        name = str(path)
        try:
            for outcome in open_each(path, path.name, progress=self._progress.page):
                if isinstance(outcome, Unreadable):
                    self._refuse(f"{path.parent / outcome.name}：{outcome}")
                    continue
                for warning in outcome.warnings:
                    self._progress.tell(f"{outcome.source.name}：{warning}。")
                ledger = read_plan(outcome.source)
                self._write(outcome, ledger.to_json())
                if not ledger.tasks:
                    self._progress.tell(f"{outcome.source.name}：没有读到任务，写出的台账是空的。")
        except FileNotFoundError:
            self._refuse(f"{name}：找不到这个文件，请核对路径。")
        except PermissionError as refusal:
            if refusal.filename and self._out in Path(refusal.filename).parents:
                raise
            self._refuse(f"{name}：没有权限读取，请检查文件权限。")

    def _write(self, opened: "Opened", ledger: dict[str, Any]) -> None:
        source = opened.source
        origin = {"name": source.name, "media_type": source.media_type, "characters": len(source.text)}
        stem = self._stem(Path(source.name).stem)
        if self._with_text:
            _write(self._out / f"{stem}.txt", source.text)
        record = ledger | {"source": origin, "warnings": list(opened.warnings)}
        _write(self._out / f"{stem}.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n")
        self.written += 1

    def _refuse(self, sentence: str) -> None:
        self.refused += 1
        self._progress.tell(sentence)

    def _stem(self, wanted: str) -> str:
        """A name no other document of this run has: 方案, 方案-2, 方案-3 …"""
        stem, count = wanted, 1
        while stem.casefold() in self._taken:
            count += 1
            stem = f"{wanted}-{count}"
        self._taken.add(stem.casefold())
        if count > 1:
            self._progress.tell(f"{wanted} 有多份同名文件，这一份写成 {stem}.json。")
        return stem


def _write(path: Path, text: str) -> None:
    """The whole file or none of it, whenever the process is killed."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with temporary.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class _Progress:
    """A line on stderr with the count and the time left: rewritten on a terminal, now and then in a log."""

    def __init__(self, total: int, *, is_quiet: bool) -> None:
        self._total = total
        self._is_quiet = is_quiet
        self._on_terminal = sys.stderr.isatty()
        self._begun = self._shown = time.monotonic()
        self._done = 0

    def step(self) -> None:
        self._done += 1
        left = (time.monotonic() - self._begun) / self._done * (self._total - self._done)
        self._show(f"已读 {self._done}/{self._total} 个文件，约剩 {_duration(left)}")

    def page(self, done: int, pages: int) -> None:
        """Pages of the file being read; only recognition is slow enough to be seen."""
        self._show(f"已读 {self._done}/{self._total} 个文件，正在读第 {done}/{pages} 页")

    def tell(self, sentence: str) -> None:
        self.clear()
        _say(sentence)

    def clear(self) -> None:
        if self._on_terminal and not self._is_quiet:
            sys.stderr.write("\r\033[K")

    def finish(self, sentence: str) -> None:
        self.clear()
        if not self._is_quiet:
            _say(f"{sentence}。")

    def _show(self, line: str) -> None:
        now = time.monotonic()
        if self._is_quiet or now - self._shown < (0.1 if self._on_terminal else _REPORT_EVERY):
            return
        self._shown = now
        sys.stderr.write(f"\r\033[K{line}" if self._on_terminal else f"{line}\n")
        sys.stderr.flush()


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} 秒" if seconds < 90 else f"{seconds / 60:.0f} 分钟"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
