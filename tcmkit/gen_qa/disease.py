"""Questions about diseases and syndromes, and definitions of terms."""

import re
from collections.abc import Iterator

from tcmkit.gen_qa.draft import Draft, Passage
from tcmkit.gen_qa.heading import diseases
from tcmkit.gen_qa.place import chapter
from tcmkit.gen_qa.quote import LIMIT, any_of, ended, sentence_around, sound, words
from tcmkit.tables import table
from tcmkit.text.edges import HAN, trim

_TAIL = re.compile("(?:证治|论治|脉证|病证|证候|总论|候论|证论|病论|[论候证症病说门])$")
_EXPLAINS = re.compile("(?:者|之为病|病者|证者|症者|之病|之证)[，,]")
_STOPS = re.compile("[。！？\n]")
_OPENING = re.compile("^(?:夫|凡|盖|大抵|且夫|所谓)")
_IS_MEANT = re.compile(
    rf"(?:^|(?<=[。！？\n]))[ \t]*(?:所谓)?[“\"]?(?P<name>[{HAN}]{{2,14}}?)[”\"]?[，,]?"
    rf"(?:是指|系指|指的是)(?=[{HAN}“\"])"
)
_MEANT = re.compile("[是系]指|指的是")
_SECTION_NUMBER = re.compile(r"[0-9]\.[0-9]")
_STANDARD = re.compile(
    rf"^\s*\d+(?:\.\d+)+[ \n]+(?P<name>[{HAN}]{{2,20}})[ ：:]*[A-Za-z][^\n]*\n(?P<sense>[{HAN}][^\n]{{7,}}?。)",
    re.M,
)
_CALLED = re.compile(rf"(?:此名|名曰|名为|谓之|号曰)(?P<name>[{HAN}]{{2,6}}?)(?:也)?(?=[。！？\n])")
_HAS_NAME = re.compile(
    "^[^，]，|^[^，]{0,3}又|俗|名|曰|谓|云|问|何|言|论|治|；|《|^[（〔【今令]|此候|也$|[总皆故而亦并统俱所又是之乃为成因以则或其]$"
)
_STARTS = re.compile(
    "太阳|阳明|少阳|太阴|少阴|厥阴|伤寒|病|妇人|小儿|儿|婴|妊娠|胎|产|凡|脉|饮|食|风|寒|湿|热|暑|燥|火|头|面|目|口|舌|咽|喉|鼻|耳|"
    "手|足|四肢|身|遍|皮|胸|胁|腹|腰|背|心|肝|脾|肺|肾|胃|大便|小便|小腹|少腹|脐|气|血|痰|汗|吐|呕|发|恶|但|时|先|平素|患|男子"
)
_TREATS = re.compile("取|用|宜|治|服|加|方|今|忌|必")
_ANOTHER = re.compile(f"[，；][{HAN}]{{2,4}}者[，,]")
_SPEAKS = re.compile("[曰云问《]|主之|[汤散丸]|[一二三四五六七八九十]者[，,]")
_DOSE = re.compile("[一二三四五六七八九十半各][两钱分枚升合]")
_ARGUES = re.compile(
    "亦|虽|岂|何|哉|乎|不死|(?<![忽卒猝突自])然(?!后|而[^，]{0,3}[痛昏倒仆])|但(?!欲|热|寒)|欲令|所能|得之|上策|相同|[治法]宜|譬|若|可知|不可|难治|不治|救之|则一|有数|"
    "数[种端]|传于|^外|^有[^声]|经络|不同|互相|故以|当[^脐心]|宜|必先|第[^一二三四五六七八九十]|非[^痞]{0,6}不"
)
_DEFINES_AT_START = re.compile("谓|言其|是(?!以)|乃|即|[多皆盖本]?由|[多皆盖]?因|以其|属|为[^何]")
_DEFINES_AT_END = re.compile("(?:所[致生成为发]|而[成生作起致得]|名之|谓之.{1,6}|之谓)[也矣]?。$|也。$")
_REASONED = re.compile("者，[^。]{2,60}也|由|是|因|谓|故令|所[致生成为]")
_CASE_BOOK = re.compile("医案|医话|验案|类案|方案|心悟案|治验|案$|案[^汇]?集|病案|临证|灵方|九十论|回忆|验录|医验")
_CASE_TEXT = re.compile(
    rf"^(?:[{HAN}]{{1,3}}[左右童幼](?:[（，。 ]|$)|某|[{HAN}]{{1,2}}[（(]|"
    rf"[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥])"
    rf"|[予余]诊|诊之|[予余][曰谓治]|死。$|次日"
    rf"|^[浮沉迟数虚实滑涩弦洪细微芤紧缓软][^，。]{{0,3}}者|^[^，。]{{0,3}}脉[多必]|[{HAN}][妇翁姓]年|先生"
)
_FEATURES = 2
_TITLE = 6
"""A page title of fewer characters is a subject, not the name of a standard."""


def subject(heading: str) -> str:
    """The disease in a heading, or an empty string.

    >>> subject("黄疸论"), subject("治头痛诸方"), subject("咳嗽门")
    ('黄疸', '', '咳嗽')
    """
    if heading in diseases():
        return heading
    stem = _TAIL.sub("", heading)
    return stem if stem in diseases() else ""


