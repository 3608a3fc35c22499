"""Transformers as ONNX graphs: written, looked through, cut in two."""
