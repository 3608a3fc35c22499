"""The scikit-learn labeler: the same as its pipelines, blind to names, and content with partial labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import skops.io

from stance.labelers.features import Document, LinearConfig, View
from stance.labelers.linear import LinearLabeler
from stance.labelers.pipelines import load_pipelines
from stance.labelers.tasks import DIRECTED, FRAMES, STANCE, TASKS, Logits, Query, ask
from stance.learning.fitting import Fitted
from stance.records import STANCES, InputError, LabelledPassage, Labels, Mention, Passage
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

NOTHING = (
    "nothing to learn from: the passages fitted on have no frames, stances or directed stances of two kinds; "
    "label more articles"
)
_MARK = re.compile(r"\[(\w+):([^\]]+)\]")


def marked(text: str, identifier: str = "p") -> Passage:
    """A passage in which ``[actor:Name]`` is a mention of the actor."""
    plain, mentions, position = "", [], 0
    for match in _MARK.finditer(text):
        plain += text[position : match.start()]
        mentions.append(Mention(match[1], len(plain), len(plain) + len(match[2])))
        plain += match[2]
        position = match.end()
    plain += text[position:]
    return Passage(identifier, identifier, plain, 0, len(plain), tuple(mentions))


ODD = [
    ask(marked("Qwertz zuiop.", "nothing known")),
    ask(marked("§ – ! 7", "no words")),
    ask(marked("[union:Dock Union]", "an actor alone")),
    ask(marked("Anchor anchor ANCHOR anchor, [port:PA] anchor [port:PA] [union:Dockers] anchor. Anchor", "repeated")),
    ask(marked("The [union:Dock Union’s] crane’s “naïve” İSTANBUL straße — [port:PA]'s 日本語 ẞ.", "signs")),
    ask(marked("A walkout. [council:Council] blamed [port:PA]. Then [union:dockers] thanked [port:PA]?", "three")),
    Query(marked("A gale over the hull.", "by name alone"), ("union", "port"), (("union", "port"),)),
]


@pytest.fixture(scope="module")
def gold(labelled: list[LabelledPassage], codebook: Codebook) -> list[Gold]:
    return prepare(labelled, Matcher(codebook))


@pytest.fixture(scope="module")
def labeler(fitted: Fitted) -> LinearLabeler:
    """Fitted on the whole corpus."""
    assert isinstance(fitted.model.labeler, LinearLabeler)
    return fitted.model.labeler


@pytest.fixture(scope="module")
def queries(gold: list[Gold]) -> list[Query]:
    return [*ODD, *(g.query for g in gold)]


def documents(queries: Sequence[Query], task: str) -> list[Document]:
    """What the head of a task is given."""
    views = [(View(query.passage), query) for query in queries]
    if task == FRAMES:
        return [view.frame_features() for view, _ in views]
    if task == STANCE:
        return [view.stance_features(actor) for view, query in views for actor in query.actors]
    return [view.directed_features(pair) for view, query in views for pair in query.pairs]


def fit(gold: Sequence[Gold], frames: Sequence[str] = ("strike", "budget"), **settings: float) -> LinearLabeler:
    labeler = LinearLabeler(frames, LinearConfig(**settings), seed=1)  # type: ignore[arg-type]
    return labeler.fit([g.query for g in gold], [g.labelled for g in gold])


def relabel(gold: Sequence[Gold], *tasks: str) -> list[Gold]:
    """With the labels of these tasks alone."""
    result = []
    for g in gold:
        labels = Labels(**{task: getattr(g.labelled.labels, task) for task in tasks})
        query = Query(g.query.passage, tuple(labels.stance or ()), tuple(labels.directed or ()))
        result.append(replace(g, labelled=replace(g.labelled, labels=labels), query=query))
    return result


def with_stances(gold: Sequence[Gold], *stances: str) -> list[Gold]:
    """Stance labels alone, those of these kinds."""
    result = []
    for g in relabel(gold, STANCE):
        kept = {actor: s for actor, s in (g.labelled.labels.stance or {}).items() if s in stances}
        query = Query(g.query.passage, tuple(kept), ())
        result.append(replace(g, labelled=replace(g.labelled, labels=Labels(stance=kept)), query=query))
    return result


def assert_same(left: Logits, right: Logits) -> None:
    for task in TASKS:
        np.testing.assert_array_equal(getattr(left, task), getattr(right, task), err_msg=task)


@pytest.mark.parametrize("task", TASKS)
def test_logits_equal_the_decision_function_of_the_pipeline(
    labeler: LinearLabeler, queries: list[Query], task: str
) -> None:
    texts = [document.text() for document in documents(queries, task)]
    expected = labeler.pipelines_[task].decision_function(texts)
    np.testing.assert_allclose(getattr(labeler.logits(queries), task), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("task", TASKS)
def test_no_document_has_a_feature_that_the_pipeline_would_cut_in_two(queries: list[Query], task: str) -> None:
    for document in documents(queries, task):
        assert document.text().split()[: len(document.features)] == document.features


def test_a_passage_of_nothing_known_gets_the_intercepts(labeler: LinearLabeler) -> None:
    unknown = Query(marked("日本語 語日本"), (), ())
    intercepts = [e.intercept_[0] for e in labeler.pipelines_[FRAMES]["classifier"].estimators_]
    assert labeler.logits([unknown]).frames.tolist() == [intercepts]


def test_logits_of_two_stances_carry_the_pipelines_one_column(gold: list[Gold]) -> None:
    two = with_stances(gold, "against", "favor")
    labeler = fit(two)
    queries = [g.query for g in two]
    texts = [document.text() for document in documents(queries, STANCE)]
    logits = labeler.logits(queries).stance
    expected = labeler.pipelines_[STANCE].decision_function(texts)
    np.testing.assert_allclose(logits[:, 2] - logits[:, 0], expected, rtol=0, atol=2e-6)
    np.testing.assert_allclose(logits[:, 2] + logits[:, 0], np.zeros(72), rtol=0, atol=1e-12)
    assert logits[:, 1].tolist() == [-20.0] * 72


def test_a_frame_unseen_in_training_is_as_good_as_ruled_out(gold: list[Gold]) -> None:
    frames = relabel(gold, FRAMES)
    logits = fit(frames, ("strike", "never", "budget")).logits([g.query for g in frames]).frames
    assert logits[:, 1].tolist() == [-20.0] * 72
    np.testing.assert_array_equal(logits[:, [0, 2]], fit(frames).logits([g.query for g in frames]).frames)


@pytest.mark.filterwarnings("ignore:Label ")
def test_a_frame_of_every_passage_in_training_is_as_good_as_certain(gold: list[Gold]) -> None:
    frames = [
        replace(g, labelled=replace(g.labelled, labels=Labels(frames=(*(g.labelled.labels.frames or ()), "always"))))
        for g in relabel(gold, FRAMES)
    ]
    logits = fit(frames, ("always", "strike", "budget")).logits([frames[0].query]).frames
    assert logits[:, 0].tolist() == [20.0]


def test_a_frame_unseen_in_training_raises_no_warning(gold: list[Gold]) -> None:
    fit(relabel(gold, FRAMES), ("strike", "budget", "never"))


def test_a_codebook_of_one_frame_is_learned(gold: list[Gold]) -> None:
    frames = relabel(gold, FRAMES)
    queries = [g.query for g in frames]
    labeler = fit(frames, ("budget",))
    np.testing.assert_allclose(
        labeler.logits(queries).frames[:, 0], fit(frames).logits(queries).frames[:, 1], rtol=0, atol=1e-12
    )


def test_what_was_learned_is_what_the_labels_say(labeler: LinearLabeler, gold: list[Gold]) -> None:
    logits = labeler.logits([g.query for g in gold])
    stances = [s for g in gold for s in (g.labelled.labels.stance or {}).values()]
    directed = [s for g in gold for s in (g.labelled.labels.directed or {}).values()]
    frames = [g.labelled.labels.frames for g in gold]
    assert [STANCES[i] for i in logits.stance.argmax(axis=1)] == stances
    assert [STANCES[i] for i in logits.directed.argmax(axis=1)] == directed
    assert [(("strike", "budget")[i],) for i in logits.frames.argmax(axis=1)] == frames


def test_columns_follow_the_frames_given(labeler: LinearLabeler, gold: list[Gold]) -> None:
    swapped = fit(relabel(gold, FRAMES), ("budget", "strike"))
    queries = [g.query for g in gold]
    np.testing.assert_allclose(
        swapped.logits(queries).frames, labeler.logits(queries).frames[:, ::-1], rtol=0, atol=1e-12
    )


def test_rows_follow_the_actors_and_pairs_asked_for(labeler: LinearLabeler) -> None:
    passage = marked("The [union:Dock Union] accused the [port:Port Authority] as pickets closed the gates.")
    pairs = (("union", "port"), ("port", "union"))
    straight = labeler.logits([Query(passage, ("union", "port"), pairs)])
    turned = labeler.logits([Query(passage, ("port", "union"), pairs[::-1])])
    np.testing.assert_array_equal(turned.stance, straight.stance[::-1])
    np.testing.assert_array_equal(turned.directed, straight.directed[::-1])
    assert [STANCES[i] for i in straight.stance.argmax(axis=1)] == ["neutral", "against"]
    assert [STANCES[i] for i in straight.directed.argmax(axis=1)] == ["against", "neutral"]


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        pytest.param(("Port Authority", "Dock Union", "City Council"), ("port", "union", "council"), id="swapped"),
        pytest.param(("X", "The Lord Mayor. Accused!", "praised"), ("x", "y", "z"), id="other names"),
    ],
)
def test_swapping_actor_names_leaves_logits_unchanged(
    labeler: LinearLabeler, names: tuple[str, str, str], ids: tuple[str, str, str]
) -> None:
    text = "A gale. The [{}:{}] blamed the [{}:{}] over the stopped cranes. Later the [{}:{}] praised the [{}:{}]."
    usual = ("union", "Dock Union", "port", "Port Authority", "council", "City Council", "union", "dockers")
    other = (ids[0], names[0], ids[1], names[1], ids[2], names[2], ids[0], names[0] + " II")
    assert_same(
        labeler.logits([ask(marked(text.format(*other)))]),
        labeler.logits([ask(marked(text.format(*usual)))]),
    )


def test_the_name_of_an_actor_is_masked_only_where_it_is_mentioned(labeler: LinearLabeler) -> None:
    named, unnamed = marked("The [union:crane] fell."), marked("The crane fell.")
    logits = labeler.logits([Query(named, (), ()), Query(unnamed, (), ())]).frames
    assert logits[0].tolist() != logits[1].tolist()


def test_overlapping_mentions_of_two_actors_are_seen_from_both() -> None:
    passage = Passage(
        "p", "p", "Northport Dock Union spoke.", 0, 27, (Mention("port", 0, 20), Mention("union", 10, 20))
    )
    view = View(passage)
    assert view.tokens == ["@actor", "@actor", "spoke", "."]
    assert view.actors == {0: "port", 1: "union"}


def test_overlapping_mentions_of_one_actor_leave_no_piece_of_the_name(labeler: LinearLabeler) -> None:
    text = "The Dock Union of Northport blamed it."
    inner = Passage("p", "p", text, 0, len(text), (Mention("union", 4, 27), Mention("union", 9, 14)))
    other = replace(inner, text="The Clerk Guild of Eastharb blamed it.")
    assert len(other.text) == len(text)
    assert_same(labeler.logits([ask(inner)]), labeler.logits([ask(other)]))


@pytest.mark.parametrize("size", [1, 2, 7])
def test_batch_mates_never_change_a_logit(labeler: LinearLabeler, queries: list[Query], size: int) -> None:
    batches = [queries[start : start + size] for start in range(0, len(queries), size)]
    together = Logits.concatenate([labeler.logits(batch) for batch in batches], 2)
    assert_same(together, labeler.logits(queries))


def test_order_never_changes_a_logit(labeler: LinearLabeler, queries: list[Query]) -> None:
    backwards = labeler.logits(queries[::-1]).split(queries[::-1])
    assert_same(Logits.concatenate(backwards[::-1], 2), labeler.logits(queries))


def test_no_queries_have_no_logits(labeler: LinearLabeler) -> None:
    logits = labeler.logits([])
    assert [getattr(logits, task).shape for task in TASKS] == [(0, 2), (0, 3), (0, 3)]


@pytest.mark.parametrize("task", TASKS)
def test_labels_of_one_task_alone_teach_it_just_as_all_labels_do(
    labeler: LinearLabeler, gold: list[Gold], task: str
) -> None:
    queries = [g.query for g in gold]
    alone = fit(relabel(gold, task))
    assert alone.tasks == {task}
    expected = {t: np.zeros((0, 2 if t == FRAMES else 3)) for t in TASKS} | {
        task: getattr(labeler.logits(queries), task)
    }
    assert_same(alone.logits(queries), Logits(**expected))


def test_passages_without_labels_of_a_task_are_not_taken_for_its_negatives(gold: list[Gold]) -> None:
    half = [*relabel(gold[:36], FRAMES), *relabel(gold[36:], STANCE)]
    queries = [g.query for g in gold]
    logits = fit(half).logits(queries)
    np.testing.assert_array_equal(logits.frames, fit(relabel(gold[:36], FRAMES)).logits(queries).frames)
    np.testing.assert_array_equal(logits.stance, fit(relabel(gold[36:], STANCE)).logits(queries).stance)


def test_an_empty_frame_list_is_a_passage_without_frames(gold: list[Gold]) -> None:
    both = relabel(gold, FRAMES)
    strike_or_none = [
        replace(g, labelled=replace(g.labelled, labels=Labels(frames=tuple({"strike"}.intersection(frames)))))
        for g in both
        if (frames := g.labelled.labels.frames) is not None
    ]
    queries = [g.query for g in gold]
    assert len(strike_or_none) == 72
    expected = fit(both, ("strike",)).logits(queries).frames
    np.testing.assert_array_equal(fit(strike_or_none, ("strike",)).logits(queries).frames, expected)


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(Labels(), id="no labels"),
        pytest.param(Labels(frames=()), id="no frame anywhere"),
        pytest.param(Labels(frames=("strike", "budget")), id="all frames everywhere"),
        pytest.param(Labels(stance={"union": "favor"}), id="one stance"),
        pytest.param(Labels(stance={}), id="no stance"),
    ],
)
def test_nothing_to_tell_apart_is_refused(gold: list[Gold], labels: Labels) -> None:
    rows = [replace(g.labelled, labels=labels) for g in gold]
    queries = [Query(g.query.passage, tuple(labels.stance or ()), ()) for g in gold]
    with pytest.raises(InputError, match=f"^{re.escape(NOTHING)}$"):
        LinearLabeler(("strike", "budget")).fit(queries, rows)


def test_frames_of_the_data_are_not_learned_without_frames_in_the_codebook(gold: list[Gold]) -> None:
    labeler = fit(gold, ())
    assert labeler.tasks == {STANCE, DIRECTED}
    assert labeler.logits([gold[0].query]).frames.shape == (0, 0)


def test_fitting_again_forgets_what_was_learned_before(gold: list[Gold]) -> None:
    labeler = fit(relabel(gold, FRAMES))
    stance = relabel(gold, STANCE)
    labeler.fit([g.query for g in stance], [g.labelled for g in stance])
    assert labeler.tasks == {STANCE}


def test_fit_returns_the_labeler(gold: list[Gold]) -> None:
    labeler = LinearLabeler(("strike", "budget"))
    assert labeler.tasks == frozenset()
    assert labeler.fit([g.query for g in gold[:20]], [g.labelled for g in gold[:20]]) is labeler


def test_the_same_seed_gives_the_same_numbers(labeler: LinearLabeler, gold: list[Gold]) -> None:
    again = fit(gold).arrays()
    assert list(again) == list(labeler.arrays())
    for name, array in labeler.arrays().items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_settings_and_seed_reach_the_estimators(gold: list[Gold]) -> None:
    labeler = fit(gold[:20], C_frames=7.0, C_stance=8.0, C_directed=9.0)
    classifiers = {task: labeler.pipelines_[task]["classifier"] for task in TASKS}
    frames = classifiers[FRAMES].estimator
    assert [frames.C, classifiers[STANCE].C, classifiers[DIRECTED].C] == [7.0, 8.0, 9.0]
    assert [frames.random_state, classifiers[STANCE].random_state, classifiers[DIRECTED].random_state] == [1, 1, 1]
    assert labeler.resolved_config() == {"C_frames": 7.0, "C_stance": 8.0, "C_directed": 9.0, "min_passages": 2}


@pytest.mark.parametrize(
    ("n_passages", "kept"), [(39, True), (40, False)], ids=["kept among few passages", "left out among many"]
)
def test_a_feature_of_one_passage(gold: list[Gold], n_passages: int, kept: bool) -> None:
    rows = relabel(gold, FRAMES)[:n_passages]
    text = rows[0].query.passage.text + " Xylophone."
    passage = replace(rows[0].query.passage, text=text)
    rows[0] = replace(rows[0], query=Query(passage, (), ()))
    assert ("w:xylophone" in fit(rows).pipelines_[FRAMES]["tfidf"].vocabulary_) is kept


def test_arrays_make_a_labeler_that_labels_exactly_alike(labeler: LinearLabeler, queries: list[Query]) -> None:
    again = LinearLabeler.from_arrays(labeler.arrays(), labeler.frames, labeler.resolved_config(), labeler.seed)
    assert_same(again.logits(queries), labeler.logits(queries))
    assert (again.tasks, again.frames, again.seed, again.config) == (
        frozenset(TASKS),
        ("strike", "budget"),
        1,
        labeler.config,
    )
    assert again.pipelines_ == {}


def test_arrays_of_a_labeler_made_from_arrays_are_the_same(labeler: LinearLabeler) -> None:
    arrays = labeler.arrays()
    again = LinearLabeler.from_arrays(arrays, labeler.frames, {}, 1).arrays()
    assert list(again) == list(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array, err_msg=name)


def test_arrays_hold_only_the_tasks_that_were_learned(gold: list[Gold]) -> None:
    arrays = fit(relabel(gold, DIRECTED)).arrays()
    assert list(arrays) == [f"directed.{name}" for name in ("vocabulary", "idf", "coefficients", "intercepts")]
    assert LinearLabeler.from_arrays(arrays, ("strike",), {}, 0).tasks == {DIRECTED}


@pytest.mark.parametrize("name", ["vocabulary", "idf", "coefficients", "intercepts"])
def test_arrays_with_one_missing_are_refused(labeler: LinearLabeler, name: str) -> None:
    arrays = labeler.arrays()
    del arrays[f"stance.{name}"]
    with pytest.raises(InputError, match=rf"^the arrays of stance can't be read \('stance\.{name}'\)$"):
        LinearLabeler.from_arrays(arrays, labeler.frames, {}, 0)


@pytest.mark.parametrize("name", ["vocabulary", "idf", "coefficients", "intercepts"])
def test_arrays_with_one_cut_short_are_refused(labeler: LinearLabeler, name: str) -> None:
    arrays = labeler.arrays()
    whole = arrays[f"frames.{name}"]
    arrays[f"frames.{name}"] = whole[: bytes(whole).rindex(b"\n")] if name == "vocabulary" else whole[:-1]
    with pytest.raises(InputError, match=r"^the arrays of frames do not fit together: \d+ features, idf \(\d+,\), "):
        LinearLabeler.from_arrays(arrays, labeler.frames, {}, 0)


def test_arrays_of_other_frames_are_refused(labeler: LinearLabeler) -> None:
    with pytest.raises(InputError, match=r"^the arrays of frames do not fit together: .*, 3 outputs$"):
        LinearLabeler.from_arrays(labeler.arrays(), ("strike", "budget", "weather"), {}, 0)


def test_a_lone_surrogate_in_the_text_can_be_saved(gold: list[Gold]) -> None:
    rows = [
        replace(g, query=replace(g.query, passage=replace(g.query.passage, text=g.query.passage.text + " \ud83d")))
        for g in relabel(gold, FRAMES)
    ]
    labeler = fit(rows)
    again = LinearLabeler.from_arrays(labeler.arrays(), labeler.frames, {}, 1)
    assert_same(again.logits([rows[0].query]), labeler.logits([rows[0].query]))


def test_saved_pipelines_decide_alike(labeler: LinearLabeler, queries: list[Query]) -> None:
    pipelines = load_pipelines(labeler.skops_bytes())
    assert list(pipelines) == list(TASKS)
    for task, pipeline in pipelines.items():
        texts = [document.text() for document in documents(queries, task)]
        np.testing.assert_array_equal(
            pipeline.decision_function(texts), labeler.pipelines_[task].decision_function(texts), err_msg=task
        )


class Stranger:
    """A type that skops has no reason to trust."""


def test_pipelines_of_a_type_not_trusted_are_refused() -> None:
    with pytest.raises(InputError, match=r"^estimators of untrusted types: test_linear\.Stranger \(ObjectNode\); "):
        load_pipelines(skops.io.dumps({"frames": Stranger()}))
