"""Personal data by the name of its field: 姓名, 手机, patient.id_card. What it holds need not look like any.

Formulas, herbs and authors have names too: a name that could be theirs counts only in a record about a patient.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from tcmkit.herbs.names import names as herbs
from tcmkit.tables import table
from tcmkit.text import pii
from tcmkit.text.columns import plain_name
from tcmkit.text.script import simplified_in_place

Path = tuple[str | int, ...]


class PersonalField(NamedTuple):
    """A field that identifies somebody; `kind` is one of `pii`."""

    path: Path
    """The way to it from the record: ("patient", "姓名")."""
    kind: str
    value: Any


_SOURCE = "source"
"""Where a record comes from: a book's author is no patient."""
_META = "meta"
_PLACEHOLDER = re.compile(r"\[[a-z_]+\]")
_HIDDEN = re.compile(r"[\s*×＊○□█某xX-]+")
_HIDDEN_NAME = re.compile(rf"(?:{pii.LONG_SURNAMES}|[一-龥])?[*×＊○□█某xX]{{1,3}}[一-龥]?")
"""The mark stands in place of a character: 王小明* hides nothing."""


def find(record: Mapping[str, Any]) -> list[PersonalField]:
    """The fields of a record that identify somebody by their name, also in objects and lists.

    >>> [field.path for field in find({"姓名": "王小明", "patient": {"phone": 13800138000}, "text": "头痛"})]
    [('姓名',), ('patient', 'phone')]
    >>> find({"name": "逍遥散", "composition": "柴胡"}), find({"name": "王小明", "age": 30})[0].kind
    ([], 'name')
    """
    return list(_inside((), {key: value for key, value in record.items() if key != _SOURCE}, False))


def _inside(path: Path, fields: Mapping[str, Any], of_patient: bool) -> Iterator[PersonalField]:
    of_patient = of_patient or any(_tells_of_patient(str(name)) for name, value in fields.items() if _says(value))
    for name, value in fields.items():
        kind = _kind(str(name), value, of_patient)
        if kind and _says_who(value, kind):
            yield PersonalField((*path, name), kind, value)
        elif not kind:
            below = _plain(str(name)) in _table()["patient"] or (name == _META and of_patient)
            yield from _further((*path, name), value, below)


def _further(path: Path, value: Any, of_patient: bool) -> Iterator[PersonalField]:
    if isinstance(value, dict):
        yield from _inside(path, value, of_patient)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _further((*path, number), item, of_patient)


def _kind(name: str, value: Any, of_patient: bool) -> str:
    """What sort of personal data a field holds by its name; none for a formula that is called what it is called."""
    certain, likely = kinds_of(name)
    if certain or not (likely and of_patient):
        return certain
    if likely == "name" and not any(_may_be_name(said, name) for said in _texts(value)):
        return ""
    return likely


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


def _may_be_name(said: str, field: str) -> bool:
    """Whether it has the shape of a person's name; diseases, formulas and publishers stand under `name` too."""
    said = re.sub(r"(?<=[一-龥])\s+(?=[一-龥])", "", simplified_in_place(said.strip()))
    if _WITH_DOT.fullmatch(said):
        return True
    if is_term(said) or not pii.may_be_name(said) or said.endswith(_table()["no_name_ends"]):
        return False
    shape = _PART_OF_NAME if _plain(field) in _table()["parts_of_name"] else _shape_of_name()
    return shape.fullmatch(said) is not None


