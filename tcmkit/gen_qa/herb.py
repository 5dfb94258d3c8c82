"""Questions about a herb, from its section in a materia medica."""

import re
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import is_herb
from tcmkit.gen_qa.quote import any_of, ended, sentence_around, sentences, sound, words
from tcmkit.text import labels
from tcmkit.text.edges import HAN, Span, trim
from tcmkit.text.nature import TEMPER, nature_at, of_a_part

_LABEL = re.compile(rf"[\s]*(?:[{HAN}]{{1,6}}[，、：,: ]|（[^（）\n]{{0,20}}）)?\s*")
_CHANNELS = "太阴|阳明|少阴|太阳|厥阴|少阳|大肠|小肠|膀胱|三焦|心包络|心包|命门"
_CHANNEL = re.compile(
    rf"(?:归|入)(?:手|足|{_CHANNELS}|[心肝脾肺肾胃胆肠]|兼入|兼|及|与|并|又入|亦入|[一二三四五六七八九十两]|"
    r"经|络|之|[、，, ])+经(?:(?:血|气)分)?"
)
_NAMES_CHANNEL = re.compile(f"{_CHANNELS}|[心肝脾肺肾胃胆]")
_USE = re.compile(r"(?:主治|专治|能治|功专|功能|主(?![之要病方气人为在以者客])|治(?![之法者病例国])|疗)")
_ALIAS = re.compile(
    rf"(?:又?一名|又名|亦名)[{HAN}]{{1,6}}(?:[，,、。； ]{{0,2}}(?:又?一名|又名|亦名)[{HAN}]{{1,6}})*(?=[，,。；\n]|$)"
)
_PAIR = rf"(?:[{HAN}、]{{2,24}}(?:为之使|为使)|(?:恶|畏|反|相恶|相畏|相反)[{HAN}、]{{2,40}})"
_PAIRS = re.compile(rf"(?:^|(?<=[。；（\n]))({_PAIR}(?:[，。；、]{_PAIR})*)(?=[。）\n]|$)")
_HELPS = re.compile("为之?使")
_PAIR_HERB = re.compile(rf"[恶畏反]([{HAN}]{{2,5}}?)(?=[、，。；）\n]|$)")
PROCESS = re.compile("炒|炙|煅|蒸|煮|浸|洗|焙|煨|炮|捣|去皮|去心|去核|去芦|去毛|水飞|刮|切|锉|拌|烧|泡|研")
_PROCESS_START = re.compile(r"(?:凡使|凡用|凡采得|凡修事|修治|制法|炮制)")
_PROCESS_BOOK = re.compile("炮[炙制]|修治|制药")
_SECTION_LABEL = re.compile(r"[〔【\[][^〕】\]\n]{1,6}[〕】\]]")
_CONJUNCTION = re.compile("(?:故|但|然|盖|惟|则|亦|又|且|若|如|倘|而|即|又?[按案][：:，])+[，,]?")
_OTHERS = re.compile("[曰云谓言]|其[根叶花子实皮茎仁核苗]|一种")
_USE_GOES_ON = re.compile(
    f"[{HAN}]{{0,8}}(?:主|治|疗|止|除|消|补|益)|[久多]服|及|兼|并|又|亦|妇人|小儿|男子|女子|一切|诸"
)
_MORE_USE = re.compile(
    r"治(?![之法者病例国])|疗|(?:^|[，。；：、\n 】〕又亦并兼故]|[曰云])(?:又|亦|并|兼|能)*"
    r"主(?![之要病方气人为在以者客])"
    rf"|久服|功[能专用]|之功|之效|[补泻清散行止消化利益润通降养破解除][{HAN}]{{1,3}}(?=[，。、；])"
)
_HABITAT = re.compile(
    r"生|出|产|一名|又名|处处|[二三四五六七八九十正]+月|采|阴干|曝干|暴干|畏|恶|反|忌|得|.{1,6}为之使|形|色|去|炒|酒|蜜|[\n（【〔]"
    r"|.{0,12}[忌禁勿慎]|[入归]"
)
_PART_BEGINS = re.compile(r"[【〔\[(（]?附方|(?:^|\n)[ \t]*[【〔]?(?:主治痘疹|痘疹|单方|选方|合[化方])")
_WARNS = re.compile(
    "忌|禁|勿|不宜|不可|慎|毋|莫|戒|恐|[多久过](?:服|食|用)(?!轻身|延年|不老|不饥|耐老|明目|益)|堕胎|伤胎|孕妇|妊娠|[非]所宜|在所|必致|反[致受]"
)
_WARNS_ON = re.compile(f"[{HAN}，]{{2,16}}(?:亦然|尤甚|同|相反|非宜|远之|者亦|为害|有害|大害|最[忌毒])")
_NO_CAUTION = re.compile(
    "主(?!之)|治(?!宜)|要药|益精|饮之|捶|取其|置|[佳良]|为上|主治|铁器"
    "|忌[铁铜火见]|不可(?:缺|少|无|胜|不)|可服|方可|切禁用|[畏恶]"
)
_MORE_CHANNEL = re.compile(rf"[入归][{HAN}]{{0,8}}[经络]")
_ANY_ALIAS = re.compile("一名|又名|亦名|别名|[俗亦又或]呼|俗[名称]|亦称|又称|即今|异名|释名")
_ANOTHER_PLANT = re.compile(
    "[者曰为]名|一种|[者曰]，?名|即[名是]|似|有[二三两数]种|同名|[大小黑白赤青紫黄]者|其[根叶花子实皮茎仁核苗]"
)
_NAME_ON = re.compile(r"[，、 ]+[\u3400-\u9fff]{2,4}[。，、]")
_NATURE_WITHIN = 90
_NOWHERE = 1 << 30
_NOT_HERB = re.compile("[部类门论说序例歌诀法品病证症章编卷方汤散丸]$|总义|总论|主治|第")