def _kind(name: str) -> str:
    return "syndrome" if re.search("[^辨论治].证$", name) else "disease"


def _explains(found: str, behind: int) -> bool:
    """Whether a sentence "X者，…" says what X is: not how to treat it, and not two things at once."""
    said = found[behind:]
    if said.startswith(words("connective_behind")) or _TREATS.search(said[:12]) or _ANOTHER.search(said):
        return False
    return _defines(found, said) and not (_SPEAKS.search(found) or any_of("recipe_words").search(found))


def _defines(found: str, said: str) -> bool:
    """Whether what is said behind "X者，" is a predicate that defines X and not an argument about it."""
    if _ARGUES.search(said):
        return False
    if _DEFINES_AT_START.match(said) or _DEFINES_AT_END.search(said) or "之为病" in found[:10]:
        return True
    return len(set(any_of("clinical").findall(said))) >= _FEATURES and not re.search("则|故", said)


def explained_drafts(passage: Passage) -> Iterator[Draft]:
    """Sentences "X者，…": X a disease that the passage is headed by or that the table knows."""
    text = passage.text
    head = subject(passage.heading)
    if _CASE_BOOK.search(passage.book):
        return
    for match in _EXPLAINS.finditer(text):
        before = _STOPS.split(text[max(0, match.start() - 10) : match.start()])[-1].strip()
        name = _OPENING.sub("", before)
        if name not in diseases() and (not name or name != head):
            continue
        start = match.start() - len(name)
        stop = sentence_around(text, match.end())[1]
        found = text[start:stop]
        if not 14 <= len(found) <= LIMIT or not ended(found) or not _explains(found, match.end() - start):
            continue
        kind = _kind(name) if name == head else "definition"
        book = f"《{passage.book}》" if passage.book else ""
        question = f"{book}如何解释“{name}”？" if book else f"什么是“{name}”？"
        yield Draft(kind, "explained", name, question, start, stop)


def section_drafts(passage: Passage) -> Iterator[Draft]:
    """A short section on a disease as the answer to how its book treats of it."""
    text = passage.text
    name = subject(passage.heading)
    if not name and passage.heading.endswith("候") and 3 <= len(passage.heading) <= 10 and "、" not in passage.heading:
        name = passage.heading
    if not passage.old or not name or not 30 <= len(text) <= LIMIT or "\n" in text.strip():
        return
    if _CASE_BOOK.search(passage.book) or _CASE_TEXT.search(text.strip()) or not _REASONED.search(text):
        return
    start, end = trim(text, 0, len(text))
    found = text[start:end]
    if (
        not ended(found)
        or _DOSE.search(found)
        or re.search("[曰云问][：:]|[汤散丸]|等分|送下", found)
        or found[0] in "（(【〔又其此或"
    ):
        return
    if len(set(any_of("clinical").findall(found))) < _FEATURES or found.startswith(words("connective")):
        return
    found_in = chapter(passage)
    place = f"“{found_in}”" if found_in else ""
    yield Draft(_kind(name), "section", name, f"《{passage.book}》{place}如何论述“{name}”？", start, end)


def named_drafts(passage: Passage) -> Iterator[Draft]:
    """Sentences "…，名曰X": what is the state called?"""
    text = passage.text
    for match in _CALLED.finditer(text):
        name = match["name"]
        if not (name in diseases() or name.endswith(tuple(table("gen_qa")["name_ends"]))):
            continue
        start, end = trim(text, sentence_around(text, match.start())[0], match.start())
        sense = text[start:end].removesuffix("即").rstrip("，、")
        if not 10 <= len(sense) <= 100 or _HAS_NAME.search(sense) or set(name) <= set(sense):
            continue
        if not _STARTS.match(sense) or len(set(any_of("clinical").findall(sense))) < _FEATURES:
            continue
        if sound(sense, book=passage.old):
            lead = f"据《{passage.book}》，" if passage.book else ""
            yield Draft("definition", "called", name, f"{lead}“{sense}”，称为什么？", *match.span("name"))


def meant_drafts(passage: Passage) -> Iterator[Draft]:
    """Definitions of modern prose: "X是指…", and the numbered terms of standards."""
    text = passage.text
    for match in _STANDARD.finditer(text) if _SECTION_NUMBER.search(text) else ():
        named = passage.book or (passage.heading if len(passage.heading) >= _TITLE else "")
        question = f"{f'《{named}》中，' if named else ''}术语“{match['name']}”的定义是什么？"
        yield Draft("definition", "term", match["name"], question, *match.span("sense"))
    for found in _IS_MEANT.finditer(text) if "指" in text and _MEANT.search(text) else ():
        start, stop = sentence_around(text, found.end())
        if not ended(text[start:stop]) or not 15 <= stop - start <= LIMIT:
            continue
        name = found["name"]
        if (
            any_of("deictic").search(name)
            or re.search("[的了这那其此我们是在和与不可字属]", name)
            or (passage.old and name not in diseases())
            or name.startswith(words("connective"))
        ):
            continue
        yield Draft(
            _kind(name) if name == passage.heading else "definition",
            "meant",
            name,
            passage.ask(f"什么是“{name}”？"),
            start,
            stop,
        )
