"""Build tcmkit/data/syndrome_profiles.json: which signs are typical of a syndrome.

    python tools/build_syndrome_profiles.py syndrome_knowledge.jsonl

Each line of the input has `Name`, `Definition` and `Typical_performance` (the national terminology with the typical
findings of each syndrome). What goes into the table are facts: the ids of the signs that stand there, no sentence.
"""

import argparse
import json
from pathlib import Path

from tcmkit.classify.names import canonical
from tcmkit.classify.signs import signs, signs_of
from tcmkit.clean_tqs import Cleaner, Settings

TARGET = Path(__file__).resolve().parent.parent / "tcmkit" / "data" / "syndrome_profiles.json"
HEAD = {
    "about": "Signs (ids of syndrome_signs.json) that are typical of a syndrome, in the order of that table.",
    "source": "the syndrome knowledge file of MLTCM-FMHTM (definition and typical findings); facts only",
}


def profile(row: dict[str, str], cleaner: Cleaner) -> str:
    """Ids of the signs that the row tells of, joined by blanks."""
    text = "，".join(part for part in (row.get("Typical_performance"), row.get("Definition")) if part)
    made = cleaner({"text": text})
    assert isinstance(made, list)
    found = {sign.row for sign in signs_of(made[0]) if sign.present}
    return " ".join(signs()[number]["id"] for number in sorted(found))


def main() -> None:
    """Read the file, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("knowledge", type=Path)
    options = parser.parse_args()
    cleaner = Cleaner(Settings())
    profiles: dict[str, str] = {}
    for line in options.knowledge.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        name, ids = canonical(row["Name"]), profile(row, cleaner)
        if name and len(ids) > len(profiles.get(name, "")):
            profiles[name] = ids
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(ids, ensure_ascii=False)}"
        for name, ids in sorted(profiles.items())
    ]
    head = ",\n".join(f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in HEAD.items())
    TARGET.write_text("{\n" + head + ',\n"profiles": {\n' + ",\n".join(lines) + "\n}\n}\n", encoding="utf-8")
    print(f"{len(profiles)} syndromes")


if __name__ == "__main__":
    main()
