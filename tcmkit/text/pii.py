"""Personal data in Chinese text: found, then masked.

Rules only, so that they can be read and tested. What is not personal data stays: doses, years of books,
temperatures, laboratory values, the names of the authors of books.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from tcmkit.text.lexicon import Lexicon


class Personal(NamedTuple):
    """Personal data at text[start:end]; `kind` names the sort."""

    start: int
    end: int
    kind: str


SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
    "姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
    "張劉陳楊黃趙吳孫馬鄭謝許韓馮鄧蕭蔣葉蘇魏呂盧鐘譚陸範賈韋鄒龍賀顧龔萬錢嚴湯"
    "常康安易文施乔温殷柴鲍华倪岳齐尚柳庄聂章鲁阮兰申翟俞盛祝耿焦左季关骆梅甘柯包凌欧游阳裴翁霍褚尤苗曲娄"
)
LONG_SURNAMES = "欧阳|上官|司马|诸葛|司徒"
# 张某 and 李×× hide the person already.
_NAME = rf"(?:{LONG_SURNAMES}|[{SURNAMES}])(?!某)[一-龥·]{{1,2}}?"
_SEX = r"(?=[，,、（(\s]{1,2}[男女])"
_SEX_AND_AGE = (
    r"(?=[，,、（(\s]{1,2}[男女](?:性|孩|童|婴)?[，,、。\s]{0,2}(?:现?年[约近]?)?"
    r"[0-9一二三四五六七八九十廿]{1,3}(?:余|多)?(?:岁|周岁|个?月|天))"
)
_NAME_END = r"(?=[，,。；;、：:\s（(）)）]|$|男|女|先生|女士|同志|[0-9])"
_LABELLED_END = r"(?=[，,。；;、\s（(/]|$|男|女|性别|年龄|关系|电话)"
_LABEL_END = r"(?:[ \t]*[:：=][ \t]*)"
_PROVINCE = (
    r"(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川"
    r"|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:省|市|自治区|壮族自治区|回族自治区|维吾尔自治区)?"
)
_CITY = rf"(?:{_PROVINCE}(?:[一-龥]{{2,6}}?[市州盟])?|[一-龥]{{2,4}}?市)"
_COUNTY = r"[一-龥]{1,8}?[区县市旗]"
_STREET = r"[一-龥0-9]{1,20}?(?:路|街|道(?!地)|巷|弄|村|屯|镇|乡|小区|花园|社区)"
_HOUSE = r"(?:[甲乙丙]?[0-9一二三四五六七八九十]{1,6}(?:号楼|号院|号|栋|幢|单元|室|组|队|弄|层)[之-]?){1,6}"
# The street in a place that is called like one: 中关村南大街, 张江镇环科路. It ends the address or its house does.
_IN_STREET = (
    rf"(?:[一-龥]{{1,6}}?(?:路|街|道(?!地)|巷|弄|胡同|小区|花园|社区)(?={_HOUSE}|[，,。；;、）)\s]|$)|(?={_HOUSE}))"
)
_ID_CARD = r"(?<![0-9A-Za-z])[1-9]\d{5}[ -]?\d{8}[ -]?\d{3}[\dXx](?![0-9A-Za-z])"
_NOT_NUMBERED = "".join(
    rf"(?<!{what}{mark})" for what in ("批号", "(?<!证)编号", "准字", "货号") for mark in ("", "[:：为 ]", "[:：] ")
)
_ORIGINS = ("产于", "产自", "主产", "产地")
_ORIGIN = rf"(?:(?:{'|'.join(_ORIGINS)})[于为:：]?)?"
_BIRTHDAY_OF_18 = re.compile(r"[1-68]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


def _id_card_is_valid(number: str) -> bool:
    """The check digit of GB 11643."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return number[17].upper() == "10X98765432"[total % 11]


def _holds_birthday(number: str) -> bool:
    """Digits are mistyped: a place and a birthday are enough where no batch is numbered."""
    return _BIRTHDAY_OF_18.match(number) is not None


def _is_no_origin(place: str) -> bool:
    """Herbs come from counties and towns."""
    return not place.startswith(_ORIGINS)


def _luhn_is_valid(number: str) -> bool:
    """The check digit of bank cards (ISO/IEC 7812)."""
    digits = [int(digit) for digit in number if digit.isdigit()][::-1]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0 and len(set(digits)) > 1


# Many a symptom begins like a name: 高热, 白带, 黄疸, 石淋.
_NEVER_IN_NAMES = frozenset("热痛咳喘带疸汗血痰肿晕症病便胀痒疹疮淋泻呕吐渴尿舌脉苔斑癣疝痢疟瘤癌孕产药诊疗")


def may_be_name(name: str) -> bool:
    """Whether a text that begins with a surname has no character of symptoms, which begin with such too."""
    return _NEVER_IN_NAMES.isdisjoint(name)


class _Rule(NamedTuple):
    kind: str
    cues: tuple[str, ...]
    """The rule is tried only where one of these stands; without cues, only where there are seven digits."""
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool] | None = None