def _nature(passage: Passage) -> Span | None:
    """The first statement of nature, at the start of the text or of one of its first sentences."""
    text = passage.text
    for start, _ in sentences(text, 0, min(len(text), 160)):
        if start > _NATURE_WITHIN or _OTHERS.search(text, 0, start) or of_a_part(text, start, passage.heading):
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
    """Goes on over the sentences of the paragraph that add further actions or patterns, to at most 260 characters."""
    first = end
    for start, stop in sentences(text, end):
        sentence = text[start:stop]
        if "\n" in text[end:start] or stop - first > 260 or not ended(sentence):
            break
        if not (sentence.startswith(words("therapeutic")) or _USE_GOES_ON.match(sentence)):
            break
        if any_of("recipe_words").search(sentence) or not sound(sentence, book=True) or _OTHERS.search(sentence):
            break
        end = stop
    return end


def _use(text: str, after: int, entry_end: int) -> Span | None:
    """What the herb is good for: the whole run of sentences that says so, and nothing when more is said elsewhere.

    The run begins with the clause behind the nature, or with the first sentence that begins with 主 or 治; a sentence
    on actions before it would be left out, so that then nothing is asked.
    """
    for start, stop in sentences(text, after, min(entry_end, after + 400)):
        clause = text[start:stop]
        if _USE.match(text, start) is None:
            if start > after + 120 or not _HABITAT.match(clause):
                return None
            continue
        if len(clause) < 5 or not ended(clause) or any_of("recipe_words").search(clause) or _OTHERS.search(clause):
            return None
        end = _use_end(text, stop)
        return None if _more_use(text, end, entry_end) else (start, end)
    return None


def _more_use(text: str, start: int, end: int) -> bool:
    """Whether an entry goes on to speak of what the herb is good for."""
    if _MORE_USE.search(text, start, end):
        return True
    following = next(sentences(text, start, end), None)
    if following and text[slice(*following)].startswith(words("therapeutic")):
        return True
    return following is not None and not _HABITAT.match(text, following[0]) and "\n" not in text[start : following[0]]


def entry_end(text: str) -> int:
    """Where the entry itself ends and recipes, or another use of the herb (痘疹), begin."""
    part = _PART_BEGINS.search(text)
    return part.start() if part else len(text)


def _caution(passage: Passage, end: int) -> Span | None:
    """All the sentences of the entry that warn; None when they do not stand together or speak of something else."""
    text = passage.text
    begins = stops = -1
    for match in _WARNS.finditer(text, 0, end):
        if match.start() < stops:
            continue
        first, stop = sentence_around(text, match.start())
        if begins >= 0 and text[stops:first].strip(" "):
            return None
        begins, stops = (first if begins < 0 else begins), stop
    if begins < 0 or stops > end or stops - begins > 160:
        return None
    goes_on = next(sentences(text, stops, end), None)
    if goes_on and _WARNS_ON.match(text, goes_on[0]):
        return None
    return _clean_caution(passage, begins, stops)


def _clean_caution(passage: Passage, begins: int, stops: int) -> Span | None:
    """The warning without the label and the conjunction before it, when it can stand alone."""
    text = passage.text
    label = _SECTION_LABEL.match(text, begins)
    start = label.end() if label else begins
    lead = _CONJUNCTION.match(text, start)
    if lead and lead[0] not in ("若", "如"):
        start = lead.end()
    found = text[start:stops]
    ends = [text[first:last].rstrip("。！") for first, last in sentences(text, start, stops)]
    if (
        not any(end.endswith(words("forbidding")) for end in ends)
        or len(found) < 6
        or not ended(found)
        or found[0] in "其此彼是之上前一用"
    ):
        return None
    if _OTHERS.search(found) or _NO_CAUTION.search(found) or nature_at(text, start) or _herb_before(passage, start):
        return None
    return None if any_of("recipe_words").search(found) else (start, stops)


