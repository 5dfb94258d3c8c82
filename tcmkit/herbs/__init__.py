"""Herbs and prescriptions as people write them: names with their aliases, processing and slices; amounts; notes.

>>> read = read_prescription("麻黄 三两(去节) 桂枝、芍药各二两 大枣12枚")
>>> [(item.herb.name, item.grams, item.stated, item.notes) for item in read.items]
[('麻黄', 90.0, '三两', ('去节',)), ('桂枝', 60.0, '二两', ()), ('芍药', 60.0, '二两', ()), ('大枣', None, '12枚', ())]
>>> place("川军").herb.name, place("紫晶草").herb, place("紫晶草").nearest[0]
('大黄', None, '紫草')
"""

from tcmkit.herbs.amounts import Quantity, alternatives, grams_of, number
from tcmkit.herbs.fold import fold
from tcmkit.herbs.inputs import Place, place, read_prescription
from tcmkit.herbs.items import Gap, Item, Prescription
from tcmkit.herbs.names import Herb, nearest, rows
from tcmkit.herbs.regimen import Regimen

__all__ = [
    "Gap",
    "Herb",
    "Item",
    "Place",
    "Prescription",
    "Quantity",
    "Regimen",
    "alternatives",
    "fold",
    "grams_of",
    "nearest",
    "number",
    "place",
    "read_prescription",
    "rows",
]
