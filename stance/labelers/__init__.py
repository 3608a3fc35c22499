"""What gives scores to passages: words (linear) or a transformer, by one protocol."""
