"""Questions about a formula: composition, use, preparation, and which formula governs a pattern."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import formula_name
from tcmkit.gen_qa.place import ask_in_chapter
from tcmkit.gen_qa.quote import any_of, ended, sentence_around, sentences, sound, words
from tcmkit.gen_qa.recipe import FIRST_DOSE, Recipe, adds, agrees_with_table, dose_positions, names_agree, read
from tcmkit.text import labels
from tcmkit.text.edges import HAN, Span, trim

_NOTE = r"(?:（[^（）\n]{0,60}）|\([^()\n]{0,60}\))"
_INLINE = re.compile(
    rf"^(?:〔[^〕\n]{{1,8}}〕|【)?(?P<name>[{HAN}]{{2,10}}(?:汤|散|丸|圆|饮子|饮|膏|丹|煎)(?:方)?)】?{_NOTE}?"
    rf"(?:[ ：:，。]{{0,2}}(?=(?:专|能|主|并)?[治主疗])|(?=\n))",
    re.M,
)
_USE = re.compile(rf"{_NOTE}?[\s，。：]*(?:方)?(?=(?:专|能|统|通|兼|并)?(?:主治|主疗|治|疗|主(?!之)))")
_MAKING = re.compile(
    r"[\s。；;，,]*(?:[上右](?=[^\n]{0,12}(?:味|件|为|末|锉|研|药|各|捣|以|用|等分|水|煎|咀|同|剉))|以上|共|合|研|为末|为细末|水|用|每服|煎|酒|加|各)"
)
_TAKING = re.compile("服|下|敷|调|贴|涂|洗|含|煎|噙|吹|点|掺|嚼|送|搽|擦|熏|饮|塞|咽")
_DOSE_CLAUSE = re.compile("每服|分[温二三四五]|顿服|温服|日[二三]服")
_GOVERNS = re.compile(
    r"[，,](?:宜|可与|当与|与|以|当用|当以|可用|宜用|宜以|用|法当|急以|急用)?"
    rf"(?P<name>[{HAN}]{{2,10}}?(?:汤|散|丸|饮|丹|煎|膏|饮子))主之(?=[。；，,\n]|$)"
)
_NUMBERING = re.compile(r"[（(]?[0-9一二三四五六七八九十百]+[）).．、]\s*")
_TOLD = re.compile("[曰云名治宜加：:《【〔]|^[言法]|第.{1,3}条")
_OTHER_FORMULA = re.compile(rf"[{HAN}]{{2}}(?:汤|散|丸|饮子|丹|煎)")
_ITEMS_BEGIN = re.compile(r"[\n。]\s*|[者方]：")
_LEADING_NOTE = re.compile(rf"\s*{_NOTE}")
_HANGING = re.compile("^治之|^主之|[而及或并之与以于其不为在则如无有欲因又且者、，]$")
_ASIDE = re.compile("^(?:经曰|经云|按|盖|此|凡?服|但|《|经言|又|昔|余|予|予尝|名|一名|方见)|服之|服此|[曰云]")
_ELSE = re.compile("治|主之|者，|一方|又方|一法|故也|曰|云|按|名为|歌|《|此方|此即|证")
_DIRECTION = re.compile("[服煎丸末水酒汤下敷贴涂洗点掺搽熏饮食空晨日时枚片盏钟分钱温热冷忌米茶蜜加研和令去滓渣]")
_OTHER_RECIPE = re.compile(r"(?:^|[\n。）)])[ \t]*(?P<lead>[（(〔【]?(?:又一?方|一方|别方|又法|一法|又治|一本))")
_ALSO = re.compile("[又亦兼并及]治|[又亦]主(?!之)|通治|统治|专治|能治")
_SCRAP = 6
"""A shorter sentence among directions is one of them: 拭干。"""
_MANY_SENTENCES = 3
_MANY_DOSES = 3
_HEADS = re.compile(r"方?[。：]?[ \t]*\n")
_LINE_BEGINS = re.compile(r"\n[ \t]*")
_NAMED_THERE = re.compile(rf"(?P<name>[{HAN}]{{2,6}}(?:汤|散|丸|饮|饮子|丹|煎|膏))方?[。：]?[ \t]*\n")
_SEARCHED = 600
"""A composition begins within so many characters of its formula's name."""


