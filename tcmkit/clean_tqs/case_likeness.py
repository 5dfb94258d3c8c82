"""Whether a page tells of a patient (a case) or of diseases, herbs and formulas in general.

Only Documents are asked: a library holds case books beside herbals, and nobody's illness may be read
into a herbal. Three kinds of marks are counted in the opening of the text: marks of a person (an age, a
family name with 左 or 右, 延余诊), signs that only a bedside gives (脉弦滑, 苔黄), and marks of
teaching (主治, 凡, 味甘).
"""

import re

_ILL = 4
_READ = 1500
"""Characters that are looked at."""
_MODERN = re.compile(
    r"主诉|现病史|既往史|患者(?:[，：男女某为中于因自近昨今]|\d)|患儿[，：男女]|病员|[男女]性?，(?:\d|.{0,6}岁)"
    r"|岁(?:[。，]|[^，。]{0,8}(?:[男女]|小孩|患儿|孕妇|妇人|妇女|老妇|老人))|我(?:今年|平素|是一|[^，。]{0,6}[患因得年]|[^，。]{0,4}(?:感染|出现|觉得|自觉))|\d+岁[^，。]{0,4}[男女]"
    r"|[初二三复]诊[：日时\d]|刻下|入院|收住|主因|来我院|自诉|诊查："
)
_PERSON = re.compile(
    r"(?:^|[。；\s])[㐀-鿿]{1,3}(?:左|右|幼|童|世兄)(?=[\s，。（]|$)|某[，。\s某左右]"
    r"|[一某](?:[㐀-鿿]{0,2}(?:妇|妪|媪|翁|叟|孺|儿|子|人|贾|僧|尼))[，。年患病]|(?:氏|翁|妪|媪|孺人|兄|公|君)[，。年患病]"
    r"|年[甫近逾已约将]?[\d二三四五六七八九]?[\d十廿]|十[余许有]岁?[，。]|[延邀召迎请命][余予吾]|[余予吾](?:诊|视|往|至|曰|用|以|即|谓|治)"
    r"|诊[之其得]|脉之|切其脉|视之|往视|求[诊治]|[来就复二三四五六七八]诊|剂而?(?:愈|安|瘥|已|知|效|止|痊)|而[愈瘥痊]。|遂[愈安]"
    r"|前医|更医|次日|越[日旬]|是夜|今[春夏秋冬]|去[秋冬]"
)
_SIGN = re.compile(
    r"[左右两六]?[寸关尺]?脉(?:象|来|形|得|息)?(?:左|右|两|俱|皆|仍|亦|反|至|则|见|甚|颇)?[浮沉迟数弦滑细涩濡软弱虚实洪大微缓紧伏芤革结代小]"
    r"|苔[薄厚浓白黄腻灰黑滑少干燥光剥微根糙淡]|舌(?:苔|质|尖|边|上|色|红|绛|淡|干|光|白|黄|黑|紫|胖|焦|燥)"
)
_BEDSIDE = re.compile(r"[脉苔舌]")
_SYMPTOM = re.compile(r"痛|咳|热|寒|汗|泻|呕|吐|喘|肿|渴|眩|晕|悸|痢|血|胀|眠|寐|食|疹|痒|便|溲|经水|月经")
_TEACHING = re.compile(
    r"凡|主治|主之|功[效用能]|性味|归经|气味|味[甘苦辛咸酸淡]|[无有小大]毒|者[，。]|论曰|经曰|经云|所谓|上[为药].?末|为末|右[^，。]{1,4}味|炮制|产地|别名|释名|集解|定位|取穴|穴位|刺法|灸[^，。]{1,4}壮"
    r"|治[^，。疗之法以愈]{2,8}[，。]|久服|生山谷|生川[谷泽]|一名|方见|歌曰|歌诀|赋曰|第[一二三四五六七八九十]+[章节卷]|序[曰言]|卷[之上中下]|是也|之谓|不可不"
)


def is_case_record(folded: str) -> bool:
    """Whether a folded page tells of a patient. Cheap: four patterns over its first 1,500 characters.

    >>> is_case_record("张某，女，32岁。初诊：咳嗽三日，痰黄，脉浮数，苔薄黄。")
    True
    >>> is_case_record("麻黄味辛温，主治伤寒头痛，发表出汗，止咳逆上气。")
    False
    """
    opening = folded[:_READ]
    modern = len(_MODERN.findall(opening))
    if not modern and not _BEDSIDE.search(opening) and not _PERSON.search(opening):
        return False
    teaching = len(_TEACHING.findall(opening))
    if modern >= 2 and modern * 2 >= teaching:
        return True
    signs = len(_SIGN.findall(opening))
    if modern and teaching <= modern:
        return signs > 0 or len(_SYMPTOM.findall(opening)) >= _ILL
    # In an old book a person alone is not enough (a preface has one), nor is a pulse (a treatise has many).
    person = len(_PERSON.findall(opening)) + modern
    return person > 0 and signs > 0 and 3 * teaching <= person + signs


_LONGEST = 1_200
"""A longer page of a book holds several patients, or a discussion of one."""
_NEXT_PATIENT = re.compile(
    r"(?:^|[\n。；])\s*(?:又?治?一[㐀-鿿]{0,3}[人妇妪翁儿女子叟童僧]|[㐀-鿿]{1,2}(?:左|右|幼|童|世兄|××|XX|某)|[㐀-鿿]{1,4}氏[，。年])"
    r"|[㐀-鿿×X某]{1,4}，[男女]，|[\d一二三四五六七八九十廿]{1,3}岁"
)


def is_of_one_patient(folded: str) -> bool:
    """Whether a page that tells of a patient tells of one alone: short, and a second person is not introduced.

    A Case is about one patient; what belongs to another must not stand among the findings.
    """
    return len(folded) <= _LONGEST and len(_NEXT_PATIENT.findall(folded)) <= 1
