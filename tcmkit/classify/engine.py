"""The built-in engine: findings → elements of a syndrome → syndromes, among those that the disease allows.

The score of a syndrome s is a sum of readable parts (natural logarithms):

    trust · log P(s | diseases)                    table `diseases`, mixed with how common s is at all
    + ELEMENT · Σ_e makeup[s,e] · (g_e - DUE)   elements that the findings speak for; g saturates
    + TYPICAL · Σ_f (typical[f,s] - share_f)    findings typical of s more than of syndromes at large

and the probabilities are its softmax at TEMPERATURE.

What somebody tells is read otherwise than what a physician wrote on a ward. Nothing in it is a template, so typical
signs weigh more (TOLD_TYPICAL), the fewer syndromes they are typical of; what one finding says for several elements is
less than their sum (OVERLAP); and less is to be had from what is common on wards (TOLD_TRUST).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tcmkit.clean_tqs import is_told
from tcmkit.records import Record

from .diseases import Disease, diseases_of
from .knowledge import Floats, Knowledge, knowledge
from .signs import Sign, folded, signs_of

ELEMENT = 0.45
DUE = 0.5
"""What an element must have for it before it speaks for its syndromes."""
FULL = 5.0
"""Evidence for one element levels off here: ten signs of heat are not ten times one."""
TYPICAL = 0.22
TOLD_TYPICAL = 0.4
TOLD_TRUST = 0.7
OVERLAP = 0.4
"""What one told finding says for several elements of a syndrome lies between the sum and the root of the squares."""
_AS_RARE = 10
"""A sign that is typical of so many syndromes weighs TOLD_TYPICAL, others by the logarithm of their share."""
_LEAST_RARE, _RARITY = 0.9, (0.2, 2.0)
DENIED = 0.15
"""A denied sign counts so much, the other way: records deny by template."""
SHARPNESS = 3.0
"""The weights of diseases are raised to this power before they share a record."""
ANY_DISEASE = 0.12
"""Share of what is common at all, in a record whose disease is known."""
TEMPERATURE = 1.0
_NOTHING = 1e-9
_CLOSE = 0.2
"""Diseases below so much of the strongest are left out."""


@dataclass(frozen=True)
class Assessment:
    """What the engine makes of one case."""

    probabilities: Floats
    """S: one for each label of the engine."""
    signs: list[Sign]
    diseases: list[Disease]
    """The strongest first."""
    evidence: Floats
    """E: what the signs say for each element, levelled off."""


class Engine:
    """Scores cases over a set of labels. Costs nothing to keep: the tables are shared."""

    def __init__(self, labels: tuple[str, ...], trust: float = 1.0) -> None:
        """`trust` weighs how common things are on wards: 1 there, less where the labels come from elsewhere."""
        self.labels = labels
        self.trust = trust
        self.known: Knowledge = knowledge(labels)

    @cached_property
    def _due(self) -> Floats:
        due: Floats = DUE * self.known.makeup.sum(axis=1)
        return due

    @cached_property
    def _distinctive(self) -> Floats:
        """F × S: typical signs, less the share of all syndromes that they are typical of."""
        typical = self.known.typical
        distinctive: Floats = typical - typical.mean(axis=1, keepdims=True)
        return distinctive

    @cached_property
    def _telling(self) -> Floats:
        """F × S: the same, weighed by how few syndromes a sign is typical of."""
        count, labels = 1 + self.known.typical.sum(axis=1), 1 + len(self.labels)
        rarity = np.clip(np.log(count / labels) / np.log(min(_AS_RARE / labels, _LEAST_RARE)), *_RARITY)
        telling: Floats = self._distinctive * rarity[:, None]
        return telling

    def assess(self, case: Record) -> Assessment:
        """Everything about a case that has `text` and `tqs`."""
        text = folded(case["text"])
        return self.judge(signs_of(case), diseases_of(text), told=is_told(text))

    def judge(self, signs: list[Sign], found: list[Disease], *, told: bool = False) -> Assessment:
        """The same from what was found in a case before; `told` for what no physician wrote."""
        evidence = self.evidence(signs)
        trust = min(self.trust, TOLD_TRUST) if told else self.trust
        scores = trust * np.log(self.prior(found)) + self.support(signs, evidence, told=told)
        return Assessment(softmax(scores / TEMPERATURE), signs, found, evidence)

    def evidence(self, signs: list[Sign]) -> Floats:
        """E: what the signs say for each element, levelled off at FULL."""
        speaks = self.known.speaks
        present = [sign.row for sign in signs if sign.present]
        denied = [sign.row for sign in signs if not sign.present]
        total: Floats = speaks[present].sum(axis=0)
        if denied:
            total = total - DENIED * np.maximum(speaks[denied], 0.0).sum(axis=0)
        levelled: Floats = FULL * np.tanh(total / FULL)
        return levelled

    def support(self, signs: list[Sign], evidence: Floats, *, told: bool = False) -> Floats:
        """S: what the findings say for each syndrome, whatever the disease."""
        present = [sign.row for sign in signs if sign.present]
        score = ELEMENT * (self.known.makeup @ evidence - self._due)
        if present:
            typical = TOLD_TYPICAL * self._telling if told else TYPICAL * self._distinctive
            score = score + typical[present].sum(axis=0)
            if told:
                score = score - ELEMENT * OVERLAP * self._overlap(present)
        total: Floats = score
        return total

    def _overlap(self, present: list[int]) -> Floats:
        """S: how much more the signs say for the elements of a syndrome one by one than taken together."""
        said = self.known.speaks[present]
        total = said.sum(axis=0)
        level = np.divide(FULL * np.tanh(total / FULL), total, out=np.ones_like(total), where=np.abs(total) > _NOTHING)
        spoken = np.maximum(said * level, 0.0)
        makeup = self.known.makeup.T
        overlap: Floats = (spoken @ makeup - np.sqrt(spoken**2 @ makeup**2)).sum(axis=0)
        return overlap

    def prior(self, found: list[Disease]) -> Floats:
        """S: how often each syndrome is met in these diseases, as shares."""
        known = [one for one in found if self.known.of_disease[one.row].any()]
        if not known:
            return self.known.common
        known = [one for one in known if one.weight >= _CLOSE * known[0].weight]
        weights = np.array([one.weight for one in known]) ** SHARPNESS
        shares = weights @ self.known.of_disease[[one.row for one in known]] / weights.sum()
        mixed: Floats = (1 - ANY_DISEASE) * shares + ANY_DISEASE * self.known.common
        return mixed


def softmax(scores: Floats) -> Floats:
    """Shares that sum to one."""
    powers = np.exp(scores - scores.max())
    shares: Floats = powers / powers.sum()
    return shares