@lru_cache(maxsize=4096)
def kinds_of(name: str) -> tuple[str, str]:
    """What a field is by its name, for certain, and what it is in a record about a patient; "" is nothing.

    >>> kinds_of("患者 姓名"), kinds_of("Name"), kinds_of("patient_name"), kinds_of("聯繫電話1"), kinds_of("方名")
    (('name', 'name'), ('', 'name'), ('name', 'name'), ('phone', 'phone'), ('', ''))
    """
    plain = _plain(name)
    certain, likely = _table()["certain"], _table()["beside_patient"]
    if kind := certain.get(plain):
        return kind, kind
    for word in _table()["before"]:
        if plain.startswith(word) and (kind := certain.get(plain[len(word) :]) or likely.get(plain[len(word) :])):
            return kind, kind
    for word in _table()["before_beside_patient"]:
        rest = plain[len(word) :] if plain.startswith(word) else ""
        if kind := certain.get(rest) or likely.get(rest, ""):
            return certain.get(rest, ""), kind
    return "", likely.get(plain, "")


@lru_cache(maxsize=4096)
def _tells_of_patient(name: str) -> bool:
    certain = kinds_of(name)[0]
    return (bool(certain) and certain not in _table()["contact"]) or _plain(name) in _table()["about_patient"]


def _plain(name: str) -> str:
    return plain_name(simplified_in_place(name))[0]


@cache
def _table() -> dict[str, Any]:
    """The table by plain names: the kind of each, and the sets."""
    rows, columns = table("personal_fields"), table("check_fields")
    of_patient = [*(columns["fields"][name] for name in ("age", "sex", "pregnant")), *columns["ages_in"].values()]
    about = [*rows["about_patient"], *(name for names in of_patient for name in names)]
    kinds = {
        sort: {_plain(name): kind for kind, names in rows[sort].items() for name in names}
        for sort in ("certain", "beside_patient")
    }
    sets = {"about_patient": frozenset(map(_plain, about)), "patient": frozenset(map(_plain, rows["patient"]))}
    ends = {key: tuple(rows[key]) for key in ("unsaid_ends", "no_name_ends")}
    values = {"unsaid": frozenset(rows["unsaid"]), "contact": frozenset(rows["contact"]), **ends}
    words = {key: tuple(map(_plain, rows[key])) for key in ("before", "before_beside_patient", "parts_of_name")}
    return {**kinds, **sets, **values, **words}


def _says(value: Any) -> bool:
    return value not in (None, "", [], {})


def _says_who(value: Any, kind: str) -> bool:
    """Whether a value identifies somebody: not when it is empty, hidden already (李某, ****), 不详 or 母亲."""
    if isinstance(value, dict | list):
        return any(_says_who(item, kind) for item in (value.values() if isinstance(value, dict) else value))
    if value is None or isinstance(value, bool):
        return False
    said = simplified_in_place(str(value).strip())
    if said.lower() in _table()["unsaid"] or not said or _PLACEHOLDER.fullmatch(said):
        return False
    if kind == "name":
        return not (_HIDDEN.fullmatch(said) or _HIDDEN_NAME.fullmatch(said) or said.endswith(_table()["unsaid_ends"]))
    return not _HIDDEN.fullmatch(said)


def is_term(name: str) -> bool:
    """Whether a name is that of a formula, a herb, a disease, a syndrome or a point.

    >>> is_term("逍遙散"), is_term("白芍"), is_term("咳嗽"), is_term("足三里"), is_term("王小明")
    (True, True, True, True, False)
    """
    plain = simplified_in_place(name)
    return plain in _terms() or plain in herbs()


@cache
def _terms() -> frozenset[str]:
    points = table("acupoints")
    syndromes = table("syndromes")["syndromes"]
    return frozenset(
        {
            *(row["name"] for part in ("formulas", "diseases") for row in table(part)[part]),
            *table("disease_names")["names"],
            *(name for row in syndromes for name in (row["name"], *row["aliases"], *row["near_synonyms"])),
            *(name for key in ("codes", "extra", "older_names") for name in points[key]),
        }
    )


_WITH_DOT = re.compile(r"[一-龥]{1,8}(?:[·•・][一-龥]{1,8})+")
_PART_OF_NAME = re.compile(r"[一-龥]{1,3}|[A-Za-z][A-Za-z'.-]*")