def _rule(kind: str, cues: str, *patterns: str, accepts: Callable[[str], bool] | None = None) -> _Rule:
    """`cues` are separated by "|"; the patterns are alternatives."""
    return _Rule(kind, tuple(cues.split("|")) if cues else (), re.compile("|".join(patterns)), accepts)


_SEX_CUES = "|".join(f"{mark}{sex}" for mark in "，,、（( \n" for sex in "男女")

# The named group is the personal part; without one, the whole match is. The order settles overlaps.
_RULES = (
    _rule(
        "email",
        "@|＠|(at)|（at）|[at]",
        r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}[@＠][A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}",
        r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9][A-Za-z0-9_.+-]{0,63} ?"
        r"[(（\[]at[)）\]] ?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z]{2,10}){1,3}",
    ),
    _rule("id_card", "", _ID_CARD, accepts=_id_card_is_valid),
    _rule("id_card", "", _NOT_NUMBERED + _ID_CARD, accepts=_holds_birthday),
    _rule(
        "id_card",
        "身份证|身份号码|证件号",
        rf"(?:身份证件?|公民身份号码|证件号码?)(?:号码|号)?(?:[，,]号码|{_LABEL_END}|[为是 ])?"
        r"(?P<labelled>[1-9](?: ?\d){13,16} ?[\dXx])",
    ),
    _rule(
        "bank_card",
        "",
        r"(?<![\d.])[3-6]\d{3}(?:[ -]?\d{4}){2,3}[ -]?\d{1,7}(?![\d.])",
        accepts=_luhn_is_valid,
    ),
    _rule(
        "phone",
        "",
        r"(?<![\d.])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?![\d.])",
        r"(?<!\d)(?<!\d )1 [3-9](?: \d){9}(?! ?\d)",
        r"(?<![\d.])[(（]?0(?:10|2\d|[3-9]\d{2})[)）]?[ -]?\d{7,8}(?:-\d{1,5})?(?![\d.])",
        r"(?:电话|热线|手机|座机|传真|電話|手機)(?:号码|号|號碼)?[ \t]*[:：=]?[ \t]*"
        r"(?P<labelled>(?:0\d{2,3}[- ]?)?\d{7,8}|[48]00[- ]?\d{3,4}[- ]?\d{3,4})(?!\d)",
    ),
    _rule(
        "phone",
        "手机|电话|号码|打|拨|联系|加我",
        r"(?:电话|手机|座机)(?:号码|号|是|：|:){0,2}(?P<spoken>[零〇一二三四五六七八九]{7,12})(?![零〇一二三四五六七八九十百])",
        r"(?<![零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖])[一壹幺][三四五六七八九叁肆伍陆柒捌玖]"
        r"[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{9}(?![零〇一二三四五六七八九十百壹贰叁肆伍陆柒捌玖])",
    ),
    _rule(
        "messenger",
        "QQ|qq|扣扣|微信|薇信|威信|V信|v信|WeChat|wechat|weixin",
        r"(?:QQ群|QQ|qq|扣扣|微信公众号|微信|薇信|威信|[Vv]信|WeChat|wechat|weixin)(?:号码|号|：|:|是|为|\s|加|联系){0,4}"
        r"(?P<account>[A-Za-z0-9][A-Za-z0-9_-]{4,19})",
    ),
    _rule(
        "record_number",
        "住院号|病案号|门诊号|病历号|就诊号|就诊卡|登记号|医保|社保|检查号|标本号|病人号|患者号|病例号|床号|ID|编号|编码|号码",
        r"(?:住院|病案|门诊|病历|就诊卡|就诊|登记|医保卡|医保|社保卡|社保|检查|标本|病人|患者|病例)"
        rf"(?:ID|编号|编码|号码|号|卡号){_LABEL_END}?(?P<number>[A-Za-z]{{0,4}}-?\d[\dA-Za-z-]{{2,19}})",
        rf"床号{_LABEL_END}?(?P<bed>[A-Za-z]?\d{{1,4}}[A-Za-z]?床?)",
        rf"(?<![A-Za-z])ID(?:号)?{_LABEL_END}(?P<id>[A-Za-z0-9_-]{{3,20}})",
    ),
    _rule(
        "name",
        "姓名|名字|联系人|聯繫人|家属|家长|监护人|签名|签字|医师|医生|护士|记录者|申请人|报告人|审核者|我叫|名叫",
        rf"姓名{_LABEL_END}(?P<labelled>(?!某)[一-龥·]{{2,4}}?){_LABELLED_END}",
        rf"(?:联系人|聯繫人){_LABEL_END}?(?P<contact>{_NAME}){_LABELLED_END}",
        r"(?:名字|家属|家长|监护人|签名|签字|经治医师|主治医师|住院医师|管床医生|责任护士|护士长|报告医师|审核者|报告人|记录者|申请人)"
        rf"{_LABEL_END}(?P<signed>{_NAME}){_LABELLED_END}",
        rf"(?:我叫|名叫|名字[是叫])(?P<called>{_NAME}){_NAME_END}",
        accepts=may_be_name,
    ),
    _rule(
        "name",
        "公叫|人叫|夫叫|婆叫|子叫|妈叫|亲叫|爸叫|儿叫|友叫|弟叫|妹叫|姐叫|哥叫|者叫|爷叫|奶叫|事叫|女士|小姐|同志",
        rf"(?:老公|老婆|病人|爱人|丈夫|妻子|孩子|儿子|妈|母亲|父亲|爸|女儿|朋友|同事|弟|妹|姐|哥|患者|爷爷?|奶奶?)叫"
        rf"(?P<named>{_NAME}){_NAME_END}",
        rf"(?:^|(?<=[，,。；;：:！？\s告给是找和对请为]))(?P<titled>{_NAME})(?=女士|小姐|同志)",
        accepts=may_be_name,
    ),
    _rule(
        "name",
        _SEX_CUES,
        rf"(?:患者|病人|患儿|病员)[，,、：: ]?(?P<patient>{_NAME}){_SEX}",
        rf"(?:^|(?<=[。；;：:\n ]))(?P<person>{_NAME}){_SEX_AND_AGE}",
        accepts=may_be_name,
    ),
    _rule(
        "birth_date",
        "出生日期|生日|出生年月|出生于|生于",
        rf"(?:出生日期|出生年月日?|生日|出生于|生于)(?:是|为)?{_LABEL_END}?"
        r"(?P<date>(?:19|20)\d{2}(?:年|[-/.])\d{1,2}(?:月|[-/.])(?:\d{1,2}日?)?)",
    ),
    _rule(
        "passport",
        "护照|通行证",
        rf"(?:护照|通行证)(?:号码|号)?{_LABEL_END}?(?P<pass>[A-Za-z]{{1,2}}\d{{7,8}})(?![0-9A-Za-z])",
    ),
    _rule(
        "plate",
        "车牌",
        rf"车牌(?:号码|号)?{_LABEL_END}?(?P<plate>[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
        r"[A-Z][A-Z0-9·]{5,7})",
    ),
    _rule(
        "address",
        "住址|地址|户籍地|住所|工作单位|单位地址|现住|家住|住在|居住",
        r"(?:家庭住址|家庭地址|现住址|现住|住址|住所|通讯地址|联系地址|地址|户籍地址|户籍地|工作单位|单位地址)"
        rf"{_LABEL_END}(?P<labelled>[一-龥0-9A-Za-z（）()·-]{{3,50}}?)(?=[，,。；;\n]|\s|$)",
        rf"(?:家住|住在|居住于|居住在)(?P<home>(?:{_CITY})?(?:{_COUNTY})?(?:{_STREET})?{_HOUSE}"
        rf"|{_CITY}(?:{_COUNTY})?{_STREET}|{_CITY}{_COUNTY})",
    ),
    _rule(
        "address",
        "省|市|县",
        rf"{_ORIGIN}{_CITY}{_COUNTY}{_STREET}(?:(?:{_IN_STREET}){{1,2}}(?:{_HOUSE})?)?",
        rf"{_ORIGIN}{_CITY}{_STREET}{_HOUSE}",
        accepts=_is_no_origin,
    ),
)
_SEVEN_DIGITS = re.compile(r"[0-9][0-9 ()（）-]{6}")
_PLACE_CUES = {"省", "市", "县"}
_PLACE = re.compile(r"[省市县][一-龥]{0,8}[区县市旗路街道巷村镇乡]")


