"""Office documents turned into another format by LibreOffice, where it is installed. Needs no Django."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

_PLACES = ("/usr/lib/libreoffice/program/soffice", "/Applications/LibreOffice.app/Contents/MacOS/soffice")
_FONTS = Path(__file__).with_name("fonts.conf")
_FILTERS = {"docx": "docx:Office Open XML Text", "pdf": "pdf"}


class NotConverted(Exception):
    """Carries the Chinese reason, without what to do about it: that is for the caller to know."""


class NoOffice(NotConverted):
    """LibreOffice is not installed here."""


def soffice() -> str | None:
    """The LibreOffice program, or None where it is not installed."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    return found or next((place for place in _PLACES if os.access(place, os.X_OK)), None)


def convert(content: bytes, *, extension: str, to: str, seconds: float) -> bytes:
    """The document (`extension` names its format: doc, wps, xlsx …) as `to`: docx or pdf. It has `seconds` to finish.

    Raises NotConverted.
    """
    program = soffice()
    if program is None:
        raise NoOffice("本机没有安装 LibreOffice，不能转换")
    with tempfile.TemporaryDirectory(prefix="zhiben-office-") as folder:
        original = Path(folder, "original", f"document.{extension}")
        original.parent.mkdir()
        original.write_bytes(content)
        _run(program, original, Path(folder), to, seconds)
        converted = Path(folder, f"document.{to}")
        if not converted.exists():
            raise NotConverted("打不开，可能已损坏或加密")
        return converted.read_bytes()


def _run(program: str, original: Path, folder: Path, to: str, seconds: float) -> None:
    """A profile of its own, so that no open LibreOffice is disturbed, no macro trusted and no setting inherited."""
    command = [
        program,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--nodefault",
        "--convert-to",
        _FILTERS[to],
        "--outdir",
        str(folder),
        str(original),
    ]
    process = subprocess.Popen(
        command,
        env={"FONTCONFIG_FILE": str(_FONTS), **os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # soffice starts children; the whole group is ended when time is up
    )
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired as late:
        raise NotConverted(f"转换文档超过 {seconds:g} 秒，已停止") from late
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
