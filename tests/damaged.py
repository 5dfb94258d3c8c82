"""Lines that no run may fall over: records of every type, damaged in their values, their shape or their bytes."""

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

RECORDS: tuple[dict[str, Any], ...] = (
    {
        "id": "d1",
        "text": "患者张某，女，45岁。主诉：咳嗽三天，痰黄稠，发热口渴。舌红，苔黄，脉滑数。既往无糖尿病。",
        "source": {"path": "甲.txt", "title": "门诊记录", "url": "http://a.b/1"},
        "meta": {"year": "1820", "dynasty": "清", "category": 1},
    },
    {
        "id": "d2",
        "text": "桂枝，味辛温。主治上气咳逆，结气喉痹。桂枝汤：桂枝三两，芍药三两，甘草二两，生姜三两，大枣十二枚。",
        "source": {"title": "本草小记", "section": "上品 / 桂枝"},
        "meta": {},
    },
    {
        "id": "c1",
        "text": "头痛三天，怕冷，不发热。舌淡红，苔薄白，脉浮紧。",
        "tqs": {
            "head_body": [{"text": "头痛", "start": 0, "end": 2, "polarity": "present"}],
            "cold_heat": [{"text": "发热", "start": 9, "end": 11, "polarity": "absent"}],
        },
        "removed": [{"category": "lab", "text": "血压", "start": 3, "end": 5}],
        "clean_text": "头痛三天，怕冷。",
        "syndrome": "风寒束表证",
        "label": "风寒束表证",
    },
    {
        "id": "q1",
        "question": "桂枝的性味是什么？",
        "answer": "辛温。",
        "kind": "herb",
        "evidence": {"doc_id": "d2", "start": 3, "end": 6},
        "messages": [{"role": "user", "content": "桂枝的性味是什么？"}, {"role": "assistant", "content": "辛温。"}],
    },
    {
        "id": "p1",
        "prompt": [{"role": "user", "content": "附子常用量？"}],
        "chosen": [{"role": "assistant", "content": "3～15克，先煎。"}],
        "rejected": [{"role": "assistant", "content": "300克。"}],
        "judge": {"accuracy": 1},
    },
    {
        "id": "r1",
        "prescription": "黑顺片10g，法半夏9g，炙甘草6克，西洋参3钱",
        "patient": {"age": 70, "sex": "女", "pregnant": True, "medicines": ["华法林"]},
        "chief_complaint": "胸口压着疼，左胳膊发麻",
    },
    {
        "id": "e1",
        "question": "下列属于辛凉解表药的是",
        "options": {"A": "麻黄", "B": "薄荷", "C": "桂枝", "D": "附子"},
        "answer": "B",
        "explanation": "薄荷辛凉。",
    },
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        0,
        -1,
        10**40,
        1e308,
        -0.0,
        "",
        " \n\t",
        [],
        {},
        [[]],
        [None],
        {"": None},
        [{}],
        "\x00\x1b[31m",
        "\ufffd\u200b\u202e",
    ),
    *(
        "一" * 5000,
        "🈲" * 40,
        "1" * 400,
        "，。；" * 99,
        "<p>" * 200,
        "\r\n" * 50,
        "[1" * 60,
        "e\u0301" * 50,
        {"text": 3},
        ["痛", 3],
    ),
    *("100000000000克", "０３钱", "-5g", "三百两", "99999岁", "13800000000", "$&\\1", "{0}%s"),
)


def damaged(count: int, seed: int = 0) -> Iterator[bytes]:
    """So many lines, the same for the same seed. The first are whole but for half a character in every
    string, and hold a number that orjson takes no integer for.
    """
    chance = random.Random(seed)
    for record in RECORDS[:count]:
        yield json.dumps({**_halved(record), "number": 10**40}).encode() + b"\n"
    for _ in range(count - len(RECORDS)):
        record = json.loads(json.dumps(chance.choice(RECORDS)))
        for _ in range(chance.choice((0, 1, 1, 2, 5))):
            _change(record, chance)
        line = json.dumps(record, ensure_ascii=chance.random() < 0.3).encode("utf-8", "surrogatepass")
        if chance.random() < 0.3:
            line = _torn(line, chance)
        yield line.replace(b"\n", b" ") + b"\n"


def _halved(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _halved(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_halved(inside) for inside in value]
    return f"{value}\ud800" if isinstance(value, str) else value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key or position in it."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inside in list(pairs):
        yield value, key
        yield from _places(inside)


def _change(record: dict[str, Any], chance: random.Random) -> None:
    places = list(_places(record))
    if not places:
        record["text"] = deepcopy(chance.choice(ODD))
        return
    holder, key = chance.choice(places)
    match chance.randrange(5):
        case 0 | 1:
            holder[key] = deepcopy(chance.choice(ODD))
        case 2:
            del holder[key]
        case 3:
            other, name = chance.choice(places)
            holder[key] = json.loads(json.dumps(other.get(name) if isinstance(other, dict) else None))
        case _:
            if isinstance(holder[key], str) and holder[key]:
                holder[key] = _mixed(holder[key], chance)


def _mixed(text: str, chance: random.Random) -> str:
    """The text with a piece repeated, left out, or made of characters from anywhere."""
    start = chance.randrange(len(text))
    end = chance.randrange(start, len(text)) + 1
    anywhere = "".join(
        chr(chance.choice((chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)))) for _ in range(9)
    )
    return text[:start] + chance.choice((text[start:end] * 30, "", anywhere, "\ud800")) + text[end:]


def _torn(line: bytes, chance: random.Random) -> bytes:
    """The line with bytes cut off, doubled, flipped, or none of it left."""
    place = chance.randrange(len(line))
    match chance.randrange(5):
        case 0:
            return line[:place]
        case 1:
            return line[:place] + bytes([chance.randrange(256)]) + line[place + 1 :]
        case 2:
            return line[:place] + chance.randbytes(chance.randrange(40)) + line[place:]
        case 3:
            return b"[" * chance.choice((1, 90, 5000)) + line
        case _:
            return chance.choice(
                (b'"', b"{", b"null", b"\xff\xfe", b'{"text":"\\ud800"}', b'{"text":NaN}', line + line)
            )
