"""Which files are kept: judged by content, and refused where the name says something else."""

import re

from .kinds import KINDS, Group, Kind
from .naming import extension_of
from .refused import FileRefused

_KEPT = (Group.DOCUMENT, Group.PICTURE, Group.ARCHIVE, Group.SOUND, Group.FILM)
_ACCEPTED = "可以上传文档、图片、PDF、ZIP 压缩包、录音和视频。"
# What Windows runs when it is opened, whatever it contains.
_RUNNABLE = re.compile(
    "exe|com|bat|cmd|scr|pif|msi|msp|dll|cpl|vbs|vbe|js|jse|wsf|wsh|ps1|hta|lnk|reg|jar|apk|sh|chm|inf|scf|url"
)


def refuse_unless_kept(kind: Kind, name: str) -> None:
    """Raises FileRefused with the reason."""
    extension = extension_of(name)
    if kind.group is Group.PROGRAM:
        claimed = _claimed(extension)
        disguise = f"后缀是 .{extension}，内容却是可执行程序" if claimed else "是可执行程序"
        raise FileRefused(f"“{name}”{disguise}，为了安全没有保存。请核对文件来源。")
    if _RUNNABLE.fullmatch(extension):
        raise FileRefused(f"“{name}”的后缀 .{extension} 会被当作程序运行，为了安全没有保存。{_ACCEPTED}")
    if kind.group not in _KEPT:
        raise FileRefused(f"认不出“{name}”是什么文件，没有保存。{_ACCEPTED}")
    claimed = _claimed(extension)
    if claimed and kind.group not in claimed:
        raise FileRefused(
            f"“{name}”的后缀是 .{extension}，内容却是{kind.label}，没有保存。请核对文件，或改成正确的后缀再上传。"
        )


def _claimed(extension: str) -> set[Group]:
    """The groups of files that usually bear this extension; none for one that is not known."""
    return {kind.group for kind in KINDS.values() if extension in kind.extensions}
