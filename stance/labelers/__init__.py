"""What gives scores to passages: words (linear), vectors of encoders (probe) or a transformer, by one protocol."""
