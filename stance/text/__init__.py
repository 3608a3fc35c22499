"""Codebook, passages, mentions of actors, and who holds a frame."""
