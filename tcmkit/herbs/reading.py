"""A prescription read: its herbs with their amounts, how it is taken, and what was not understood."""

import re
from collections.abc import Iterator

from tcmkit.herbs import lattice
from tcmkit.herbs.amounts import chinese_grams, figure_grams, number
from tcmkit.herbs.fold import fold
from tcmkit.herbs.items import Gap, Item, Prescription, Told
from tcmkit.herbs.names import Herb, compounds, process_words, with_form
from tcmkit.herbs.regimen import merge, stated
from tcmkit.herbs.scan import scanner

_LATIN = frozenset(
    "g G x X ml mL ML Rp rp R r RP po PO p o bid BID tid TID qd QD qid Sig sig d D h min No NO kg mg".split()  # noqa: SIM905
)
_ADDS = ("加", "改", "增", "另", "并", "入")


class _Reader:
    """Reads one string; the state is what an amount, a note or a bracket still refers to."""

    def __init__(self, text: str, index: int | None) -> None:
        self.text = text
        self.folded = fold(text)
        self.index = index
        self.items: list[Item] = []
        self.gaps: list[Gap] = []
        self.open_from = 0  # herbs from here on wait for the amount of 各
        self.depth = 0
        self.each = False
        self.without = False
        self.ahead: Told | None = None  # an amount that stands before its herb
        self.removed: set[int] = set()
        self.weak: set[int] = set()  # removed, unless an amount shows that they are there
        self.fresh_line = True
        self.form = ""
        self.nameless = -1  # where an unknown name ended that still waits for its amount
        self.brackets: list[bool] = []  # what `without` was outside each open bracket

    def read(self) -> None:
        """Go through the text once."""
        for match in scanner().finditer(self.folded):
            kind = match.lastgroup or "sign"
            getattr(self, f"_{kind}")(match)
            if kind != "break":
                self.fresh_line = kind == "stop"
        if gone := self.removed | self.weak:
            self.items = [item for at, item in enumerate(self.items) if at not in gone]

    def _gap(self, kind: str, start: int, end: int) -> None:
        last = self.gaps[-1] if self.gaps else None
        if last and last.kind == kind == "part" and last.end == start:
            self.gaps[-1] = Gap(kind, self.text[last.start : end], last.start, end, self.index)
        else:
            self.gaps.append(Gap(kind, self.text[start:end], start, end, self.index))

    def _amount(self, told: Told) -> None:
        """Give an amount to the herb before it, to all that wait (各), or keep it for the next one."""
        if self.nameless >= 0 and not self.each:
            self.nameless = -1
            return
        if not self.items:
            self.ahead = told
            return
        together = 1
        while together < len(self.items) and self.items[-1 - together].start == self.items[-1].start:
            together += 1  # 赤白芍 is two herbs
        first = self.open_from if self.each else len(self.items) - together
        if self.items[-1].amount and not (self.depth and told.grams is not None):
            self.ahead = told
            return
        if not self.each and together > 1 and told.grams is not None:
            told = told._replace(grams=told.grams / together)
        for at in range(first, len(self.items)):
            if at >= len(self.items) - together or not self.items[at].amount:
                self.items[at] = told.to(self.items[at])
                self.weak.discard(at)
        self.each = False
        self.nameless = -1
        self.open_from = len(self.items)

    def _weight(self, match: re.Match[str]) -> None:
        self._amount(Told(figure_grams(match["weight"]), "grams", match["weight"]))

    def _pieces(self, match: re.Match[str]) -> None:
        self._amount(Told(None, "pieces", match["pieces"]))

    def _taking(self, match: re.Match[str]) -> None:
        """7剂, 300ml; but 枣5个 and 姜3片 are amounts of the herb that waits."""
        if self.items and not self.items[-1].amount and not self.fresh_line and match["taking"].endswith(_PIECE_ENDS):
            self._amount(Told(None, "pieces", match["taking"]))

    def _figure(self, match: re.Match[str]) -> None:
        """A bare number is grams after a herb, an ordinal at the head of a line."""
        if self.nameless >= match.start() - 2:
            self.nameless = -1
            return
        after_herb = self.items and not self.items[-1].amount and self.items[-1].end >= match.start() - 2
        if after_herb or self.each:
            self._amount(Told(number(match["figure"]), "grams", match["figure"]))
        elif len(match["figure"]) > 2 or (self.items and not self.fresh_line):
            follows = self.folded[match.end() : match.end() + 1]
            if follows not in (".", "、", ")", ":", "*", "×"):
                self._gap("part", match.start(), match.end())

    def _latin(self, match: re.Match[str]) -> None:
        if match["latin"] not in _LATIN:
            self._gap("part", match.start(), match.end())

    def _stop(self, _match: re.Match[str]) -> None:
        self.without = False
        self.open_from = self.open_from if self.each else min(self.open_from, len(self.items))
        self.ahead = None

    def _comma(self, _match: re.Match[str]) -> None:
        self.without = False

    def _break(self, _match: re.Match[str]) -> None:
        """Nothing: separators between herbs."""

    def _times(self, _match: re.Match[str]) -> None:
        """Nothing: 10g×1 is 10 g in each pack."""

    def _open(self, _match: re.Match[str]) -> None:
        self.depth += 1
        self.brackets.append(self.without)

    def _close(self, _match: re.Match[str]) -> None:
        self.depth = max(0, self.depth - 1)
        if self.brackets:
            self.without = self.brackets.pop()

    def _sign(self, match: re.Match[str]) -> None:
        self._gap("part", match.start(), match.end())

    def _chinese(self, match: re.Match[str]) -> None:
        for piece in lattice.read(match["chinese"]):
            self._piece(piece, match.start())

    def _piece(self, piece: lattice.Piece, base: int) -> None:
        start, end = base + piece.start, base + piece.end
        word = self.folded[start:end]
        if piece.kind == "herb" and piece.herb is not None:
            self._herbs(piece.herb, start, end)
        elif piece.kind == "amount":
            self._amount(Told(piece.grams, "grams" if piece.grams is not None else "pieces", word))
        elif piece.kind == "any":
            self.each = self.each or word.removeprefix("各") in _EQUAL_PARTS
            self._amount(Told(None, "loose", word))
        elif piece.kind in ("note", "suffix"):
            self._note(word)
        elif piece.kind == "prefix":
            self.form = process_words().get(word, self.form)
        elif piece.kind == "each":
            self.each = True
        elif piece.kind == "without":
            self._without(word)
        elif piece.kind == "usage" and self._waits_at(start) and (grams := chinese_grams(word)):
            self._amount(Told(grams, "grams", word))  # 肉桂八分, not 煎至八分
        elif piece.kind == "usage":
            self.without = self.without and not word.startswith(_ADDS)
            if word == "上方" and not self.items:
                self._gap("incomplete", start, end)
        else:
            self._strange(piece.kind, start, end)

    def _waits_at(self, start: int) -> bool:
        """Whether a herb that has no amount yet ends right before."""
        last = self.items[-1] if self.items else None
        return bool(last and not last.amount and last.end >= start - 1) or (self.each and bool(last))

    def _strange(self, kind: str, start: int, end: int) -> None:
        """A formula's name is a heading when its herbs follow; the rest is a gap."""
        if kind == "formula":
            heading = re.match(r"[\s(]*(?::|\n|加减|化裁|加味|如下|方如下|处方|组成)", self.folded[end:])
            if heading and not self.items:
                return
        if self._footnote(end):
            self._gap("note", start, end)
            return
        self._gap({"unknown": "name", "formula": "formula"}.get(kind, "incomplete"), start, end)
        if kind == "unknown":
            self.nameless, self.ahead = (-1 if self.ahead else end), None

    def _footnote(self, end: int) -> bool:
        """Whether what ends here stands in a bracket behind a herb and has no amount of its own."""
        amount_follows = re.match(r"[ ]?[\d一二三四五六七八九十半]", self.folded[end:])
        return bool(self.depth and self.items) and not amount_follows

    def _herbs(self, herb: Herb, start: int, end: int) -> None:
        """A name may stand for several herbs: 赤白芍 is 赤芍 and 白芍."""
        self.nameless = -1
        for part in compounds().get(herb.name, (herb,)):
            self._herb(with_form(part, self.form), start, end)
        self.form = ""

    def _herb(self, herb: Herb, start: int, end: int) -> None:
        fresh = "鲜" in self.folded[max(0, start - 1) : end]
        item = Item(herb, self.text[start:end], start, end, entry=self.index, fresh=fresh)
        if self.depth and self.items and self.items[-1].herb.name == herb.name and self.items[-1].end < start:
            return  # 附子(黑顺片): the same herb said more exactly
        self.items.append(item)
        at = len(self.items) - 1
        if self.without:
            self.weak.add(at)
        if self.ahead is not None:
            self.items[-1] = self.ahead.to(self.items[-1])
            self.open_from = len(self.items)
            self.ahead = None

    def _note(self, word: str) -> None:
        """A note belongs to the herb before it; 制 behind a name makes it the processed herb."""
        if not self.items:
            return
        last = self.items[-1]
        form = process_words().get(word.removeprefix("水").strip(), "")
        herb = with_form(last.herb, form) if form and last.herb.form == "" else last.herb
        self.items[-1] = last._replace(herb=herb, notes=(*last.notes, word))

    def _without(self, word: str) -> None:
        """去, 减, 忌 take away what follows; 代 in brackets takes away what it stands for."""
        if word in ("代", "代替", "替代", "易"):
            following = self.folded[self.items[-1].end :] if self.items else ""
            if self.depth and len(self.items) > 1 and following.startswith(word):
                self._replace_outer()
                return
        self.without = True

    def _replace_outer(self) -> None:
        """犀角(水牛角代)60g: the inner herb stands in for the outer one."""
        self.removed.add(len(self.items) - 2)


_EQUAL_PARTS = ("等分", "等份", "等量")
_PIECE_ENDS = ("片", "粒", "丸", "包", "袋", "碗", "杯", "分", "ml", "mL", "ML", "毫升", "升")


def read(text: str, index: int | None = None) -> Prescription:
    """Read a prescription written as one text.

    >>> [(i.herb.name, i.grams) for i in read("黑顺片10g（先煎）、法半夏、陈皮各三钱").items]
    [('附子', 10.0), ('法半夏', 9.0), ('陈皮', 9.0)]
    """
    reader = _Reader(text, index)
    reader.read()
    return Prescription(reader.items, reader.gaps, stated(reader.folded))


def read_all(texts: Iterator[tuple[int, str]]) -> Prescription:
    """Read a prescription written as a list of texts."""
    whole = Prescription()
    for index, text in texts:
        part = read(text, index)
        whole.items += part.items
        whole.gaps += part.gaps
        whole.regimen = merge(whole.regimen, part.regimen)
    return whole
