"""Multiple choice: one right option that stands in the source, three that are wrong for sure."""

import random
import re
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.recipe import adds, known, read
from tcmkit.tables import table

_LETTERS = "ABCD"
_TEMPER = re.compile("(?:大热|微温|微寒|大寒|大温|微凉|[寒热温凉平])")
_COLD, _HOT = frozenset("寒凉"), frozenset("热温")
_FLAVOURS = "辛甘酸苦咸"
_ORGANS = ("肺经", "大肠经", "胃经", "脾经", "心经", "小肠经", "膀胱经", "肾经", "心包经", "三焦经", "胆经", "肝经")
_ORGAN = re.compile("大肠|小肠|膀胱|三焦|心包|[心肝脾肺肾胃胆]")
_SIX = re.compile("太阴|阳明|少阴|太阳|厥阴|少阳")


def _arrange(draft: Draft, question: str, answer: tuple[str, int], wrong: list[str], dice: random.Random) -> Draft:
    """The draft of a question with its options in a drawn order; `answer` is the right option and where it stands."""
    right, start = answer
    options = [right, *wrong]
    dice.shuffle(options)
    lettered = dict(zip(_LETTERS, options, strict=True))
    letter = next(letter for letter, option in lettered.items() if option == right)
    return Draft(
        "choice", draft.aspect, draft.subject, question, start, start + len(right), letter, lettered, draft.field
    )


def _temper(draft: Draft, passage: Passage, dice: random.Random) -> Draft | None:
    """Cold or hot? Only where the passage states one temper of the herb."""
    quotation = passage.text[draft.start : draft.end]
    stated = _TEMPER.findall(quotation)
    if len(stated) != 1 or len(re.findall("[寒热温凉平]", quotation)) != 1:
        return None
    right = stated[0]
    wrong = {"寒": ["热", "温", "平"], "热": ["寒", "凉", "平"], "平": ["寒", "热", "温"]}
    side = "寒" if right[-1] in _COLD else "热" if right[-1] in _HOT else "平"
    others = wrong[side]
    if any(re.search(f"[甘辛苦酸咸淡涩微大小性气味而极][，、]?{other}", passage.text) for other in others):
        return None
    textbook = _attributes(draft.subject)
    if textbook and not _agrees(side, textbook[0]):
        return None
    others = [other for other in others if not textbook or other not in textbook[0]]
    if len(others) < len(_LETTERS) - 1:
        return None
    question = passage.ask(f"{draft.subject}的药性属于下列哪一项？")
    return _arrange(draft, question, (right, draft.start + quotation.index(right)), others, dice)


def _attributes(herb: str) -> tuple[str, str] | None:
    """Natures and flavours that textbooks give a herb; None for one that the table does not know."""
    found = table("herbs")["attributes"].get(herb)
    return (found[0], found[1]) if found else None


def _agrees(side: str, natures: str) -> bool:
    """Whether a book's nature lies on the side of the textbook's: cold, warm or neutral."""
    if side == "平":
        return "平" in natures
    return any(nature in (_COLD if side == "寒" else _HOT) for nature in natures)


def _flavour(draft: Draft, passage: Passage, dice: random.Random) -> Draft | None:
    """Which flavour? Only where the passage states one flavour of the herb."""
    quotation = passage.text[draft.start : draft.end]
    stated = [flavour for flavour in _FLAVOURS if flavour in quotation]
    if len(stated) != 1 or re.search("[淡涩]", quotation):
        return None
    others = [flavour for flavour in _FLAVOURS if flavour not in stated and f"味{flavour}" not in passage.text]
    others = [flavour for flavour in others if passage.text.count(flavour) == 0]
    textbook = _attributes(draft.subject)
    if textbook and stated[0] not in textbook[1]:
        return None
    others = [flavour for flavour in others if not textbook or flavour not in textbook[1]]
    if len(others) < len(_LETTERS) - 1:
        return None
    wrong = dice.sample(others, 3)
    question = passage.ask(f"{draft.subject}的味（五味）是下列哪一项？")
    return _arrange(draft, question, (stated[0], draft.start + quotation.index(stated[0])), wrong, dice)


