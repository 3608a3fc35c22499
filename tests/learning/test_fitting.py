"""From labelled passages to a model: nothing is judged by what has seen it, and the same seed gives the same model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np
import pytest
from conftest import corpus_rows
from threadpoolctl import threadpool_limits

from stance.formats.dataformat import parse_labelled
from stance.labelers.linear import LinearLabeler
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query
from stance.learning.fitting import FOLDS, Fitted, fit_model
from stance.records import InputError, LabelledPassage, Passage
from stance.scoring.calibration import FrameCalibration
from stance.scoring.splits import article_groups, folds
from stance.text.codebook import Codebook

WORDS = (
    "anchor barge beacon berth buoy cable crane deck ferry gale hull keel lamp mast net oar pier quay rope tug".split()
)

TOO_FEW = (
    "articles, near-duplicates taken together, can't be parted into 5 folds; "
    "label passages of at least 5 different articles"
)
NOTHING = (
    "nothing to learn from: the passages fitted on have no frames, stances or directed stances of two kinds; "
    "label more articles"
)
NONE_LEARNED = "too few labels: none of frames, stance and directed could be learned; label more articles"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Arrays this small take longer on several threads."""
    with threadpool_limits(1):
        yield


class Recorder:
    """A labeler that answers by a rule, and remembers what it was fitted on and what it judged."""

    kind = "recorder"
    seed = 0

    def __init__(
        self,
        answer: Callable[[Passage], list[float]] = lambda passage: [0.0, 0.0],
        stance_needs: str = "",
        learns: frozenset[str] = frozenset({FRAMES, STANCE}),
    ):
        self.answer = answer
        self.stance_needs = stance_needs
        self.learns = learns
        self.fitted_on: list[str] = []
        self.judged: list[str] = []

    @property
    def tasks(self) -> frozenset[str]:
        known = not self.stance_needs or self.stance_needs in self.fitted_on
        return self.learns if known else self.learns - {STANCE}

    def fit(self, queries: Sequence[Query], labelled: Sequence[LabelledPassage]) -> Recorder:
        assert [query.passage for query in queries] == [row.passage for row in labelled]
        self.fitted_on = [row.passage.id for row in labelled]
        return self

    def logits(self, queries: Sequence[Query]) -> Logits:
        self.judged += [query.passage.id for query in queries]
        n_actors = sum(len(query.actors) for query in queries) if STANCE in self.tasks else 0
        frames = np.array([self.answer(query.passage) for query in queries])
        return Logits(frames, np.zeros((n_actors, 3)), np.zeros((0, 3)))

    def without(self, tasks: frozenset[str]) -> Recorder:
        labeler = copy(self)
        labeler.learns = self.learns - tasks
        return labeler

    def resolved_config(self) -> dict[str, Any]:
        return {}


class Recorders:
    """Makes labelers by a rule, and keeps them."""

    def __init__(self, **settings: Any):
        self.settings = settings
        self.made: list[Recorder] = []

    def __call__(self) -> Recorder:
        self.made.append(Recorder(**self.settings))
        return self.made[-1]


def text(number: int) -> str:
    """Twelve words in an order of their own: no two numbers give near-duplicates."""
    order = np.random.default_rng(number).permutation(len(WORDS))[:12]
    return " ".join(WORDS[i] for i in order)


def rows(
    codebook: Codebook, n: int, label: Callable[[int], Mapping[str, Any]] = lambda n: {"frames": ["strike"] * (n % 2)}
) -> list[LabelledPassage]:
    """`n` passages, each an article of its own unless the label says otherwise."""
    return [parse_labelled({"id": f"p{i}", "text": text(i), **label(i)}, f"rows:{i + 1}", codebook) for i in range(n)]


def articles_of(labelled: Sequence[LabelledPassage]) -> dict[str, str]:
    return {row.passage.id: row.passage.article for row in labelled}


def test_every_passage_is_judged_once_by_a_labeler_not_fitted_on_its_article(codebook: Codebook) -> None:
    labelled = rows(codebook, 30, lambda n: {"article": f"a{n // 3}", "frames": ["strike"] * (n % 2)})
    article = articles_of(labelled)
    labelers = Recorders()
    fit_model(labelled, codebook, labelers, seed=1)
    crossed = labelers.made[:FOLDS]
    assert sorted(passage for labeler in crossed for passage in labeler.judged) == sorted(article)
    for labeler in crossed:
        assert sorted(labeler.fitted_on + labeler.judged) == sorted(article)
        assert {article[p] for p in labeler.fitted_on}.isdisjoint({article[p] for p in labeler.judged})


