"""Which scored passages a model was trained on, and its scores without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stance.formats.given import FRAME, ROWS
from stance.labelers.tasks import TASKS
from stance.records import Prediction
from stance.scoring.decisions import brief_scores, decisions
from stance.scoring.gold import Gold
from stance.scoring.leaks import SIMILARITY, TrainingDigests, find_leaks


def leak_report(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    trained: TrainingDigests,
    record: Mapping[str, Any],
) -> dict[str, Any]:
    """Which passages are near-duplicates of training passages, and the scores without them."""
    names = [data.get("file", "?") for data in record.get("data", [])]
    leaks = {}
    for leak in find_leaks([g.labelled.passage.text for g in gold], trained):
        file, row = int(trained.files[leak.trained]), int(trained.rows[leak.trained])
        name = names[file] if 0 <= file < len(names) else "?"
        row -= name in (FRAME, ROWS)  # which Python counts from 0
        leaks[leak.passage] = (f"{name}, row {row}", leak.similarity)
    return leaks_found(gold, predictions, frames, leaks)


def leaks_found(
    gold: Sequence[Gold],
    predictions: Sequence[Prediction],
    frames: Sequence[str],
    leaks: Mapping[int, tuple[str, float]],
) -> dict[str, Any]:
    """The report on passages that are like those trained on, by their index: like what, and how much."""
    passages = [
        {
            "id": gold[i].labelled.passage.id,
            "place": gold[i].labelled.place,
            "trained_on": source,
            "similarity": round(similarity, 3),
        }
        for i, (source, similarity) in sorted(leaks.items())
    ]
    report: dict[str, Any] = {"n": len(leaks), "similarity": SIMILARITY, "passages": passages, "without": None}
    if leaks:
        kept = [i for i in range(len(gold)) if i not in leaks]
        report["without"] = brief_report([gold[i] for i in kept], [predictions[i] for i in kept], frames)
    return report


def brief_report(gold: Sequence[Gold], predictions: Sequence[Prediction], frames: Sequence[str]) -> dict[str, Any]:
    parts = {task: brief_scores(decisions(gold, predictions, frames, task)) for task in TASKS}
    return {"n_passages": len(gold), "n_articles": len({g.labelled.passage.article for g in gold}), **parts}
