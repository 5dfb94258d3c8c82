"""Questions about a herb, from its section in a materia medica."""

import re
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import is_herb
from tcmkit.gen_qa.quote import HAN, Span, any_of, ended, sentences, sound, trim, words

_FLAVOUR = "甘辛苦酸咸淡涩"
_TEMPER = "寒热温凉平冷暖"
_POISON = "有小毒|有大毒|有微毒|有毒|无毒|小毒|大毒|微毒"
_LINK = "气味|性味|味|性|气|微|大|极|至|小|稍|略|最|甚|颇|俱|而|兼|且|带"
_RUN = re.compile(rf"(?:{_LINK}|{_POISON}|[{_FLAVOUR}{_TEMPER}]|[、，,；;。 ])+")
_DANGLING = re.compile(rf"(?:{_LINK}|[、，,；;。 ])+$")
_LABEL = re.compile(rf"[\s]*(?:[{HAN}]{{1,6}}[，、：,: ]|（[^（）\n]{{0,20}}）)?\s*")
_CHANNELS = "太阴|阳明|少阴|太阳|厥阴|少阳|大肠|小肠|膀胱|三焦|心包络|心包|命门"
_CHANNEL = re.compile(
    rf"(?:归|入)(?:手|足|{_CHANNELS}|[心肝脾肺肾胃胆肠]|兼入|兼|及|与|并|又入|亦入|[一二三四五六七八九十两]|"
    r"经|络|之|[、，, ])+经(?:(?:血|气)分)?"
)
_NAMES_CHANNEL = re.compile(f"{_CHANNELS}|[心肝脾肺肾胃胆]")
_USE = re.compile(r"(?:主治|专治|能治|功专|功能|主(?![之要病方气人为在以者客])|治(?![之法者病例国])|疗)")
_ALIAS = re.compile(
    rf"(?:又?一名|又名|亦名)[{HAN}]{{1,6}}(?:[，,、。；]?(?:又?一名|又名|亦名)[{HAN}]{{1,6}})*(?=[，,。；\n]|$)"
)
_PAIR = rf"(?:[{HAN}、]{{2,24}}(?:为之使|为使)|(?:恶|畏|反|相恶|相畏|相反)[{HAN}、]{{2,40}})"
_PAIRS = re.compile(rf"(?:^|(?<=[。；（\n]))({_PAIR}(?:[，。；、]{_PAIR})*)(?=[。）\n]|$)")
_PAIR_HERB = re.compile(rf"[恶畏反]([{HAN}]{{2,5}}?)(?=[、，。；）\n]|$)")
PROCESS = re.compile("炒|炙|煅|蒸|煮|浸|洗|焙|煨|炮|捣|去皮|去心|去核|去芦|去毛|水飞|刮|切|锉|拌|烧|泡|研")
_PROCESS_START = re.compile(r"(?:凡使|凡用|凡采得|凡修事|修治|制法|炮制)")
_PROCESS_BOOK = re.compile("炮[炙制]|修治|制药")
_SECTION_LABEL = re.compile(r"[〔【\[][^〕】\]\n]{1,6}[〕】\]]")
_CONJUNCTION = re.compile("(?:故|但|然|盖|惟|则|亦|又|且|若|如|倘|而|即)+[，,]?")
_OTHERS = re.compile("[曰云谓言]|其[根叶花子实皮茎仁核苗]|一种")
_NATURE_WITHIN = 90
_NOT_HERB = re.compile("[部类门论说序例歌诀法品病证症章编卷方汤散丸]$|总义|总论|主治|第")


def of_a_part(text: str, at: int) -> bool:
    """Whether what stands at a place is headed by a part of the plant or animal: 根⏎甘，平; 叶【气味】…"""
    before = text[max(0, at - 40) : at]
    line = before.rsplit("\n", 1)[-1].strip()
    if line:
        return line[-1] not in "。；！？）」】〕，：:、" and len(line) <= 6
    above = before.rstrip().rsplit("\n", 1)[-1].strip()
    return bool(above) and len(above) <= 6 and above[-1] not in "。；！？）】〕"


def nature_at(text: str, start: int) -> Span | None:
    """The statement of nature and flavour that begins at `start`: at least one of each, with clean edges.

    >>> text = "味苦、辛，气温，无毒。入肺经。"
    >>> first, last = nature_at(text, 0); text[first:last]
    '味苦、辛，气温，无毒'
    """
    match = _RUN.match(text, start)
    if match is None:
        return None
    first, last = trim(text, *match.span())
    if (
        match.end() < len(text)
        and text[match.end()] not in "\n（(入归主治能专"
        and text[match.end() - 1] not in "，,；;。、 "
    ):
        last = max(text.rfind(stop, first, last) for stop in "，,；;。、")
    dangling = _DANGLING.search(text, first, max(first, last)) if last > first else None
    last = dangling.start() if dangling else last
    found = text[first : max(first, last)]
    if len(found) > 40 or not re.search(f"[{_FLAVOUR}]", found) or not re.search(f"[{_TEMPER}]", found):
        return None
    return first, last


def _nature(passage: Passage) -> Span | None:
    """The first statement of nature, at the start of the text or of one of its first sentences."""
    text = passage.text
    for start, _ in sentences(text, 0, min(len(text), 160)):
        if start > _NATURE_WITHIN or _OTHERS.search(text, 0, start) or of_a_part(text, start):
            return None
        label = _LABEL.match(text, start)
        for position in (start, label.end() if label else start):
            span = nature_at(text, position)
            if span and not (
                position != start and passage.heading not in text[start:position] and "（" not in text[start:position]
            ):
                return span
    return None