@cache
def _shape_of_name() -> re.Pattern[str]:
    """A surname and one or two characters, also after a second surname; Latin words."""
    one = f"[{pii.SURNAMES}{table('personal_fields')['rarer_surnames']}]"
    chinese = rf"(?:{pii.LONG_SURNAMES}|{one}{{1,2}})[一-龥]{{1,2}}"
    latin = r"[A-Za-z][A-Za-z'.-]*(?:,? +[A-Za-z][A-Za-z'.-]*){0,4}"
    return re.compile(rf"{chinese}|[一-龥]{{1,8}}(?:[·•・][一-龥]{{1,8}})+|{latin}")


_SHORTEST = {"name": 2}
_WORD = re.compile(r"[A-Za-z]+")
_SHORTEST_WORD = 4
"""He and Long are surnames and words: one word alone is looked for as it is written, and not when it is short."""
_SHORTEST_OTHER = 6
"""Characters: a shorter number or place stands in a text by chance."""


_ADDED = re.compile(r"\s*(?:[(（][^()（）]*[)）]|[*×＊○□█]+)$")
"""What stands behind a name in its field, and not where a text says it: 王小明（女）, 王小明*."""


def spoken(found: list[PersonalField]) -> dict[str, str]:
    """What the fields found say, each with its kind, as it may stand in a text again: no herb, and nothing short.

    >>> spoken(find({"姓名": "王 小明", "住院号": "A20230415", "床号": 3}))
    {'王 小明': 'name', '王小明': 'name', 'A20230415': 'record_number'}
    """
    said: dict[str, str] = {}
    for field in found:
        for kind, value in _leaves(field.kind, field.value):
            bare = _ADDED.sub("", value) if kind == "name" else value
            for form in (value, bare, re.sub(r"(?<=[一-龥])\s+(?=[一-龥])", "", bare)):
                if _long_enough(form, kind) and _says_who(form, kind) and not is_term(form):
                    said.setdefault(form, kind)
    return said


def _leaves(kind: str, value: Any) -> Iterator[tuple[str, str]]:
    """What a field says; of an object only what its own members say who it is: 关系 in a 联系人 does not."""
    if isinstance(value, dict):
        for name, item in value.items():
            if own := kinds_of(str(name))[1]:
                yield from _leaves(own, item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(kind, item)
    elif value is not None and not isinstance(value, bool):
        yield kind, str(value).strip()


def _long_enough(form: str, kind: str) -> bool:
    return len(form) >= (_SHORTEST_WORD if _WORD.fullmatch(form) else _SHORTEST.get(kind, _SHORTEST_OTHER))


_BEGINS = r"(?:(?<![0-9A-Za-z])|(?=[^\x00-\x7f]))"
_ENDS = r"(?:(?![0-9A-Za-z])|(?<=[^\x00-\x7f]))"
"""Letters and digits are no part of a longer word or number."""


def places(text: str, said: Mapping[str, str]) -> list[pii.Personal]:
    """Where a text says what stands in personal fields (`spoken`), in order, without overlaps.

    >>> places("王小明诉头痛，WANG XIAO同来", {"王小明": "name", "Wang Xiao": "name"})
    [Personal(start=0, end=3, kind='name'), Personal(start=7, end=16, kind='name')]
    """
    if not said:
        return []
    forms = sorted(said, key=len, reverse=True)
    pattern = "|".join(map(_looked_for, forms))
    kinds = {re.sub(r"\s+", " ", form).lower(): kind for form, kind in said.items()}
    whole = re.compile(rf"{_BEGINS}(?:{pattern}){_ENDS}")
    return [
        pii.Personal(match.start(), match.end(), kinds[re.sub(r"\s+", " ", match[0]).lower()])
        for match in whole.finditer(text)
    ]


def _looked_for(form: str) -> str:
    pattern = r"\s+".join(map(re.escape, form.split()))
    return pattern if _WORD.fullmatch(form) else f"(?i:{pattern})"
