"""Bulk runs: rows streamed through a model, written so that a run that was stopped can go on."""
