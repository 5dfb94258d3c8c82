"""Decoding, normalising, segmenting: what several verbs share. Plain functions over strings."""