def _use_end(text: str, end: int) -> int:
    """Goes on over the sentences that add further actions (除…。利…。), to at most 200 characters."""
    first = end
    for start, stop in sentences(text, end):
        sentence = text[start:stop]
        gap = text[end:start]
        if "\n" in gap or len(sentence) > 60 or stop - first > 160 or not ended(sentence):
            break
        if not sentence.startswith(words("therapeutic")) or any_of("recipe_words").search(sentence):
            break
        if not sound(sentence, book=True) or _OTHERS.search(sentence):
            break
        end = stop
    return end


def _use(text: str, after: int) -> Span | None:
    """What the herb is good for: the clause behind the nature, or the first sentence that begins with 主 or 治."""
    for start, stop in sentences(text, after, min(len(text), after + 400)):
        verb = _USE.match(text, start)
        if verb is None:
            if start > after + 120:
                return None
            continue
        clause = text[start:stop]
        if len(clause) < 5 or not ended(clause) or any_of("recipe_words").search(clause) or _OTHERS.search(clause):
            return None
        return start, _use_end(text, stop)
    return None


def _caution(passage: Passage) -> Span | None:
    """The first sentence that forbids the herb to someone, about no other herb."""
    text = passage.text
    for begins, stop in sentences(text, 0, min(len(text), 1500)):
        label = _SECTION_LABEL.match(text, begins)
        start = label.end() if label else begins
        sentence = text[start:stop].rstrip("。！")
        if (
            not 6 <= len(sentence) <= 80
            or not sentence.endswith(words("forbidding"))
            or _OTHERS.search(sentence)
            or "主治" in sentence
        ):
            continue
        lead = _CONJUNCTION.match(text, start)
        first = lead.end() if lead and lead[0] not in ("若", "如") else start
        if (
            text[first : first + 1] in "其此彼是之上前"
            or re.search("[佳良]|为上|主治", sentence)
            or nature_at(text, start)
            or any_of("recipe_words").search(sentence)
        ):
            continue
        return first, stop
    return None


def _pairs(text: str) -> Span | None:
    """Herbs that it likes, fears, dislikes or opposes."""
    for match in _PAIRS.finditer(text, 0, min(len(text), 1500)):
        named = _PAIR_HERB.search(match[1])
        if named and is_herb(named[1]) and not _OTHERS.search(match[1]):
            return match.span(1)
    return None


def _processing(passage: Passage) -> Span | None:
    """How it is prepared: the section of a book on processing, or a sentence that says so."""
    text = passage.text
    limit = min(len(text), 1500)
    own = bool(_PROCESS_BOOK.search(passage.book))
    for start, stop in sentences(text, 0, limit):
        if not (_PROCESS_START.match(text, start) or (own and start < 3)):
            continue
        nature = nature_at(text, start)
        first = trim(text, nature[1], stop)[0] if nature else start
        sentence = text[first:stop]
        if ended(sentence) and 6 <= len(sentence) <= 250 and PROCESS.search(sentence) and not _OTHERS.search(sentence):
            return first, stop
    return None


def is_herb_section(passage: Passage) -> bool:
    """Whether the passage is the section of a herb: its heading is one, or an unknown name with a nature behind it."""
    name = passage.heading
    if not name or len(name) > 7 or not passage.book:
        return False
    if is_herb(name):
        return True
    if len(name) < 2 or len(name) > 5 or _NOT_HERB.search(name) or "、" in name:
        return False
    return "本草" in passage.book and nature_at(passage.text, 0) is not None


def herb_drafts(passage: Passage) -> Iterator[Draft]:
    """Nature, channels, use, cautions, pairs, processing and other names of the herb that heads the passage."""
    if not is_herb_section(passage):
        return
    name, text = passage.heading, passage.text
    nature = _nature(passage)
    channel = _CHANNEL.search(text, 0, min(len(text), 400))
    if channel and not _NAMES_CHANNEL.search(channel[0]):
        channel = None
    if channel and text[channel.start() - 1 : channel.start()] not in ("", "，", "。", "；", "\n", "毒", " ", *_TEMPER):
        channel = None
    spans: list[tuple[str, str, Span | None]] = [
        ("nature", f"{name}的性味如何？", nature),
        ("channel", f"{name}归入哪些经？", channel.span() if channel else None),
        ("alias", f"{name}又有哪些名称？", _aliases(text, name)),
        ("caution", f"哪些情况忌用或慎用{name}？", _caution(passage)),
        ("pairs", f"{name}与哪些药有使、畏、恶、反的关系？", _pairs(text)),
        ("processing", f"{name}应如何炮制？", _processing(passage)),
    ]
    if nature or text.startswith(words("use_starts")):
        after = max([0, nature[1] if nature else 0, channel.end() if channel and channel.start() < 60 else 0])
        spans.insert(2, ("use", f"{name}的功用主治是什么？", _use(text, after)))
    for aspect, core, span in spans:
        if span:
            yield Draft("herb", aspect, name, passage.ask(core), *span)


def _aliases(text: str, name: str) -> Span | None:
    """Other names: 一名甲，一名乙."""
    match = _ALIAS.search(text, 0, min(len(text), 600))
    if match is None or f"名{name}" in match[0]:
        return None
    before = text[: match.start()].rstrip(" ")[-1:]
    # Inside a sentence only 一名 speaks of the herb for sure; 又名 and 亦名 may speak of a part of it.
    whole = before in ("", "。", "；", "\n", "（", "）", "】") or (before == "，" and match[0].startswith("一名"))
    return match.span() if whole else None
