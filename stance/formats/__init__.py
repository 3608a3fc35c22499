"""Files to rows to records, and back: text, web pages, JSONL, CSV, Parquet, label tools."""