@pytest.mark.parametrize("seed", range(4))
def test_near_duplicates_are_never_judged_by_a_labeler_fitted_on_one_of_them(codebook: Codebook, seed: int) -> None:
    labelled = rows(codebook, 12, lambda n: {"text": text(n // 2), "frames": ["strike"] * (n // 2 % 2)})
    labelers = Recorders()
    fit_model(labelled, codebook, labelers, seed=seed)
    for labeler in labelers.made[:FOLDS]:
        assert {int(p[1:]) // 2 for p in labeler.fitted_on}.isdisjoint({int(p[1:]) // 2 for p in labeler.judged})


def test_the_labeler_that_ships_is_fitted_on_everything(codebook: Codebook) -> None:
    labelled = rows(codebook, 10)
    labelers = Recorders()
    fitted = fit_model(labelled, codebook, labelers)
    assert len(labelers.made) == FOLDS + 1
    shipped = fitted.model.labeler
    assert isinstance(shipped, Recorder)
    assert shipped.fitted_on is labelers.made[-1].fitted_on
    assert (shipped.fitted_on, shipped.judged) == (list(articles_of(labelled)), [])


def test_scores_come_from_thresholds_of_the_other_parts(codebook: Codebook) -> None:
    # "budget" is gold in the first part alone: the others give no reason to leave the threshold of 0.5, so that none
    # of its passages, at log-odds of -1, is labelled; the calibration that ships has seen them and labels them all.
    plain = rows(codebook, 20)
    part = folds(article_groups([row.passage for row in plain]), FOLDS, 3)
    budget = {f"p{i}" for i in range(20) if part[i] == 0}
    labelled = rows(codebook, 20, lambda n: {"frames": ["budget"] if f"p{n}" in budget else ["strike"] * (n % 2)})
    fitted = fit_model(labelled, codebook, Recorders(answer=lambda p: [0.0, -1.0 if p.id in budget else -2.0]), seed=3)
    scores = fitted.scores[FRAMES]["per_label"]["budget"]
    assert (len(budget), scores["support"], scores["recall"], scores["precision"]) == (4, 4, 0.0, None)
    predictions = fitted.model.predict([Query(row.passage, (), ()) for row in labelled])
    assert {p.passage.id for p in predictions if "budget" in p.frame_labels} == budget


def test_a_perfect_labeler_scores_1(codebook: Codebook) -> None:
    labelled = rows(codebook, 20)
    fitted = fit_model(labelled, codebook, Recorders(answer=lambda p: [3.0 if int(p.id[1:]) % 2 else -3.0, -3.0]))
    assert (fitted.scores["n_passages"], fitted.scores["n_articles"]) == (20, 20)
    assert (fitted.scores[FRAMES]["n"], fitted.scores[FRAMES]["macro_f1"]) == (20, 1.0)


def test_a_frame_that_never_applies_keeps_its_calibration(codebook: Codebook) -> None:
    fitted = fit_model(rows(codebook, 10), codebook, Recorders(answer=lambda p: [2.0 * (int(p.id[1:]) % 2) - 1, 0.0]))
    assert fitted.model.calibration.frames["budget"] == FrameCalibration(1.0, 0.0, 0.5)
    assert fitted.model.calibration.frames["strike"].scale > 2.0


def test_scores_of_the_small_corpus(fitted: Fitted) -> None:
    assert fitted.model.labeler.tasks == frozenset(TASKS)
    assert [fitted.scores[task]["n"] for task in TASKS] == [72, 144, 144]
    assert [fitted.scores[task]["macro_f1"] for task in TASKS] == [1.0, 1.0, 1.0]


def test_the_same_seed_gives_the_same_model_and_scores_whatever_the_processes(
    fitted: Fitted, labelled: list[LabelledPassage], codebook: Codebook
) -> None:
    again = fit_model(labelled, codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), seed=1, jobs=2)
    assert again.scores == fitted.scores
    assert again.model.calibration == fitted.model.calibration
    assert isinstance(fitted.model.labeler, LinearLabeler)
    assert isinstance(again.model.labeler, LinearLabeler)
    arrays = fitted.model.labeler.arrays()
    assert list(again.model.labeler.arrays()) == list(arrays)
    for name, array in again.model.labeler.arrays().items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def test_the_seed_deals_out_the_parts(codebook: Codebook) -> None:
    def parts(seed: int) -> list[list[str]]:
        labelers = Recorders()
        fit_model(rows(codebook, 20), codebook, labelers, seed=seed)
        return [labeler.judged for labeler in labelers.made[:FOLDS]]

    assert parts(1) == parts(1)
    assert parts(1) != parts(2)


@pytest.mark.parametrize("task", TASKS)
def test_labels_of_one_task_are_enough(codebook: Codebook, task: str) -> None:
    keys = {"id", "article", "text", task}
    alone = [
        parse_labelled({key: value for key, value in row.items() if key in keys}, f"corpus:{line}", codebook)
        for line, row in enumerate(corpus_rows(), 1)
    ]
    fitted = fit_model(alone, codebook, lambda: LinearLabeler(codebook.frame_ids, seed=1), seed=1)
    assert fitted.model.labeler.tasks == {task}
    assert [fitted.scores[t]["n"] for t in TASKS] == [(72 if t == FRAMES else 144) * (t == task) for t in TASKS]
    assert fitted.scores[task]["macro_f1"] == 1.0


def test_a_task_that_some_part_could_not_learn_is_not_scored(codebook: Codebook) -> None:
    labelled = rows(codebook, 10, lambda n: {"frames": ["strike"] * (n % 2), "stance": {"union": "favor"}})
    fitted = fit_model(labelled, codebook, Recorders(stance_needs="p4"))
    assert (fitted.scores[FRAMES]["n"], fitted.scores[STANCE]["n"], fitted.scores[DIRECTED]["n"]) == (10, 0, 0)


def test_a_task_that_some_part_could_not_learn_is_not_answered_either(codebook: Codebook) -> None:
    labelled = rows(codebook, 10, lambda n: {"frames": ["strike"] * (n % 2), "stance": {"union": "favor"}})
    told: list[str] = []
    fitted = fit_model(labelled, codebook, Recorders(stance_needs="p4"), progress=told.append)
    assert told[-2:] == ["too few articles are labelled for stance: it is left out", "calibrating"]
    assert fitted.model.labeler.tasks == {FRAMES}
    [prediction] = fitted.model.predict([Query(labelled[0].passage, ("union",), ())])
    assert dict(prediction.stance) == {}


@pytest.mark.parametrize(
    ("n_articles", "message"),
    [
        pytest.param(4, f"4 {TOO_FEW}", id="four"),
        pytest.param(0, f"0 {TOO_FEW}", id="none"),
    ],
)
def test_too_few_articles_are_refused_before_anything_is_fitted(
    codebook: Codebook, n_articles: int, message: str
) -> None:
    labelled = rows(codebook, 3 * n_articles, lambda n: {"article": f"a{n // 3}", "frames": ["strike"] * (n % 2)})
    labelers = Recorders()
    with pytest.raises(InputError, match=f"^{message}$"):
        fit_model(labelled, codebook, labelers)
    assert labelers.made == []


def test_copies_that_leave_too_few_articles_are_named_as_the_reason(codebook: Codebook) -> None:
    labelled = rows(codebook, 10, lambda n: {"text": text(0), "frames": ["strike"] * (n % 2)})
    with pytest.raises(InputError, match=f"^1 {TOO_FEW}$"):
        fit_model(labelled, codebook, Recorders())


@pytest.mark.parametrize(
    "label",
    [
        pytest.param({}, id="no labels"),
        pytest.param({"frames": []}, id="no frame anywhere"),
        pytest.param({"stance": {"union": "favor"}}, id="one stance"),
    ],
)
def test_data_with_nothing_to_learn_are_refused(codebook: Codebook, label: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"^{NOTHING}$"):
        fit_model(rows(codebook, 10, lambda n: label), codebook, lambda: LinearLabeler(codebook.frame_ids))


def test_a_kind_of_label_in_one_article_alone_can_not_be_learned(codebook: Codebook) -> None:
    labelled = rows(codebook, 10, lambda n: {"stance": {"union": "favor" if n else "against"}})
    with pytest.raises(InputError, match=f"^{NOTHING}$"):
        fit_model(labelled, codebook, lambda: LinearLabeler(codebook.frame_ids))


def test_a_labeler_that_learned_nothing_is_refused(codebook: Codebook) -> None:
    with pytest.raises(InputError, match=f"^{NONE_LEARNED}$"):
        fit_model(rows(codebook, 10), codebook, Recorders(learns=frozenset()))


def test_progress_is_told_step_by_step(codebook: Codebook) -> None:
    told: list[str] = []
    fit_model(rows(codebook, 10), codebook, Recorders(), progress=told.append)
    assert told == [
        "10 passages; looking for near-duplicates",
        "fitting 5 times, each time without one part of the articles",
        *(f"part {number} of 5 judged" for number in range(1, 6)),
        "fitting on everything",
        "calibrating",
    ]
