"""From labels to a model: training runs, fitting, suggestions of what to label, cross-validation, learning curves."""
