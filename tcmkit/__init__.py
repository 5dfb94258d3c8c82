"""tcmkit: raw Traditional Chinese Medicine text in, training data, models and consultations out."""

__version__ = "0.1.0"
