"""Put the texts back to labels that are kept without them: the passages are other people's, the labels are ours.

    python training/attach_texts.py seeds/tehran-times/labels.jsonl --articles articles.jsonl.gz --output passages.jsonl

Each row of labels names an article and where in it the passage stands, or without that, a passage of the other file by
its id; its digest tells if that is the text that was labelled.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stance.formats.jsonl import json_line
from stance.formats.reading import read_rows
from stance.formats.writing import replacing
from stance.records import InputError

DIGITS = 16
"""Of a passage's SHA-256, in hexadecimal."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", help="JSONL of labels: id, article, start and end or neither, sha256, and labels")
    parser.add_argument("--articles", required=True, help="JSONL of whole articles, or of passages: id and text")
    parser.add_argument("--output", required=True, type=Path)
    arguments = parser.parse_args()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with replacing(arguments.output) as stream:
        for row in attached(arguments.labels, arguments.articles):
            stream.write(json_line(row))
            count += 1
    print(f"{count:,} passages in {arguments.output}", file=sys.stderr)
    return 0


def attached(labels: str, articles: str) -> Iterator[dict[str, Any]]:
    """The labelled rows with their texts; raises `InputError` where an article is missing or reads otherwise."""
    rows = [(row.place, row.checked()) for row in read_rows(labels)]
    wanted = {_source(fields) for _, fields in rows}
    texts = {fields["id"]: fields["text"] for fields in _checked(articles) if fields["id"] in wanted}
    for place, fields in rows:
        text = texts.get(_source(fields))
        if text is None:
            raise InputError(f"{place}: {_source(fields)} is not in {articles}; give the file it is in")
        passage = text[fields.get("start") : fields.get("end")]
        if hashlib.sha256(passage.encode()).hexdigest()[:DIGITS] != fields["sha256"]:
            raise InputError(f"{place}: {_source(fields)} reads otherwise than when it was labelled")
        kept = {key: value for key, value in fields.items() if key not in ("start", "end", "sha256")}
        yield {**kept, "text": passage}


def _source(fields: Mapping[str, Any]) -> str:
    """The id of what the text is taken from."""
    return str(fields["article"] if "start" in fields else fields["id"])


def _checked(articles: str) -> Iterator[Mapping[str, Any]]:
    for row in read_rows(articles):
        yield row.checked()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(f"attach_texts: {error}")
