"""How good labels and probabilities are: metrics, calibration, evaluation, agreement, comparison, leaks, splits."""
