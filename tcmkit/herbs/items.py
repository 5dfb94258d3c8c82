"""What a prescription consists of once it is read."""

from dataclasses import dataclass, field
from typing import NamedTuple

from tcmkit.herbs.amounts import Quantity, quantities
from tcmkit.herbs.names import Herb
from tcmkit.herbs.regimen import DAILY, Regimen


class Item(NamedTuple):
    """A herb of the prescription with what stands beside it."""

    herb: Herb
    text: str
    start: int
    end: int
    grams: float | None = None
    amount: str = ""
    """How the amount was told: grams, pieces, loose (适量), or not at all."""
    stated: str = ""
    """The amount as it stands there: 三两, 3枚, 10g."""
    notes: tuple[str, ...] = ()
    fresh: bool = False
    entry: int | None = None
    """Which item, when the prescription is a list."""

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The stated amount as numbers and units, for units whose weight is another in another dynasty."""
        return quantities(self.stated)


class Gap(NamedTuple):
    """Something that was not understood: `kind` is name, part, formula or incomplete."""

    kind: str
    text: str
    start: int
    end: int
    entry: int | None = None


@dataclass
class Prescription:
    """All of a prescription."""

    items: list[Item] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    regimen: Regimen = DAILY


class Told(NamedTuple):
    """An amount that was read: see `Item`."""

    grams: float | None = None
    amount: str = ""
    stated: str = ""

    def to(self, item: Item) -> Item:
        """The item with this amount."""
        return item._replace(grams=self.grams, amount=self.amount, stated=self.stated)
