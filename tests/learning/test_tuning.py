"""Settings are chosen by what was not fitted, each task its own, and none by the passages that it then judges."""

from __future__ import annotations

import numpy as np
import pytest

from stance.labelers.linear import LinearLabeler
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits
from stance.learning.fitting import fit_model
from stance.learning.tuning import Tuning, calibrate, choose, log_losses, taken
from stance.records import STANCES, LabelledPassage
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher


@pytest.fixture(scope="module")
def gold(labelled: list[LabelledPassage], codebook: Codebook) -> list[Gold]:
    return prepare(labelled, Matcher(codebook))


def pieces(gold: list[Gold], right: frozenset[str], seed: int = 0) -> list[Logits]:
    """Logits that tell the truth in some tasks, and nothing in the others."""
    rng, made = np.random.default_rng(seed), []
    for g in gold:
        labels = g.labelled.labels
        frames = np.array([[4.0 * (f in (labels.frames or ())) - 2.0 for f in ("strike", "budget")]])
        parts = {FRAMES: frames}
        for task in (STANCE, DIRECTED):
            stances = [STANCES.index(s) for s in (getattr(labels, task) or {}).values()]
            parts[task] = 4.0 * np.eye(3)[stances] if stances else np.zeros((0, 3))
        noise = {task: rng.normal(size=part.shape) for task, part in parts.items()}
        made.append(Logits(*(parts[task] + noise[task] if task in right else noise[task] for task in TASKS)))
    return made


def test_each_task_takes_the_rival_that_is_best_at_it(gold: list[Gold], codebook: Codebook) -> None:
    rivals = [pieces(gold, frozenset((FRAMES, DIRECTED))), pieces(gold, frozenset((STANCE,)))]
    chosen = choose(gold, rivals, range(len(gold)), codebook)
    assert chosen == {FRAMES: 0, STANCE: 1, DIRECTED: 0}
    parts = taken(rivals, chosen)
    np.testing.assert_array_equal(parts[3].frames, rivals[0][3].frames)
    np.testing.assert_array_equal(parts[3].stance, rivals[1][3].stance)


def test_of_equals_the_first_is_taken(gold: list[Gold], codebook: Codebook) -> None:
    one = pieces(gold, frozenset(TASKS))
    assert choose(gold, [one, one], range(len(gold)), codebook) == dict.fromkeys(TASKS, 0)


def test_the_loss_is_that_of_calibrated_probabilities(gold: list[Gold], codebook: Codebook) -> None:
    doubled = [Logits(3 * p.frames, 3 * p.stance, 3 * p.directed) for p in pieces(gold, frozenset(TASKS))]
    plain = log_losses(gold, pieces(gold, frozenset(TASKS)), range(len(gold)), codebook)
    tripled = log_losses(gold, doubled, range(len(gold)), codebook)
    assert all(tripled[task] == pytest.approx(plain[task], abs=0.02) for task in TASKS)
    assert log_losses(gold, pieces(gold, frozenset()), range(0), codebook) == dict.fromkeys(TASKS, 0.0)


def test_calibration_is_fitted_on_the_rows_given_alone(gold: list[Gold], codebook: Codebook) -> None:
    own = pieces(gold, frozenset(TASKS))
    spoiled = own[:36] + pieces(gold, frozenset(), 1)[36:]
    rows = range(36)
    assert calibrate(gold, own, rows, codebook) == calibrate(gold, spoiled, rows, codebook)


def test_a_model_is_fitted_under_the_setting_that_judges_best(
    labelled: list[LabelledPassage], codebook: Codebook
) -> None:
    asked: list[dict[str, int]] = []

    def good() -> LinearLabeler:
        return LinearLabeler(codebook.frame_ids, seed=1)

    def poor() -> LinearLabeler:
        return LinearLabeler(codebook.frame_ids, type(good().config)(C_frames=1e-4, C_stance=1e-4, C_directed=1e-4))

    def combined(chosen: dict[str, int]) -> LinearLabeler:
        asked.append(chosen)
        return good()

    lines: list[str] = []
    tuning = Tuning([poor, good], combined)  # type: ignore[arg-type]
    fitted = fit_model(labelled, codebook, poor, 1, progress=lines.append, tuning=tuning)
    assert asked == [dict.fromkeys(TASKS, 1)]
    assert "fitting 10 times, each time without one part of the articles" in lines
    alone = fit_model(labelled, codebook, good, 1)
    assert fitted.scores == alone.scores
    assert fitted.model.calibration == alone.model.calibration
