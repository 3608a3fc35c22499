"""The card of a model: what it is, what trained it, how good it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stance.labelers.transformer import TransformerLabeler
from stance.models.model import Model
from stance.text.languages import language_name, languages_read


def model_card(name: str, model: Model, scores: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """The README.md of a model folder."""
    book = model.codebook
    languages = languages_read(manifest.get("languages") or [book.language])
    lines = [
        f"# {name}",
        "",
        f"A `{manifest['labeler']}` labeler of stance {manifest['versions'].get('framestance', '')} for the codebook "
        f"`{book.name}`: {len(book.frames)} frames, {len(book.actors)} actors. It learned: "
        f"{', '.join(manifest['tasks'])}. It reads: {', '.join(map(language_name, languages)) or 'any language'}.",
        "",
        *([f"Labels not to be relied on: {'; '.join(doubts)}.", ""] if (doubts := manifest["doubts"]) else []),
        "## Trained on",
        "",
        "| file | passages | articles | SHA-256 |",
        "|---|---|---|---|",
        *(f"| {d['file']} | {d['passages']:,} | {d['articles']:,} | `{d['sha256']}` |" for d in manifest["data"]),
        "",
        f"Seed {manifest['seed']}; settings {json.dumps(manifest['config'])}.",
        "",
        "## Scores",
        "",
        "95 % intervals are from a bootstrap over articles. An actor that the matcher does not find counts as wrong.",
    ]
    held_out = "Cross-fitted: each training article judged by a labeler that did not see it"
    if manifest["labeler"] == TransformerLabeler.kind:
        held_out = "All held-out articles, not trained on; they chose the epoch and calibrate, each part by the others"
    tables = [(held_out, scores["held_out"])]
    trained = {data["sha256"] for data in manifest["data"]}
    tables += [
        (
            f"On `{data['file']}` (SHA-256 `{data['sha256'][:12]}…`), "
            f"{'TRAINED ON: no measure of anything' if data['sha256'] in trained else 'not trained on'}",
            part,
        )
        for data, part in zip(manifest["dev_data"], scores.get("dev", []), strict=True)
    ]
    for title, part in tables:
        lines += ["", f"### {title}", "", *score_table(part)]
    lines += [
        "",
        *([str(manifest["notes"]).strip(), ""] if manifest.get("notes") else []),
        "## Use",
        "",
        "For coding news passages by frame and stance, with a person checking what is marked uncertain and a sample",
        "of the rest. It repeats the slant of what it was trained on; it is not to be taken for a judgement of what",
        "is true, or used to decide about a person. Codes for other outlets, years and topics than those it learned",
        "from are worse than these scores: label a few hundred passages of your own and evaluate.",
        "",
    ]
    return "\n".join(lines)


def score_table(scores: Mapping[str, Any]) -> list[str]:
    """Scores as the lines of a Markdown table."""
    lines = [
        "| task | label | precision | recall | F1 | average precision | support |",
        "|---|---|---|---|---|---|---|",
    ]
    for task in ("frames", "stance", "directed"):
        part = scores[task]
        if not part["n"]:
            continue
        for label, row in part["per_label"].items():
            cells = [_cell(row[key]) for key in ("precision", "recall", "f1", "average_precision")]
            lines.append(f"| {task} | {label} | {' | '.join(cells)} | {row['support']:,} |")
        macro, micro = (
            f"{_cell(part[key])} ({' to '.join(_cell(v) for v in part[key + '_interval'] or [None])})"
            for key in ("macro_f1", "micro_f1")
        )
        lines.append(f"| {task} | **macro-F1; micro-F1** | | | {macro}; {micro} | | {part['n']:,} |")
    return lines


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