@cache
def _cues() -> Lexicon[None]:
    """The cues of all rules, found in one pass: most passages of old books have none and are left at once."""
    return Lexicon({cue: None for rule in _RULES for cue in rule.cues})


def find(text: str) -> list[Personal]:
    """Personal data in the text, in order, without overlaps."""
    cues = _cues().terms_in(text)
    if not cues.isdisjoint(_PLACE_CUES) and _PLACE.search(text) is None:
        cues -= _PLACE_CUES
    has_digits = _SEVEN_DIGITS.search(text) is not None
    found: list[Personal] = []
    for rule in _RULES:
        if not cues.isdisjoint(rule.cues) if rule.cues else has_digits:
            found += _matches(rule, text)
    return _without_overlaps(found)


def _matches(rule: _Rule, text: str) -> Iterator[Personal]:
    for match in rule.pattern.finditer(text):
        group = match.lastgroup or 0
        if rule.accepts is None or rule.accepts(re.sub(r"[ -]", "", match[group])):
            yield Personal(match.start(group), match.end(group), rule.kind)


def _without_overlaps(found: list[Personal]) -> list[Personal]:
    """Keep the earlier rule where two overlap; sorted is stable, so `found` comes in the order of the rules."""
    kept: list[Personal] = []
    for item in found:
        if all(item.end <= other.start or item.start >= other.end for other in kept):
            kept.append(item)
    return sorted(kept)


def mask(text: str, found: list[Personal]) -> str:
    """The text with each finding replaced by its kind in brackets.

    >>> text = "电话：13800138000"
    >>> mask(text, find(text))
    '电话：[phone]'
    """
    parts: list[str] = []
    end = 0
    for item in found:
        parts += [text[end : item.start], f"[{item.kind}]"]
        end = item.end
    return "".join([*parts, text[end:]])
