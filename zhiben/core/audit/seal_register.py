"""The row of seals, from the database and from the files, as far as both agree and the signatures hold."""

from datetime import date

from .findings import Finding, Found, Verification
from .keys import is_signed
from .models import DailySeal
from .seal_files import Seal, read_seal, seal_path, seals_folder
from .sealing import seal_of


def read_register(result: Verification, until: date | None, key_id: str | None) -> list[Seal]:
    """The seals that are trusted, oldest first. What is wrong with the others goes into `result`."""
    rows = {row.day.isoformat(): seal_of(row) for row in DailySeal.objects.all()}
    files = {path.stem: path for path in seals_folder().glob("????-??-??.json")}
    trusted: list[Seal] = []
    for day in sorted(rows.keys() | files.keys()):
        if until and day > until.isoformat():
            break
        seal = _one_seal(result, day, rows.get(day), key_id)
        if seal is None:
            continue
        if _follows(result, seal, trusted[-1] if trusted else None):
            trusted.append(seal)
    return trusted


def _one_seal(result: Verification, day: str, row: Seal | None, key_id: str | None) -> Seal | None:
    try:
        kept = read_seal(seal_path(day))
    except ValueError:
        result.add(Finding(Found.SEAL_FORGED, f"{day} 的封存文件 {seal_path(day)} 已损坏，请从备份恢复"))
        kept = None
    else:
        if kept is None:
            result.add(Finding(Found.SEAL_MISSING, f"{day} 的封存文件 {seal_path(day)} 不见了，请从备份恢复并查明原因"))
    if row is None:
        result.add(Finding(Found.SEAL_MISSING, f"数据库中 {day} 的封存记录被删除，封存文件还在"))
    signed = [seal for seal in (kept, row) if seal and is_signed(seal.message(), seal.signature, seal.key_id)]
    if kept and kept not in signed:
        result.add(Finding(Found.SEAL_FORGED, f"{day} 的封存文件签名不对：文件被改动过，或者签名的公钥不在本机"))
    if row and row not in signed:
        forged = f"数据库中 {day} 的封存记录签名不对：记录被改动过，或者签名的公钥不在本机"
        result.add(Finding(Found.SEAL_FORGED, forged))
    if not signed:
        return None
    if len(signed) == 2 and kept != row:
        result.add(Finding(Found.SEAL_FORGED, f"{day} 的封存文件与数据库中的记录不一致，两者都有签名"))
    seal = signed[0]
    if seal.day != day:
        result.add(Finding(Found.SEAL_FORGED, f"{day} 的封存其实是 {seal.day} 的"))
        return None
    if key_id and seal.key_id != key_id:
        result.add(Finding(Found.SEAL_FORGED, f"{day} 的封存由另一把密钥 {seal.key_id} 签名，不是所信任的 {key_id}"))
        return None
    return seal


def _follows(result: Verification, seal: Seal, before: Seal | None) -> bool:
    if before is None:
        if seal.number != 1:
            result.add(
                Finding(Found.SEAL_MISSING, f"{seal.day} 的封存是第 {seal.number} 号，它之前的封存缺失，请从备份恢复")
            )
        return True
    if seal.number != before.number + 1:
        missing = f"第 {before.number + 1} 至 {seal.number - 1} 号" if seal.number > before.number else "编号次序"
        result.add(Finding(Found.SEAL_MISSING, f"{before.day} 与 {seal.day} 之间的封存缺失或错乱（{missing}）"))
        return seal.after_id >= before.last_id
    if (seal.previous_root, seal.after_id) != (before.root, before.last_id):
        result.add(Finding(Found.SEAL_FORGED, f"{seal.day} 的封存没有接在 {before.day} 的封存之后"))
        return seal.after_id >= before.last_id
    return True
