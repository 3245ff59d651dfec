"""`make bundle`: everything a machine without internet needs, in one tar: our wheel with the built front end, the wheel
of every dependency exactly as uv.lock says, docs and deploy, and a script that installs them.

Run on a machine with internet and the same processor, Debian and Python as the server."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bootstrap import find_uv  # noqa: E402 - it lies beside this folder and belongs to no package

INSTALL = """#!/bin/sh
# 在没有互联网的服务器上安装（升级时再运行一次）：sudo sh install.sh [目录，默认 /opt/zhiben]
set -eu
cd "$(dirname "$0")"
to=${1:-/opt/zhiben}
sha256sum --quiet --check SHA256SUMS || { echo '安装包不完整或被改动，请重新拷贝'; exit 1; }
python3 -c 'import sys; sys.exit(sys.version_info[:2] != (@MAJOR@, @MINOR@))' || {
  echo '安装包是为 Python @MAJOR@.@MINOR@ 做的，本机是'; python3 --version; exit 1; }
mkdir -p "$to"
[ -x "$to/.venv/bin/pip" ] || python3 -m venv "$to/.venv" || { echo '请先安装 python3-venv（见运维手册）'; exit 1; }
"$to/.venv/bin/pip" install --quiet --no-index --no-deps --force-reinstall wheels/*.whl
rm -rf "$to/docs" "$to/deploy" "$to/tools"
cp -r docs deploy tools "$to/"
"$to/.venv/bin/python" -m compileall -q "$to/.venv/lib" || true
echo "已安装到 $to。下一步见 $to/docs/operations.md"
"""


def main() -> None:
    with_ocr = bool(os.environ.get("OCR"))
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    name = f"zhiben-{version}-python{sys.version_info[0]}.{sys.version_info[1]}"
    uv = find_uv()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / name
        wheels = folder / "wheels"
        wheels.mkdir(parents=True)
        wanted = Path(place) / "requirements.txt"
        extra = ["--extra", "ocr"] if with_ocr else []
        run(uv, "export", "--frozen", "--no-dev", "--no-emit-project", "--quiet", *extra, "--output-file", wanted)
        # pip alone can fetch wheels for another machine; what is published as source only becomes a wheel here
        pip = [uv, "tool", "run", "--python", sys.executable, "pip"]
        run(*pip, "wheel", "--quiet", "--no-deps", "--require-hashes", "-r", wanted, "-w", wheels)
        run(uv, "build", "--quiet", "--wheel", "--out-dir", wheels)
        if not any("static/build/" in entry for entry in contents(next(wheels.glob("zhiben-*.whl")))):
            sys.exit("安装包里没有构建好的前端。请先运行 make setup。")
        (wheels / ".gitignore").unlink(missing_ok=True)
        for part in ("docs", "deploy", "tools"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", "secrets"))
        script = INSTALL.replace("@MAJOR@", str(sys.version_info[0])).replace("@MINOR@", str(sys.version_info[1]))
        (folder / "install.sh").write_text(script, "utf-8")
        sums = "".join(
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n"
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        )
        (folder / "SHA256SUMS").write_text(sums, "utf-8")
        target = ROOT / "dist" / f"{name}.tar.gz"
        target.parent.mkdir(exist_ok=True)
        with tarfile.open(target, "w:gz", compresslevel=1) as packed:
            packed.add(folder, name)
    size = target.stat().st_size // 2**20
    sys.stdout.write(f"{target.relative_to(ROOT)}，{size} MB。拷到服务器后：\n")
    sys.stdout.write(f"  tar xf {target.name} && sudo sh {name}/install.sh\n")


def run(*words: object) -> None:
    subprocess.run([str(word) for word in words], cwd=ROOT, check=True)


def contents(wheel: Path) -> list[str]:
    import zipfile

    return zipfile.ZipFile(wheel).namelist()


if __name__ == "__main__":
    main()
