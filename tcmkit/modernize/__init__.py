"""Classical Chinese into plain modern Chinese, technical terms kept (ChiMed 2.0, advanced processing, step 2)."""

from tcmkit.modernize.moderniser import ModelModerniser, Moderniser
from tcmkit.modernize.settings import Settings
from tcmkit.modernize.standard import restore, standard
from tcmkit.modernize.style import style_of

__all__ = ["ModelModerniser", "Moderniser", "Settings", "restore", "standard", "style_of"]
