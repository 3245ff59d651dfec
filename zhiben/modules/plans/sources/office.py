"""Old Word, WPS, RTF and ODF documents: turned into docx by LibreOffice, where it is installed."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from . import limits
from .docx import read_docx
from .opened import Opened
from .unreadable import Unreadable

_PLACES = ("/usr/lib/libreoffice/program/soffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
_RESAVE = "请用 WPS 或 Word 打开，另存为 docx 后再上传"


def soffice() -> str | None:
    """The LibreOffice program, or None where it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


def read_through_libreoffice(content: bytes, *, name: str, extension: str, label: str, media_type: str) -> Opened:
    program = soffice()
    if program is None:
        raise Unreadable(f"这是{label}，本机没有安装 LibreOffice，不能转换", _RESAVE)
    with tempfile.TemporaryDirectory(prefix="zhiben-office-") as folder:
        original = Path(folder, f"original.{extension}")
        original.write_bytes(content)
        _convert(program, original, Path(folder))
        converted = original.with_suffix(".docx")
        if not converted.exists():
            raise Unreadable(f"{label}打不开，可能已损坏或加密", _RESAVE)
        opened = read_docx(converted.read_bytes(), name=name)
    composed = opened.source
    source = type(composed)(text=composed.text, blocks=composed.blocks, name=name, media_type=media_type)
    return Opened(source, opened.warnings)


def _convert(program: str, original: Path, folder: Path) -> None:
    """A profile of its own, so that no open LibreOffice is disturbed, no macro trusted and no setting inherited."""
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--convert-to",
        "docx:Office Open XML Text",
        "--outdir",
        str(folder),
        str(original),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # soffice starts children; the whole group is ended when time is up
    )
    try:
        process.wait(limits.OFFICE_SECONDS)
    except subprocess.TimeoutExpired as late:
        raise Unreadable(f"转换文档超过 {limits.OFFICE_SECONDS} 秒，已停止", _RESAVE) from late
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_encrypted_doc(content: bytes) -> bool:
    """The fEncrypted bit of the file information block ([MS-DOC] 2.5.1), which begins a sector with 0xA5EC."""
    for sector in range(512, min(len(content), 1 << 20), 512):
        if content[sector : sector + 2] == b"\xec\xa5":
            return bool(int.from_bytes(content[sector + 10 : sector + 12], "little") & 0x0100)
    return False
