"""For those who write vocabulary: how well a file of described hazards is judged.

`python -m zhiben.modules.criteria.judging.measure FILE.csv [--on 2026-11-21] [--no-sector]`
Columns as in the command's file, with `is_major` and `criteria_ref` (several keys separated by |||).
"""

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from zhiben.modules.criteria.catalogue import catalogue

from .engine import Engine
from .judgement import Judgement
from .quantities import quantities
from .text import read
from .vocabulary import FACETS, files, read_vocabulary
from .ways import hits_of, read_way, remarks


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--on", type=date.fromisoformat, default=date(2026, 11, 21))
    parser.add_argument("--no-sector", action="store_true")
    parser.add_argument("--quiet", action="store_true", help="figures only")
    arguments = parser.parse_args(argv)
    with arguments.file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    begun = time.process_time()
    judging = Engine(catalogue(), read_vocabulary(files(), complain=_say))
    start = time.process_time() - begun
    majors = first = among = negatives = false = near = 0
    spent = 0.0
    for row in rows:
        wanted = [key for key in (row.get("criteria_ref") or "").split("|||") if key]
        if unknown := [key for key in wanted if key not in catalogue().criteria]:
            _say(f"不在目录中：{unknown[0]}　{row['description']}")
            continue
        day = day_of(row, wanted, arguments.on)
        begun = time.process_time()
        answer = judging.judge(
            read(row["description"]), sector="" if arguments.no_sector else row["sector"], trades=(), found_on=day
        )
        spent += time.process_time() - begun
        keys = [candidate.criteria_key for candidate in answer.candidates]
        if wanted:
            majors += 1
            rank = min((keys.index(key) + 1 for key in wanted if key in keys), default=0)
            first += rank == 1
            among += 1 <= rank <= 5
            kind = answer.candidates[rank - 1].kind if rank else ""
            if not arguments.quiet and (rank != 1 or kind != "match"):
                _say((f"第{rank}名 {kind}" if rank else "没有找到") + f" ｜{row['description']}｜{row['sector']}")
                _say(f"    应为 {wanted[0]} {catalogue().criteria[wanted[0]].title}")
                _tell_missing(judging, wanted[0], row["description"])
                _tell_top(answer, 3)
        else:
            negatives += 1
            is_false = bool(answer.candidates) and answer.candidates[0].kind == "match"
            false += is_false
            near += bool(answer.candidates)
            if is_false and not arguments.quiet:
                _say(f"误判 ｜{row['description']}｜{row['sector']}")
                _tell_top(answer, 1)
    share = 1 / majors if majors else 0
    _say(
        f"重大 {majors} 条：第一名 {first * share:.1%}，前五名 {among * share:.1%}；"
        f"一般 {negatives} 条：误判为符合 {false}，有提示 {near}；"
        f"每条 {spent / max(len(rows), 1) * 1000:.1f} 毫秒，准备 {start:.2f} 秒"
    )
    return 0


def day_of(row: dict[str, str], wanted: Sequence[str], usual: date) -> date:
    """The row's own day, or one on which the criterion it names is in force."""
    if row.get("found_on"):
        return date.fromisoformat(row["found_on"])
    if wanted:
        document = catalogue().criteria[wanted[0]].document
        if not document.holds_on(usual):
            return document.effective_to or document.effective_on or usual
    return usual


def _tell_missing(judging: Engine, key: str, text: str) -> None:
    description = read(text)
    found = judging.words.lexicon.find(description)
    ways = [way for way in judging.words.ways if way.key == key]
    if not ways:
        _say("    还没有词汇")
    for way in ways:
        reading = read_way(
            way, hits_of(way, found), found, quantities(description.text), description, remarks(found, description)
        )
        parts = [
            f"{FACETS[name]}={'/'.join(sorted({phrase for phrase, _ in hits}))}" for name, hits in reading.hits.items()
        ]
        parts += [f"缺{FACETS[name]}" for name in (reading.missing or ([] if reading.hits else way.facets))]
        parts += [f"超出限值 {limit}" for limit, _ in reading.broken]
        parts += ["例外"] * bool(reading.excepted) + ["缺陷离得远"] * reading.is_defect_far
        parts += [f"存疑（{reading.doubt.kind}）"] if reading.doubt else []
        parts += ["说完好"] * bool(reading.good) + ["轻微"] * bool(reading.minor)
        _say("    词汇：" + "，".join(parts))


def _tell_top(answer: Judgement, count: int) -> None:
    for candidate in answer.candidates[:count]:
        title = catalogue().criteria[candidate.criteria_key].title
        _say(
            f"    {candidate.score:.2f} {candidate.kind} {candidate.criteria_key} {title}｜{'；'.join(candidate.because)}"
        )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
