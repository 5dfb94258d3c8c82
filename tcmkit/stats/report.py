"""The counts as the tables of the papers: ChiMed 2.0 (characters, documents, pairs, tuples, TCM and general apart;
departments) and Hengqin-RA (tokens and questions for each book, generated and multiple choice)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from tcmkit.stats.domain import DOMAINS
from tcmkit.stats.duplicates import Duplicates
from tcmkit.stats.lengths import distribution
from tcmkit.stats.parts import TYPES
from tcmkit.stats.step import SEP
from tcmkit.tables import table

Report = dict[str, Any]
_ROLES = ("question", "options", "answer", "chosen", "rejected", "document", "case")


def _tree(noted: Mapping[str, int], group: str) -> dict[str, Counter[str]]:
    """Name to measures of a group."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for path, count in noted.items():
        first, *names, measure = path.split(SEP)
        if first == group:
            found[SEP.join(names)][measure] = count
    return found


def report(noted: Mapping[str, int], duplicates: Duplicates, has_tokens: bool) -> Report:
    """Everything that was counted, ready for JSON."""
    types = _tree(noted, "type")
    records = sum(counts["records"] for counts in types.values())
    measures = ("records", "characters", *(["tokens"] if has_tokens else []))
    return {
        "records": records,
        **{name: sum(counts[name] for counts in types.values()) for name in measures[1:]},
        "types": {name: {m: types[name][m] for m in measures} for name in TYPES if name in types},
        "domains": _domains(_tree(noted, "domain"), measures),
        "sources": _sources(_tree(noted, "source"), has_tokens),
        "departments": _departments(_tree(noted, "department")),
        "kinds": dict(
            Counter({name: counts["records"] for name, counts in _tree(noted, "kind").items()}).most_common()
        ),
        "lengths": _lengths(noted, "characters"),
        "tokens_per_text": _lengths(noted, "tokens"),
        "duplicates": {
            "records": duplicates.count,
            "share": round(duplicates.count / records, 4) if records else 0.0,
            "exact": duplicates.is_exact,
        },
        "dimensions": _dimensions(_tree(noted, "dimension"), types["case"]["records"] if "case" in types else 0),
    }


def _domains(tree: dict[str, Counter[str]], measures: tuple[str, ...]) -> dict[str, Any]:
    """For each domain the measures of each type and of all."""
    domains: dict[str, Any] = {}
    for domain in DOMAINS:
        rows = {type_: tree.get(f"{domain}{SEP}{type_}", Counter()) for type_ in TYPES}
        if any(rows.values()):
            domains[domain] = {
                **{measure: sum(row[measure] for row in rows.values()) for measure in measures},
                "types": {type_: {m: row[m] for m in measures} for type_, row in rows.items() if row},
            }
    return domains


def _sources(tree: dict[str, Counter[str]], has_tokens: bool) -> list[dict[str, Any]]:
    names = ["records", "characters", "documents", "cases", "questions", "choice", "tuples"]
    names += ["tokens"] if has_tokens else []
    ordered = sorted(tree.items(), key=lambda item: (-item[1]["characters"], item[0]))
    return [{"name": name, **{measure: counts[measure] for measure in names}} for name, counts in ordered]


def _departments(tree: dict[str, Counter[str]]) -> list[dict[str, Any]]:
    rows = {row["id"]: row for row in table("specialties")["specialties"]}
    found = [
        {
            "id": name,
            "name": {"zh": rows[name]["name_zh"], "en": rows[name]["name_en"]}
            if name in rows
            else {"zh": name, "en": name},
            "records": counts["records"],
        }
        for name, counts in tree.items()
        if name
    ]
    none = tree[""]["records"] if "" in tree else 0
    found += [{"id": "", "name": {"zh": "未见科室词", "en": "none told"}, "records": none}] if none else []
    return sorted(found, key=lambda row: (row["id"] == "", -row["records"], row["id"]))


def _lengths(noted: Mapping[str, int], unit: str) -> dict[str, Any]:
    bins, totals = _tree(noted, "length"), _tree(noted, "total")
    return {
        role: distribution({int(number): n for number, n in bins[path].items()}, totals[path]["sum"])
        for role in _ROLES
        if (path := f"{unit}{SEP}{role}") in bins
    }


def _dimensions(tree: dict[str, Counter[str]], cases: int) -> list[dict[str, Any]]:
    if not cases:
        return []
    return [
        {
            "id": row["id"],
            "name": {"zh": row["name_zh"], "en": row["name_en"]},
            "share": round(counts["cases"] / cases, 4),
            **{name: counts[name] for name in ("cases", "present", "absent", "uncertain")},
        }
        for row in table("ten_questions")["dimensions"]
        for counts in [tree.get(row["id"], Counter())]
    ]