def _channel(draft: Draft, passage: Passage, dice: random.Random) -> Draft | None:
    """Which channel? Only where channels are named by organ, so that others are excluded."""
    quotation = passage.text[draft.start : draft.end]
    named = _ORGAN.findall(quotation)
    if not named or _SIX.search(passage.text):
        return None
    right = dice.choice(named)
    others = [
        organ for organ in _ORGANS if organ[:-1] not in passage.text and not (set(organ[:-1]) & set("".join(named)))
    ]
    if len(others) < len(_LETTERS) - 1 or (
        len(right) == 1 and any(right in other for other in named if other != right)
    ):
        return None
    question = passage.ask(f"{draft.subject}归入下列哪一经？")
    wrong = [organ[:-1] for organ in dice.sample(others, 3)]
    return _arrange(draft, question, (right, draft.start + quotation.index(right)), wrong, dice)


def _composition(draft: Draft, passage: Passage, dice: random.Random) -> Draft | None:
    """Which herb belongs to the formula? Only from a list whose number of items the text itself states."""
    recipe = read(passage.text, draft.start, len(passage.text))
    if recipe is None or adds(passage.text, recipe.end, recipe.end + 200, recipe.names):
        return None
    if not (recipe.counted or _same_in_table(draft.subject, recipe.names)):
        return None
    right = [name for name in recipe.names if known(name) and name not in draft.subject and len(name) >= 2]
    wrong = [
        name
        for name, stems in table("herbs")["choice"].items()
        if not any(stem in passage.text or stem in draft.subject for stem in stems)
    ]
    if not right or len(wrong) < len(_LETTERS) - 1:
        return None
    chosen = dice.choice(right)
    question = draft.question.replace("由哪些药物组成？", "的组成中有下列哪一味药？")
    at = passage.text.index(chosen, draft.start)
    return _arrange(draft, question, (chosen, at), dice.sample(wrong, 3), dice)


def _same_in_table(name: str, names: tuple[str, ...]) -> bool:
    """Whether the formula table knows a formula of this name with as many herbs."""
    for row in table("formulas")["formulas"]:
        if row["name"] == name:
            return len(row["composition"]) == len(names)
    return False


def _region(draft: Draft, passage: Passage, dice: random.Random) -> Draft | None:
    """Which part of the body does the point lie on? Only in modern words, and where one region alone is named."""
    if passage.old:
        return None
    quotation = passage.text[draft.start : draft.end]
    regions: dict[str, list[str]] = table("acupoints")["regions"]
    named = {name: group for group, names in regions.items() for name in names if name in quotation}
    right = next((name for name in named if quotation.startswith((f"在{name}", f"位于{name}", f"{name}，"))), None)
    if right is None or len(set(named.values())) != 1:
        return None
    wrong = [regions[group][0] for group in regions if group != named[right]]
    question = passage.ask(f"{draft.subject}位于人体的哪个部位？")
    return _arrange(draft, question, (right, draft.start + quotation.index(right)), dice.sample(wrong, 3), dice)


def syndrome_choice(draft: Draft, source: str, dice: random.Random) -> Draft | None:
    """Which syndrome has the patient? Wrong options share neither organ nor nature with the right one."""
    rows = {row["name"]: row for row in table("syndromes")["syndromes"]}
    right = source[draft.start : draft.end]
    row = rows.get(right) or rows.get(f"{right}证")
    if row is None or not row["location"] or not row["nature"]:
        return None
    place, nature = set(row["location"]), set(row["nature"])
    wrong = [
        name
        for name, other in rows.items()
        if other["location"]
        and other["nature"]
        and not (place & set(other["location"]))
        and not (nature & set(other["nature"]))
        and not (set(name) & set(right) - set("证"))
        and name not in draft.question
    ]
    if len(wrong) < len(_LETTERS) - 1:
        return None
    drawn = [name if right.endswith("证") else name.removesuffix("证") for name in dice.sample(sorted(wrong), 3)]
    question = draft.question.rsplit("\n", 1)[0] + "\n请问这位患者的证候是下列哪一项？"
    return _arrange(draft, question, (right, draft.start), drawn, dice)


_MAKERS = {
    ("herb", "nature"): (_temper, _flavour),
    ("herb", "channel"): (_channel,),
    ("formula", "composition"): (_composition,),
    ("acupoint", "location"): (_region,),
}


def choice_drafts(drafts: list[Draft], passage: Passage, seed: int) -> Iterator[Draft]:
    """Multiple choice made from drafts of other kinds."""
    for draft in drafts:
        for maker in _MAKERS.get((draft.kind, draft.aspect), ()):
            dice = random.Random(f"{seed}\x1f{passage.doc_id}\x1f{maker.__name__}\x1f{draft.question}")
            made = maker(draft, passage, dice)
            if made:
                yield made