def _herb_before(passage: Passage, start: int) -> bool:
    """Whether a sentence begins with the name of another herb: 白者忌之 is fine, 甘草忌之 is not."""
    begins = passage.text[start : start + 4]
    return any(is_herb(begins[:size]) and begins[:size] not in passage.heading for size in (2, 3, 4))


def _pairs(text: str) -> Span | None:
    """Herbs that it likes, fears, dislikes or opposes."""
    for match in _PAIRS.finditer(text, 0, min(len(text), 1500)):
        named = _PAIR_HERB.search(match[1])
        if named and is_herb(named[1]) and not _OTHERS.search(match[1]):
            first, last = match.span(1)
            return None if _more_pairs(text, 0, first) or _more_pairs(text, last, len(text)) else (first, last)
    return None


def _more_pairs(text: str, start: int, end: int) -> bool:
    """Whether a stretch names herbs that are liked, feared or opposed."""
    if _HELPS.search(text, start, end):
        return True
    return any(is_herb(match[1]) for match in _PAIR_HERB.finditer(text, start, end))


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
        last = _processing_end(text, stop)
        sentence = text[first:last]
        if not ended(sentence) or not 6 <= len(sentence) <= 250 or not PROCESS.search(sentence):
            continue
        return None if _OTHERS.search(sentence) or _PROCESS_START.search(text, last) else (first, last)
    return None


def _processing_end(text: str, stop: int) -> int:
    """Goes on over the sentences of the paragraph that speak of what is done to the herb."""
    for start, last in sentences(text, stop, min(len(text), stop + 300)):
        if "\n" in text[stop:start] or not PROCESS.search(text, start, last) or _OTHERS.search(text, start, last):
            break
        stop = last
    return stop


def is_herb_section(passage: Passage) -> bool:
    """Whether the passage is the section of a herb: its heading is one, or an unknown name with a nature behind it."""
    name = passage.heading
    if not name or len(name) > 7 or labels.is_run_in(passage.text):
        return False  # its labels say what each part is: they are asked about as fields
    if not passage.old:
        return is_herb(name) and (_nature(passage) or (_NOWHERE, 0))[0] <= len(name) + 8
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
    end = entry_end(text)
    channel = _channel(text, end)
    spans: list[tuple[str, str, Span | None]] = [
        ("nature", f"{name}的性味如何？", nature),
        ("channel", f"{name}归入哪些经？", channel),
        ("alias", f"{name}又有哪些名称？", _aliases(text, name)),
        ("caution", f"哪些情况忌用或慎用{name}？", _caution(passage, end)),
        ("pairs", f"{name}与哪些药有使、畏、恶、反的关系？", _pairs(text)),
        ("processing", f"{name}应如何炮制？", _processing(passage)),
    ]
    if nature or text.startswith(words("use_starts")):
        after = max([0, nature[1] if nature else 0, channel[1] if channel and channel[0] < 60 else 0])
        spans.insert(2, ("use", f"{name}的功用主治是什么？", _use(text, after, end)))
    for aspect, core, span in spans:
        if span:
            yield Draft("herb", aspect, name, passage.ask(core), *span)


def _channel(text: str, end: int) -> Span | None:
    """All that the entry says of the channels it enters: one statement, or several with what stands between them."""
    found = [match for match in _CHANNEL.finditer(text, 0, end) if _NAMES_CHANNEL.search(match[0])]
    if not found or found[0].start() > 400:
        return None
    first, last = found[0].start(), found[-1].end()
    if text[first - 1 : first] not in ("", "，", "。", "；", "\n", "毒", " ", *TEMPER):
        return None
    if len(found) > 1 and (last - first > 90 or _OTHERS.search(text, first, last) or "\n" in text[first:last]):
        return None
    others = (match.start() for match in _MORE_CHANNEL.finditer(text, 0, min(end, last + 60)))
    return (first, last) if all(first <= at < last for at in others) else None


def _aliases(text: str, name: str) -> Span | None:
    """Other names: 一名甲，一名乙; nothing when more of them stand elsewhere or another plant was spoken of before."""
    match = _ALIAS.search(text, 0, min(len(text), 600))
    if match is None or f"名{name}" in match[0]:
        return None
    if _ANY_ALIAS.search(text, 0, match.start()) or _ANY_ALIAS.search(text, match.end()):
        return None
    if _ANOTHER_PLANT.search(text, 0, match.start()) or _NAME_ON.match(text, match.end()):
        return None
    before = text[: match.start()].rstrip(" ")[-1:]
    # Inside a sentence only 一名 speaks of the herb for sure; 又名 and 亦名 may speak of a part of it.
    whole = before in ("", "。", "；", "\n", "（", "）", "】") or (before == "，" and match[0].startswith("一名"))
    return match.span() if whole else None
