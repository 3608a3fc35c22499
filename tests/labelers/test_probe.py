"""The probe labeler: the same as scikit-learn's estimators, each passage by itself, and content with partial labels."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from stance.labelers.logistic import CLOSER, ProbeConfig, fit_frame_heads, fit_stance_head, mixed
from stance.labelers.memory import Memory
from stance.labelers.probe import ProbeLabeler, document_of
from stance.labelers.sentences import EncoderSettings
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query, ask, query_actors
from stance.records import STANCES, InputError, LabelledPassage, Labels, Passage
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

SIZE = 24
LABELS = {"strike": "Strike", "budget": "Budget"}


class Sentences:
    """A sentence encoder that adds up a number for each word."""

    parts = (b"graph", b"words")
    settings = EncoderSettings("sums", 64, 0)
    digest = b"s"

    def __init__(self) -> None:
        self.made: list[str] = []

    def key(self, text: str) -> bytes:
        return hashlib.sha256(self.digest + text.encode()).digest()

    def vectors(self, texts: Sequence[str], threads: int = 1) -> list[np.ndarray]:
        self.made += texts
        return [sum_of(re.findall(r"\w+", text.lower())) for text in texts]


class Stances(Sentences):
    """A stance encoder that adds up a number for each word with its distance from a name."""

    parts = (b"encoder", b"heads", b"words")
    digest = b"t"

    def facing(self, names: Any) -> Stances:
        return self

    def key(self, query: Query) -> bytes:  # type: ignore[override]
        return hashlib.sha256(repr((query.passage.text, query.actors, query.pairs)).encode()).digest()

    def vectors(self, queries: Sequence[Query], threads: int = 1) -> list[np.ndarray]:  # type: ignore[override]
        asked = [[seen(q, a) for a in q.actors] + [seen(q, *pair) for pair in q.pairs] for q in queries]
        return [np.array(rows, dtype=np.float32).reshape(-1, SIZE) for rows in asked]


def sum_of(words: Sequence[str]) -> np.ndarray:
    rows = [np.random.default_rng(zlib.crc32(word.encode())).normal(size=SIZE) for word in words]
    total = np.sum(rows, axis=0) if rows else np.ones(SIZE)
    return (total / np.linalg.norm(total)).astype(np.float32)


def seen(query: Query, *actors: str) -> np.ndarray:
    """Which of the actors comes first, and the words of the text."""
    starts = {m.actor: m.start for m in query.passage.mentions or ()}
    first = min(starts, key=lambda actor: starts[actor]) if starts else ""
    place = [str(actor == first) for actor in actors]
    words = re.findall(r"\w+", query.passage.text.lower())
    return sum_of([*10 * [".".join(place)], *(f"{w}.{'.'.join(place)}" for w in words)])


@pytest.fixture(scope="module")
def gold(labelled: list[LabelledPassage], codebook: Codebook) -> list[Gold]:
    return prepare(labelled, Matcher(codebook))


def new(frames: Sequence[str] = ("strike", "budget"), memory: Memory | None = None, **settings: float) -> ProbeLabeler:
    config = ProbeConfig(**{"C_stance": 10.0, "C_directed": 10.0, **settings})
    return ProbeLabeler(frames, Sentences(), Stances(), LABELS, config, 1, memory)  # type: ignore[arg-type]


def fit(gold: Sequence[Gold], frames: Sequence[str] = ("strike", "budget"), **settings: float) -> ProbeLabeler:
    return new(frames, **settings).fit([g.query for g in gold], [g.labelled for g in gold])


@pytest.fixture(scope="module")
def labeler(gold: list[Gold]) -> ProbeLabeler:
    return fit(gold)


@pytest.fixture(scope="module")
def queries(gold: list[Gold]) -> list[Query]:
    text = "Qwertz § 7."
    return [ask(Passage("odd", "odd", text, 0, len(text), ())), *(g.query for g in gold)]


def relabel(gold: Sequence[Gold], *tasks: str) -> list[Gold]:
    """With the labels of these tasks alone."""
    result = []
    for g in gold:
        labels = Labels(**{task: getattr(g.labelled.labels, task) for task in tasks})
        query = Query(g.query.passage, tuple(labels.stance or ()), tuple(labels.directed or ()))
        result.append(replace(g, labelled=replace(g.labelled, labels=labels), query=query))
    return result


def assert_same(left: Logits, right: Logits) -> None:
    for task in TASKS:
        np.testing.assert_array_equal(getattr(left, task), getattr(right, task), err_msg=task)


def test_frames_are_decided_as_scikit_learn_does_on_vectors_words_and_nearness_to_names(gold: list[Gold]) -> None:
    encoder, documents = Sentences(), [document_of(g.query) for g in gold]
    vectors = np.stack(encoder.vectors([g.query.passage.text for g in gold])).astype(np.float64)
    named = np.stack(encoder.vectors(["Strike", "Budget"])).astype(np.float64)
    applies = np.array([[f in (g.labelled.labels.frames or ()) for f in LABELS] for g in gold])
    dense, counted = fit_frame_heads(vectors, documents, applies, named, ProbeConfig(words=0.7), 1)
    words = TfidfVectorizer(analyzer=lambda d: d.features, min_df=2, sublinear_tf=True).fit_transform(documents)
    near = vectors @ named.T
    scale = 0.3 / near.std(axis=0)
    for frame in range(2):
        own = ((near - near.mean(axis=0)) * scale)[:, frame, None]
        rows = np.hstack([vectors, 0.7 * words.toarray(), own])
        names = ((named @ named[frame] - near[:, frame].mean()) * scale[frame])[:, None]
        examples = np.hstack([named, np.zeros((2, words.shape[1])), names])
        estimator = LogisticRegression(C=5.0, class_weight="balanced", max_iter=3000, random_state=1)
        estimator.fit(np.concatenate([rows, examples]), [*applies[:, frame], *(np.arange(2) == frame)])
        found = dense.logits(vectors)[:, frame] + counted.logits(documents)[:, frame]
        np.testing.assert_allclose(found, estimator.decision_function(rows), rtol=0, atol=2e-5)


@pytest.mark.parametrize("kinds", [(0, 1, 2), (0, 2)], ids=["three stances", "two stances"])
def test_stances_are_decided_as_scikit_learn_does_on_logits_and_scaled_vectors(kinds: tuple[int, ...]) -> None:
    vectors = np.random.default_rng(0).normal(size=(60, 9))
    stances = np.resize(kinds, 60)
    head = fit_stance_head(vectors.astype(np.float32), stances, 0.5, 1)
    scaled = vectors.astype(np.float32) * np.array([1.0] * 3 + [0.3] * 6)
    estimator = LogisticRegression(C=0.5, class_weight="balanced", max_iter=3000, random_state=1).fit(scaled, stances)
    logits, expected = head.logits(vectors.astype(np.float32)), estimator.decision_function(scaled)
    if len(kinds) == 2:
        np.testing.assert_allclose(logits[:, 2] - logits[:, 0], expected, rtol=0, atol=1e-5)
        assert logits[:, 1].tolist() == [-20.0] * 60
    else:
        np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)


def test_what_was_learned_is_what_the_labels_say(labeler: ProbeLabeler, gold: list[Gold]) -> None:
    logits = labeler.logits([g.query for g in gold])
    stances = [s for g in gold for s in (g.labelled.labels.stance or {}).values()]
    frames = [g.labelled.labels.frames for g in gold]
    assert np.mean([STANCES[i] == s for i, s in zip(logits.stance.argmax(axis=1), stances, strict=True)]) > 0.8
    assert [(("strike", "budget")[i],) for i in logits.frames.argmax(axis=1)] == frames
    assert logits.directed.shape == (sum(len(g.query.pairs) for g in gold), 3)


@pytest.mark.parametrize("size", [1, 2, 7])
def test_batch_mates_and_order_never_change_a_logit(labeler: ProbeLabeler, queries: list[Query], size: int) -> None:
    whole = labeler.logits(queries)
    batches = [queries[start : start + size] for start in range(0, len(queries), size)]
    assert_same(Logits.concatenate([labeler.logits(batch) for batch in batches], 2), whole)
    backwards = labeler.logits(queries[::-1]).split(queries[::-1])
    assert_same(Logits.concatenate(backwards[::-1], 2), whole)


def test_no_queries_have_no_logits(labeler: ProbeLabeler) -> None:
    logits = labeler.logits([])
    assert [getattr(logits, task).shape for task in TASKS] == [(0, 2), (0, 3), (0, 3)]


@pytest.mark.parametrize("task", TASKS)
def test_labels_of_one_task_alone_teach_it_just_as_all_labels_do(
    labeler: ProbeLabeler, gold: list[Gold], task: str
) -> None:
    alone = fit(relabel(gold, task))
    assert alone.tasks == {task}
    queries = [g.query for g in relabel(gold, task)]
    found = alone.logits(queries)
    np.testing.assert_allclose(
        getattr(found, task), getattr(labeler.logits([g.query for g in gold]), task), rtol=0, atol=1e-12
    )
    assert [len(getattr(found, other)) for other in TASKS if other != task] == [0, 0]


@pytest.mark.parametrize(
    ("frame", "labels", "expected"),
    [("never", ("strike",), -20.0), ("always", ("strike", "always"), 20.0)],
)
def test_a_frame_of_no_passage_or_of_every_one(
    frame: str, labels: tuple[str, ...], expected: float, gold: list[Gold]
) -> None:
    rows = [
        replace(g, labelled=replace(g.labelled, labels=Labels(frames=labels if n % 2 else labels[1:])))
        for n, g in enumerate(gold)
    ]
    logits = fit(rows, ("strike", frame)).logits([g.query for g in gold]).frames
    assert set(logits[:, 1]) == {expected}
    assert len(set(logits[:, 0])) > 1


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(Labels(), id="no labels"),
        pytest.param(Labels(frames=()), id="no frame anywhere"),
        pytest.param(Labels(frames=("strike", "budget")), id="all frames everywhere"),
        pytest.param(Labels(stance={"union": "favor"}), id="one stance"),
    ],
)
def test_nothing_to_tell_apart_is_refused(gold: list[Gold], labels: Labels) -> None:
    rows = [replace(g.labelled, labels=labels) for g in gold]
    queries = [Query(g.query.passage, tuple(labels.stance or ()), ()) for g in gold]
    with pytest.raises(InputError, match=r"^nothing to learn from: the passages fitted on have no frames, "):
        new().fit(queries, rows)


def test_texts_without_a_word_are_learned_from_by_their_vectors() -> None:
    texts = ["§ 1", "% 2", "§ 3", "% 4"]
    passages = [Passage(text, text, text, 0, len(text), ()) for text in texts]
    rows = [LabelledPassage(p, Labels(frames=("strike",) if "§" in p.text else ("budget",))) for p in passages]
    labeler = new().fit([Query(p, (), ()) for p in passages], rows)
    assert labeler.words_ is not None
    assert labeler.words_.vocabulary == ["w:"]
    assert labeler.logits([Query(passages[0], (), ())]).frames.shape == (1, 2)


def test_vectors_are_made_once(gold: list[Gold]) -> None:
    memory, queries = Memory(), [g.query for g in gold]
    labeler = new(memory=memory).fit(queries, [g.labelled for g in gold])
    first = labeler.logits(queries)
    made = labeler.sentences.made  # type: ignore[union-attr]
    assert sorted(made) == sorted({"Strike", "Budget", *(q.passage.text for q in queries)})
    again = labeler.with_config(labeler.config).fit(queries, [g.labelled for g in gold])
    assert_same(again.logits(queries), first)
    assert len(labeler.sentences.made) == len(made)  # type: ignore[union-attr]


def test_without_forgets_tasks_and_their_encoder(labeler: ProbeLabeler, queries: list[Query]) -> None:
    frames = labeler.without(frozenset((STANCE, DIRECTED)))
    assert frames.tasks == {FRAMES}
    assert frames.files() == ((b"graph", b"words"), ())
    assert frames.resolved_config()["encoders"] == {"frames": {"name": "sums", "max_tokens": 64, "pad": 0}}
    stance = labeler.without(frozenset((FRAMES, DIRECTED)))
    assert stance.files() == ((), (b"encoder", b"heads", b"words"))
    np.testing.assert_array_equal(frames.logits(queries).frames, labeler.logits(queries).frames)


def test_facing_other_frames_takes_their_columns(labeler: ProbeLabeler, queries: list[Query]) -> None:
    facing = labeler.facing(["budget"], {})
    np.testing.assert_array_equal(facing.logits(queries).frames, labeler.logits(queries).frames[:, 1:])
    np.testing.assert_array_equal(facing.logits(queries).stance, labeler.logits(queries).stance)
    assert labeler.facing([], {}).tasks == {STANCE, DIRECTED}


def test_settings_of_each_task_are_its_own() -> None:
    config = mixed({FRAMES: CLOSER, STANCE: ProbeConfig(), DIRECTED: CLOSER})
    assert config == ProbeConfig(words=1.0, C_directed=0.1)
    assert new().with_config(config).resolved_config() == {
        "C_frames": 5.0,
        "C_stance": 0.003,
        "C_directed": 0.1,
        "words": 1.0,
        "labels": 0.3,
        "encoders": {},
    }


def loaded(arrays: dict[str, np.ndarray], frames: Sequence[str] = ("strike", "budget")) -> ProbeLabeler:
    return new(frames).take_arrays(arrays)


def test_arrays_make_a_labeler_that_labels_exactly_alike(labeler: ProbeLabeler, queries: list[Query]) -> None:
    again = loaded(labeler.arrays())
    assert_same(again.logits(queries), labeler.logits(queries))
    assert again.tasks == frozenset(TASKS)
    for name, array in again.arrays().items():
        np.testing.assert_array_equal(array, labeler.arrays()[name], err_msg=name)


@pytest.mark.parametrize("name", ["frames.coefficients", "stance.intercepts", "words.idf"])
def test_arrays_with_one_missing_are_refused(labeler: ProbeLabeler, name: str) -> None:
    arrays = labeler.arrays()
    del arrays[name]
    with pytest.raises(InputError, match=rf"^the arrays of {name.partition('.')[0]} can't be read \('{name}'\)$"):
        loaded(arrays)


@pytest.mark.parametrize("name", ["frames.intercepts", "stance.coefficients", "words.coefficients"])
def test_arrays_that_do_not_fit_are_refused(labeler: ProbeLabeler, name: str) -> None:
    arrays = labeler.arrays()
    with pytest.raises(InputError, match=rf"^the arrays of {name.partition('.')[0]} do not fit together: "):
        loaded({**arrays, name: arrays[name][..., :-1]})
    with pytest.raises(InputError, match=rf"^the arrays of {name.partition('.')[0]} hold numbers that are not finite$"):
        loaded({**arrays, name: arrays[name] * np.nan})


def test_arrays_of_another_task_or_without_words_are_refused(labeler: ProbeLabeler) -> None:
    arrays = labeler.arrays()
    with pytest.raises(InputError, match=r"^arrays of a task 'mood', not one of frames, stance, directed$"):
        loaded({**arrays, "mood.coefficients": np.zeros((2, 2))})
    with pytest.raises(InputError, match=r"^the arrays of frames and words are not there together$"):
        loaded({name: array for name, array in arrays.items() if not name.startswith("words.")})


def test_vectors_of_another_size_are_refused(labeler: ProbeLabeler, queries: list[Query]) -> None:
    arrays = labeler.arrays()
    wider = {**arrays, "frames.coefficients": np.zeros((SIZE + 1, 2), dtype=np.float32)}
    with pytest.raises(InputError, match=f"^vectors of {SIZE} numbers, where {SIZE + 1} are read: "):
        loaded(wider).logits(queries)


def test_the_same_seed_gives_the_same_numbers(labeler: ProbeLabeler, gold: list[Gold]) -> None:
    again = fit(gold).arrays()
    for name, array in labeler.arrays().items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_actors_are_masked_in_words(gold: list[Gold]) -> None:
    assert "w:@actor" in document_of(gold[0].query).features
    names = {gold[0].query.passage.text[m.start : m.end].lower() for m in gold[0].query.passage.mentions or ()}
    assert not {f"w:{name}" for name in names} & set(document_of(gold[0].query).features)
    assert query_actors(gold[0].query)