class Block(NamedTuple):
    """Where a text speaks of one formula."""

    name: str
    start: int
    end: int


def blocks(passage: Passage) -> list[Block]:
    """The formulas of a passage: the one that heads it, then those that begin a line."""
    text = passage.text
    marks: list[tuple[str, int, int]] = []
    head = formula_name(passage.heading)
    if head:
        marks.append((head, 0, 0))
    if "治" in text or "主" in text or "（" in text:
        for match in _INLINE.finditer(text):
            name = formula_name(match["name"])
            if name and not name.startswith(words("connective")):
                marks.append((name, match.start(), match.end()))
    found = []
    labelled = [item for item in labels.find(text) if not item.bracketed]
    for index, (name, _, behind) in enumerate(marks):
        end = marks[index + 1][1] if index + 1 < len(marks) else len(text)
        other = _OTHER_RECIPE.search(text, behind, end)
        end = other.start("lead") if other else end
        label = next((item.at for item in labelled if behind <= item.at < end), end)
        end = min(end, label)  # what a label says is asked about as a field
        if end > behind:
            found.append(Block(name, behind, end))
    names = [block.name for block in found]
    return [block for block in found if names.count(block.name) == 1]


def composition(text: str, block: Block) -> Recipe | None:
    """The first list of herbs with doses in a block, when it names the herbs that the formula is called after."""
    doses = dose_positions(text, block.start, min(block.end, block.start + _SEARCHED))
    if not doses:
        return None
    noted = _LEADING_NOTE.match(text, block.start, block.end)
    starts = [block.start, *([noted.end()] if noted else [])]
    starts += [match.end() for match in _ITEMS_BEGIN.finditer(text, block.start, doses[-1])]
    for start in starts:
        index = bisect_left(doses, start)
        if index == len(doses) or doses[index] - start > FIRST_DOSE:
            continue
        stop = text.find("。", start, doses[index])
        if stop >= 0 and "（" not in text[start:stop]:  # prose: a list of herbs has no full stop before its first dose
            continue
        first, _ = trim(text, start, block.end)
        recipe = read(text, first, block.end)
        if recipe:
            before = text[max(block.start, text.rfind("\n", block.start, max(block.start, first - 1))) : first]
            other = _NAMED_THERE.search(text, block.start, first)
            if other and other["name"] != block.name[-len(other["name"]) :]:
                return None
            agrees = names_agree(block.name, recipe.names) and agrees_with_table(block.name, recipe.names)
            return recipe if agrees and not dose_positions(before) else None
    return None


def _use(text: str, block: Block, before: int) -> Span | None:
    """What the formula is good for, said at the start of its block, before the herbs."""
    lead = _USE.match(text, block.start, before)
    if lead is None:
        return None
    start, line_end = lead.end(), text.find("\n", lead.end(), before)
    stop = line_end if line_end > 0 else before
    start, stop = trim(text, start, stop)
    quotation = text[start:stop]
    if stop - start > 160 or (not ended(quotation) and (len(quotation) > 33 or re.search("[，,。；;、]", quotation))):
        return None
    stop = _without_asides(text, start, stop)
    quotation = text[start:stop]
    unfit = _HANGING.search(quotation) or any_of("recipe_words").search(quotation) or _OTHER_FORMULA.search(quotation)
    if len(quotation) < 5 or unfit or _ALSO.search(text, stop, block.end):
        return None
    return start, stop


def _without_asides(text: str, start: int, stop: int) -> int:
    """Where the statement of use ends and reasons, quotations or directions begin."""
    for first, last in list(sentences(text, start, stop))[1:]:
        if _ASIDE.search(text[first:last]):
            return trim(text, start, first)[1]
    return stop


def _making(text: str, recipe: Recipe, end: int) -> Span | None:
    """How it is made and taken: what stands behind the herbs, up to the end of the paragraph."""
    lead = _MAKING.match(text, recipe.end, end)
    if lead is None:
        return None
    start = trim(text, recipe.end, end)[0]
    line_end = text.find("\n", start, end)
    first, last = trim(text, start, line_end if line_end > 0 else end)
    end = _directions_end(text, first, last)
    if end - first > 240 or not ended(text[first:end]) or _DOSE_CLAUSE.search(text, end, last):
        return None
    if "也。" in text[first:end]:  # reasons run on behind directions that broke off
        return None
    last = end
    if not sound(text[first:last], book=True):
        first = text.find("每服", first, last)
        if first < 0:
            return None
    return (first, last) if last - first >= 8 and _TAKING.search(text, max(first, last - 30), last) else None


