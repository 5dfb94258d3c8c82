"""Recall and false alarms of `tcm decontaminate` on planted and on unrelated lines, and its speed.

    python benchmarks/decontaminate.py EXAM.jsonl [UNRELATED.jsonl ...]

EXAM holds questions with options (a list or a mapping) and an answer. Every other question (by a hash of its text) is
an evaluation item; each is planted in every way of PLANTS, in running text, as a QA line and as messages. The questions
of the other half, and the lines of UNRELATED, are the ones that must pass. Among the other half some are reworded
copies of an evaluation item, or differ from one in a word: a flagged question that shares at least 60% of its
options with an evaluation item, and whose stem is at least half alike at its best part, is counted as `near`, any
other as `false`.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import opencc
from measure import figure
from rapidfuzz import fuzz

from tcmkit.decontaminate import Decontaminator, Settings
from tcmkit.decontaminate.fold import folded
from tcmkit.records import Drop, content_id

Question = tuple[str, list[str], str]
Plant = Callable[[Question, random.Random], Question]
SWAPS = {
    **{"下列": "以下", "以下": "下列", "患者": "病人", "病人": "患者", "主要": "重要", "首选": "最宜选"},
    **{
        "治疗": "医治",
        "常见": "多见",
        "属于": "归于",
        "正确": "对",
        "表现": "症状",
        "特点": "特征",
        "应": "须",
        "是": "为",
    },
}
FILLER = "复习笔记摘录整理自网络仅供参考学习交流大家可以对照课本自行核对后再记忆下面继续讨论临床带教时的几点体会"


def read_questions(path: Path) -> list[Question]:
    questions = []
    with path.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            options = row["options"]
            listed = [str(text) for text in (options.values() if isinstance(options, dict) else options)]
            questions.append((row["question"], listed, str(row.get("answer") or "")))
    return questions


def as_is(question: Question, _dice: random.Random) -> Question:
    return question


def punctuation(question: Question, dice: random.Random) -> Question:
    def changed(text: str) -> str:
        return "".join(dice.choice("，、 。；") if c in "，。、；,;" else c for c in text).rstrip("：:（）()") + "？"

    stem, options, answer = question
    return changed(stem), [f" {option}。" for option in options], answer


def shuffled(question: Question, dice: random.Random) -> Question:
    stem, options, _ = question
    return stem, dice.sample(options, len(options)), dice.choice("ABCDE")


def one_word(question: Question, dice: random.Random) -> Question:
    """One word of the stem changed: a synonym where there is one, else two characters replaced at random."""
    stem, options, answer = question
    known = [word for word in SWAPS if word in stem]
    if known and dice.random() < 0.5:
        word = dice.choice(known)
        return stem.replace(word, SWAPS[word], 1), options, answer
    places = [i for i in range(len(stem) - 1) if folded(stem[i : i + 2]) == stem[i : i + 2]] or [0]
    at = dice.choice(places)
    return stem[:at] + dice.choice(("某种", "有关", "多数", "临床", "一般")) + stem[at + 2 :], options, answer


def one_word_of_an_option(question: Question, dice: random.Random) -> Question:
    stem, options, answer = question
    number = dice.randrange(len(options))
    option = options[number]
    at = dice.randrange(max(1, len(option) - 1))
    changed = option[:at] + dice.choice(("某种", "多数", "偏")) + option[at + 2 :]
    return stem, [*options[:number], changed, *options[number + 1 :]], answer


def full_width(question: Question, _dice: random.Random) -> Question:
    table = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    stem, options, answer = question
    return stem.translate(table), [option.translate(table) for option in options], answer


def half_width(question: Question, _dice: random.Random) -> Question:
    table: dict[int, int | str] = {
        **{code + 0xFEE0: code for code in range(0x21, 0x7F)},
        ord("。"): ".",
        ord("、"): ",",
        ord("　"): " ",
    }
    stem, options, answer = question
    return stem.translate(table), [option.translate(table) for option in options], answer


_TRADITIONAL = {name: opencc.OpenCC(name) for name in ("s2t", "s2tw", "s2hk")}


def traditional(question: Question, dice: random.Random) -> Question:
    convert = _TRADITIONAL[dice.choice(sorted(_TRADITIONAL))].convert
    stem, options, answer = question
    return convert(stem), [convert(option) for option in options], answer


def several(question: Question, dice: random.Random) -> Question:
    """Order, punctuation and one word, all at once."""
    return one_word(punctuation(shuffled(question, dice), dice), dice)


PLANTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        *(as_is, punctuation, shuffled, one_word, one_word_of_an_option, full_width, half_width, traditional, several),
    )
}


def _filler(dice: random.Random, size: int) -> str:
    return "".join(dice.choice(FILLER) for _ in range(size)) + "。"


def _shown(question: Question, dice: random.Random) -> str:
    stem, options, _ = question
    mark, between = dice.choice((("{}. ", "\n"), ("{}、", " "), ("({})", "；")))
    return (
        stem
        + "\n"
        + between.join(mark.format(letter) + text for letter, text in zip("ABCDEFGHI", options, strict=False))
    )


def in_text(question: Question, dice: random.Random) -> dict[str, Any]:
    before, after = (_filler(dice, dice.randrange(20, 600)) for _ in range(2))
    return {"text": before + _shown(question, dice) + f"\n答案：{question[2]}\n" + after}


def as_qa(question: Question, _dice: random.Random) -> dict[str, Any]:
    stem, options, answer = question
    return {"question": stem, "answer": answer, "options": dict(zip("ABCDEFGHI", options, strict=False))}


def as_messages(question: Question, dice: random.Random) -> dict[str, Any]:
    asked = {"role": "user", "content": "请回答：" + _shown(question, dice)}
    return {"messages": [asked, {"role": "assistant", "content": f"选{question[2]}。" + _filler(dice, 40)}]}


SHAPES = (in_text, as_qa, as_messages)


def is_evaluation(question: Question, salt: str) -> bool:
    return int(content_id(salt, question[0], *question[1]), 16) % 2 == 0


def dropped(step: Decontaminator, record: dict[str, Any]) -> bool:
    return isinstance(step(record), Drop)


def recall(step: Decontaminator, items: list[Question], dice: random.Random) -> Iterator[tuple[str, str, float]]:
    for plant_name, plant in PLANTS.items():
        for shape in SHAPES:
            hits = sum(dropped(step, shape(plant(item, dice), dice)) for item in items)
            yield plant_name, shape.__name__, hits / len(items)


def alarms(step: Decontaminator, others: list[Question], items: list[Question]) -> Counter[str]:
    """Verdicts on questions that are no evaluation items."""
    verdicts: Counter[str] = Counter()
    folded_items = [(folded(stem), {folded(option) for option in options}) for stem, options, _ in items]
    for other in others:
        if not dropped(step, as_qa(other, random.Random(0))):
            verdicts["passed"] += 1
            continue
        stem, options = folded(other[0]), {folded(option) for option in other[1]}
        near = any(
            len(options & theirs) >= 0.6 * min(len(options), len(theirs)) and fuzz.partial_ratio(stem, their_stem) >= 50
            for their_stem, theirs in folded_items
        )
        verdicts["near" if near else "false"] += 1
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("exam", type=Path)
    parser.add_argument("unrelated", type=Path, nargs="*")
    parser.add_argument("--salt", default="", help="another split, other dice")
    parser.add_argument("--most", type=int, default=2000, help="plant at most so many items")
    options = parser.parse_args()
    questions = read_questions(options.exam)
    items = [question for question in questions if is_evaluation(question, options.salt)]
    others = [question for question in questions if not is_evaluation(question, options.salt)]
    dice = random.Random(options.salt)
    with tempfile.TemporaryDirectory() as folder:
        exam = Path(folder) / "exam.jsonl"
        exam.write_text(
            "".join(json.dumps({"question": q, "options": o, "answer": a}) + "\n" for q, o, a in items), "utf-8"
        )
        started = time.perf_counter()
        step = Decontaminator(Settings((str(exam),)))
    print(f"items {len(items)}, index built in {time.perf_counter() - started:.1f} s")
    shares = []
    for plant, shape, share in recall(step, dice.sample(items, min(options.most, len(items))), dice):
        shares.append(share)
        print(f"recall {share:.4f}  {plant} {shape}")
    print(f"recall {sum(shares) / len(shares):.4f}  all; least {min(shares):.4f}")
    started = time.perf_counter()
    verdicts = alarms(step, others, items)
    print(f"the other {len(others)} questions: {dict(verdicts)}; false {verdicts['false'] / len(others):.5f}")
    figure("decontaminate: recall of planted items", sum(shares) / len(shares), "")
    figure("decontaminate: false alarms among other questions", verdicts["false"] / len(others), "")
    for path in options.unrelated:
        report_file(step, path)
    return 0


def report_file(step: Decontaminator, path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        records = [json.loads(line) for line in lines]
    started = time.perf_counter()
    flagged = sum(dropped(step, record) for record in records)
    seconds = time.perf_counter() - started
    characters = sum(len(str(record.get("text", ""))) for record in records)
    print(
        f"{path.name}: {flagged} of {len(records)} flagged ({flagged / len(records):.5f}), "
        f"{len(records) / seconds:,.0f} lines/s, {characters / seconds / 1e6:.1f} M characters of text/s"
    )


if __name__ == "__main__":
    sys.exit(main())