def _directions_end(text: str, first: int, last: int) -> int:
    """Where directions end: after five sentences, or before one that speaks of something else.

    Where 。 stands for every comma the whole paragraph is one sentence, so that they are not counted.
    """
    end, told = first, 0
    many = 5 if "，" in text[first:last] else 12
    for start, stop in sentences(text, first, last):
        strange = stop - start > _SCRAP and not _DIRECTION.search(text, start, stop)
        if told == many or (told and (_ELSE.search(text, start, stop) or strange)):
            break
        end, told = stop, told + 1
    return end


def formula_drafts(passage: Passage) -> Iterator[Draft]:
    """Composition, use and preparation of each formula in the passage."""
    text = passage.text
    for block in blocks(passage):
        recipe = composition(text, block)
        if recipe and _second_recipe(text, recipe, block):
            continue

        def ask(core: str, inside: bool = block.start > 0) -> str:
            return ask_in_chapter(passage, core, own=inside)

        use = _use(text, block, recipe.start if recipe else block.end)
        if use and (recipe or block.start):
            yield Draft("formula", "use", block.name, ask(f"{block.name}主治什么病证？"), *use)
        if recipe is None:
            continue
        making = _making(text, recipe, block.end)
        directions = (recipe.end, _line_end(text, recipe.end, block.end))
        if recipe.end - recipe.start <= 300 and not adds(text, *directions, recipe.names):
            core = f"{block.name}由哪些药物组成？"
            yield Draft("formula", "composition", block.name, ask(core), recipe.start, recipe.end)
        if making:
            yield Draft("formula", "usage", block.name, ask(f"{block.name}如何制备或服用？"), *making)


def _line_end(text: str, start: int, end: int) -> int:
    """Where the line with the directions ends: the first one behind `start` that says something."""
    begins = trim(text, start, end)[0]
    stop = text.find("\n", begins, end)
    return stop if stop > 0 else end


def _second_recipe(text: str, recipe: Recipe, block: Block) -> bool:
    """Whether a block holds another list of herbs behind its first, so that its name would mean two formulas."""
    at = text.find(block.name, recipe.end, block.end)
    again = at >= 0 and _HEADS.match(text, at + len(block.name)) is not None
    doses = dose_positions(text, recipe.end, block.end)
    if again or len(doses) < _MANY_DOSES:
        return again
    for line in _LINE_BEGINS.finditer(text, _line_end(text, recipe.end, block.end), block.end):
        index = bisect_left(doses, line.end())
        if len(doses) - index < _MANY_DOSES or doses[index] - line.end() > FIRST_DOSE:
            continue
        second = read(text, line.end(), block.end)
        if second and len(second.names) >= _MANY_SENTENCES:
            return True
    return False


def governing_drafts(passage: Passage) -> Iterator[Draft]:
    """Which formula governs a pattern: "…者，某汤主之", the classic form of the Shanghan Lun."""
    if "主之" not in passage.text:
        return
    for match in _GOVERNS.finditer(passage.text):
        name = match["name"]
        start, end = trim(passage.text, sentence_around(passage.text, match.start())[0], match.start())
        lead = _NUMBERING.match(passage.text, start, end)
        pattern = passage.text[lead.end() if lead else start : end]
        if not formula_name(name) or name[:1] in "宜与以用当可又即服先" or pattern.startswith(words("connective")):
            continue
        if _OTHER_FORMULA.search(pattern) or _TOLD.search(pattern) or not sound(pattern, book=passage.old):
            continue
        if len(set(any_of("clinical").findall(pattern))) < 2 or not 10 <= len(pattern) <= 140:
            continue
        core = f"“{pattern}”，当以何方主之？"
        question = f"据《{passage.book}》，{core}" if passage.book else core
        yield Draft("formula", "governing", name, question, *match.span("name"))
