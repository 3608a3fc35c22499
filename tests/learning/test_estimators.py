"""The scikit-learn classifiers: their forms of labels, what they refuse, and what scikit-learn asks of a classifier."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from conftest import corpus_rows
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted, validate_data

import stance
from stance import FrameClassifier, StanceClassifier
from stance.labelers.kinds import DEFAULT_KIND, LINEAR
from stance.labelers.linear import LinearLabeler
from stance.learning.fitting import fit_model
from stance.records import InputError, LabelledPassage, Labels, Passage
from stance.text.codebook import Codebook, Frame

ROWS = corpus_rows()[:36]
TEXTS = [str(row["text"]) for row in ROWS]
LISTS = [[*row["frames"], "port"] if n % 3 else [] for n, row in enumerate(ROWS)]  # type: ignore[misc]
LABELS = ["budget", "port", "strike"]
MATRIX = np.array([[label in own for label in LABELS] for own in LISTS]).astype(int)
SINGLE = [row["frames"][0] for row in ROWS]  # type: ignore[index]
NAMES = {"union": "Dock Union", "port": "Port Authority", "council": "City Council"}
TARGETS = [NAMES[row["directed"][0]["target"]] for row in ROWS]  # type: ignore[index]
STANCES = [row["directed"][0]["stance"] for row in ROWS]  # type: ignore[index]
PAIRS = list(zip(TEXTS, TARGETS, strict=True))


@pytest.fixture(scope="module")
def lists() -> FrameClassifier:
    return FrameClassifier(LINEAR).fit(TEXTS, LISTS)


@pytest.fixture(scope="module")
def single() -> FrameClassifier:
    return FrameClassifier(LINEAR).fit(TEXTS, SINGLE)


@pytest.fixture(scope="module")
def stances() -> StanceClassifier:
    return StanceClassifier(LINEAR).fit(PAIRS, STANCES)


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as error:
        call()
    return str(error.value)


def test_the_public_names_are_these_classes() -> None:
    assert {"FrameClassifier", "StanceClassifier", "train", "Scores", "TrainedModel"} <= set(stance.__all__)
    assert [getattr(stance, name).__name__ for name in stance.__all__] == stance.__all__


def test_the_probabilities_are_those_of_the_models_that_train_gives(lists: FrameClassifier) -> None:
    book = Codebook("labels", "any", tuple(Frame(name, name) for name in LABELS), ())
    rows = [
        LabelledPassage(Passage(str(n), str(n), text, 0, len(text), ()), Labels(frames=tuple(own)))
        for n, (text, own) in enumerate(zip(TEXTS, LISTS, strict=True))
    ]
    model = fit_model(rows, book, lambda: LinearLabeler(LABELS)).model
    expected = [[p.frames[label] for label in LABELS] for p in model.classify(TEXTS[:5], "passage")]
    assert lists.predict_proba(TEXTS[:5]).tolist() == expected
    assert lists.thresholds_.tolist() == [model.calibration.frames[label].threshold for label in LABELS]


def test_lists_of_labels_are_predicted_as_lists(lists: FrameClassifier) -> None:
    assert lists.classes_.tolist() == LABELS
    probs = lists.predict_proba(TEXTS)
    expected = [
        [label for label, given in zip(LABELS, row, strict=True) if given] for row in probs >= lists.thresholds_
    ]
    assert lists.predict(TEXTS) == expected
    right = sum(set(own) == set(gold) for own, gold in zip(expected, LISTS, strict=True))
    assert lists.score(TEXTS, LISTS) == right / len(TEXTS)
    assert lists.predict([]) == []


@pytest.mark.parametrize("form", ["array", "bool", "lists", "sparse", "frame"])
def test_an_indicator_matrix_is_predicted_as_one(form: str, lists: FrameClassifier) -> None:
    classes: list[Any] = [0, 1, 2]
    given: Any = MATRIX
    if form == "frame":
        given, classes = pytest.importorskip("pandas").DataFrame(MATRIX, columns=LABELS), LABELS
    elif form != "array":
        given = {"bool": MATRIX.astype(bool), "lists": MATRIX.tolist(), "sparse": csr_matrix(MATRIX)}[form]
    fitted = FrameClassifier(LINEAR).fit(TEXTS, given)
    assert fitted.classes_.tolist() == classes
    assert fitted.predict_proba(TEXTS[:9]).tolist() == lists.predict_proba(TEXTS[:9]).tolist()
    predicted = fitted.predict(TEXTS[:9])
    assert (predicted.shape, predicted.dtype.kind) == ((9, 3), "i")
    assert [[LABELS[i] for i in np.flatnonzero(row)] for row in predicted] == lists.predict(TEXTS[:9])
    assert fitted.predict([]).shape == (0, 3)


def test_one_label_a_text_is_the_most_probable_one(single: FrameClassifier) -> None:
    assert single.classes_.tolist() == ["budget", "strike"]
    probs = single.predict_proba(TEXTS)
    assert (probs.shape, np.abs(probs.sum(axis=1) - 1.0).max()) == ((36, 2), 0.0)
    assert single.predict(TEXTS).tolist() == single.classes_[probs.argmax(axis=1)].tolist() == SINGLE
    assert single.score(TEXTS, SINGLE) == 1.0
    assert single.model_.codebook.frame_ids == ("strike",)


def test_labels_may_be_numbers_of_any_count() -> None:
    numbers = np.array([10 * (n % 3) for n in range(36)])
    texts = [f"{text} {('gull', 'tern', 'skua')[n % 3]}" for n, text in enumerate(TEXTS)]
    fitted = FrameClassifier(LINEAR).fit(np.array(texts), numbers)
    probs = fitted.predict_proba(np.array(texts, dtype=object))
    assert (fitted.classes_.tolist(), fitted.classes_.dtype) == ([0, 10, 20], numbers.dtype)
    assert np.allclose(probs.sum(axis=1), 1.0)
    assert fitted.predict(texts).tolist() == numbers.tolist()


def test_texts_may_stand_in_a_frame(single: FrameClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    expected = single.predict(TEXTS[:3]).tolist()
    for frame in (
        pandas.DataFrame({"words": TEXTS[:3]}),
        pandas.DataFrame({"id": [1, 2, 3], "Body": TEXTS[:3]}),
        pandas.Series(TEXTS[:3]),
    ):
        assert single.predict(frame).tolist() == expected


def test_a_text_without_words_is_judged_too(single: FrameClassifier) -> None:
    assert single.predict_proba(["", "§ 7", TEXTS[0]]).shape == (3, 2)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ("a text", SINGLE, "X is a single str; give a list of texts"),
        ([*TEXTS[:35], None], SINGLE, 'text 35 should be a text; found: "None"'),
        ([*TEXTS[:35], 7], SINGLE, 'text 35 should be a text; found: "7"'),
        (np.ones((36, 2)), SINGLE, 'text 0 should be a text; found: "[1.0, 1.0]"'),
        (TEXTS, None, "fit requires y to be passed, but the target y is None; give the labels of the texts"),
        (TEXTS, ["strike"] * 36, 'y has 1 class, "strike"; give texts of two classes or more'),
        (TEXTS, MATRIX * 2, "Unknown label type: a matrix of labels should hold 0 and 1 alone"),
        (TEXTS[:4], SINGLE[:4], "4 articles, near-duplicates taken together, can't be parted into 5 folds; label"),
        (TEXTS, [[]] * 36, "nothing to learn from: the passages fitted on have no frames"),
    ],
    ids=str,
)
def test_what_can_not_be_learned_from_is_refused(X: Any, y: Any, message: str) -> None:
    assert refused(lambda: FrameClassifier(LINEAR).fit(X, y)).startswith(message)


def test_texts_and_labels_are_of_one_number() -> None:
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FrameClassifier(LINEAR).fit(TEXTS, SINGLE[:35])
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        FrameClassifier(LINEAR).fit(TEXTS, SINGLE, groups=[1])


def test_a_frame_of_several_columns_needs_one_for_the_texts(single: FrameClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": TEXTS[:2], "b": TEXTS[:2]})
    assert refused(lambda: single.predict(frame)) == 'X has no column "text"; found: a, b'


def test_an_unknown_labeler_is_refused() -> None:
    message = refused(lambda: FrameClassifier(labeler="transformer").fit(TEXTS, SINGLE))
    assert message.startswith("labeler 'transformer' can't be fitted here, only by stance train; use probe or linear")


@pytest.mark.parametrize("kind", [FrameClassifier, StanceClassifier])
def test_parameters_are_got_set_and_cloned(kind: Any) -> None:
    made = kind(random_state=3)
    assert made.get_params() == {"labeler": DEFAULT_KIND, "random_state": 3, "n_jobs": None}
    assert clone(made.set_params(random_state=4)).get_params() == made.get_params()
    assert repr(made) == f"{kind.__name__}(random_state=4)"
    with pytest.raises(NotFittedError):
        made.predict(PAIRS[:1] if kind is StanceClassifier else TEXTS[:1])


def test_tags_say_what_is_taken() -> None:
    tags = get_tags(FrameClassifier())
    assert (tags.estimator_type, tags.input_tags.string, tags.input_tags.two_d_array) == ("classifier", True, False)
    assert (tags.input_tags.one_d_array, tags.classifier_tags.multi_label, tags.target_tags.required) == (
        True,
        True,
        True,
    )
    assert get_tags(StanceClassifier()).classifier_tags.multi_label is False


@pytest.mark.parametrize("name", ["single", "lists", "stances"])
def test_a_fitted_one_can_be_pickled(name: str, request: pytest.FixtureRequest) -> None:
    fitted = request.getfixturevalue(name)
    given = PAIRS[:3] if name == "stances" else TEXTS[:3]
    assert pickle.loads(pickle.dumps(fitted)).predict_proba(given).tolist() == fitted.predict_proba(given).tolist()


def test_random_states_are_seeds() -> None:
    seeds = [FrameClassifier(random_state=state) for state in (7, np.int64(7), np.random.RandomState(7), None)]
    from stance.learning.estimators import _seed

    first, second, third, fourth = (_seed(made.random_state) for made in seeds)
    assert first == 7
    assert second == third
    assert 0 <= fourth < 2**32


def test_articles_are_kept_together_where_groups_say_so() -> None:
    groups = [f"a{n % 4}" for n in range(36)]
    assert refused(lambda: FrameClassifier(LINEAR).fit(TEXTS, SINGLE, groups=groups)).startswith(
        "4 articles, near-dupl"
    )


def lowered(texts: list[str]) -> list[str]:
    return [text.lower() for text in texts]


@pytest.fixture
def two_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two parts of the articles for five: faster, and few texts do."""
    monkeypatch.setattr("stance.learning.fitting.FOLDS", 2)


class OfNumbers(FrameClassifier):
    """Reads rows of numbers as words, for scikit-learn's checks give nothing but numbers."""

    def fit(self, X: Any, y: Any, groups: Any = None) -> FrameClassifier:
        X, y = validate_data(self, X, y, multi_output=True)
        return super().fit(_words(X), y, groups)

    def predict_proba(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return super().predict_proba(_words(validate_data(self, X, reset=False)))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.one_d_array, tags.input_tags.string = True, False, False
        return tags


def _words(X: np.ndarray) -> list[str]:
    """Rows as words: one for each number that rows have in common, and three of their own, lest they be duplicates."""
    return [
        " ".join(f"f{i}is{value:.0f} at{value:.9g} by{value:.9g} on{value:.9g}" for i, value in enumerate(row))
        for row in X.tolist()
    ]


@pytest.mark.usefixtures("two_parts")
def test_it_passes_the_checks_of_scikit_learn() -> None:
    """All of `check_estimator` but three.

    For texts alone, it would check next to nothing: so numbers are put in words (`OfNumbers`). Left out are one check
    that wants an environment of its own, one of a method that we have not, and one of ten rows, of which one half
    holds one class alone: there is nothing to learn by in it.
    """
    left_out = {
        "check_array_api_input": "skipped",
        "check_classifiers_multilabel_output_format_decision_function": "skipped",
        "check_fit2d_1feature": "xfail",
    }
    expected = {"check_fit2d_1feature": "one class in half of the rows"}
    told = check_estimator(OfNumbers(LINEAR), expected_failed_checks=expected, on_skip=None, on_fail=None)
    assert len(told) > 50
    others = {check["check_name"]: check["status"] for check in told if check["status"] != "passed"}
    assert others.items() <= left_out.items()


@pytest.mark.usefixtures("two_parts")
def test_it_works_in_pipelines_cross_validation_and_searches() -> None:
    pipeline = make_pipeline(FunctionTransformer(lowered), FrameClassifier(LINEAR))
    assert cross_val_score(pipeline, TEXTS, SINGLE, cv=2).tolist() == [1.0, 1.0]
    assert cross_val_score(FrameClassifier(LINEAR), TEXTS, MATRIX, cv=2, scoring="f1_micro").shape == (2,)
    grid = {"functiontransformer__func": [lowered, None], "frameclassifier__random_state": [0]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(TEXTS, SINGLE)
    assert (search.best_score_, search.predict(TEXTS[:2]).tolist()) == (1.0, SINGLE[:2])


@pytest.mark.usefixtures("two_parts")
def test_stances_are_cross_validated_too() -> None:
    assert cross_val_score(StanceClassifier(LINEAR), PAIRS, STANCES, cv=2).min() > 0.8


def test_stances_are_judged_toward_the_target(stances: StanceClassifier) -> None:
    assert stances.classes_.tolist() == ["against", "favor"]
    probs = stances.predict_proba(PAIRS)
    assert (probs.shape, np.allclose(probs.sum(axis=1), 1.0)) == ((36, 2), True)
    assert stances.predict(PAIRS).tolist() == STANCES
    assert stances.score(PAIRS, STANCES) == 1.0
    assert (stances.predict([]).shape, stances.predict_proba([]).shape) == ((0,), (0, 2))


def test_targets_are_names_or_spans_in_pairs_or_frames(stances: StanceClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    expected = stances.predict_proba(PAIRS[:4]).tolist()
    spans = [(text, (text.index(target), text.index(target) + len(target))) for text, target in PAIRS[:4]]
    frame = pandas.DataFrame({"target": TARGETS[:4], "Body": TEXTS[:4], "id": range(4)})
    array = np.array(PAIRS[:4], dtype=object)
    for given in (spans, frame, array, [list(pair) for pair in PAIRS[:4]], iter(PAIRS[:4])):
        assert stances.predict_proba(given).tolist() == expected


def test_names_are_whole_words_wherever_they_stand() -> None:
    from stance.learning.samples import mentions_of

    def spans(text: str, target: Any) -> list[tuple[int, int]]:
        return [(mention.start, mention.end) for mention in mentions_of(text, target, "text 0")]

    assert spans("Iran hit back; Iranians cheered Iran.", "Iran") == [(0, 4), (32, 36)]
    assert spans("The U.S. spoke.", "U.S.") == [(4, 8)]
    assert spans("“Crown’s” men", "Crown's") == [(1, 8)]
    assert spans("Both stood.", (0, np.int64(4))) == [(0, 4)]


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (("The dockers left.", "Port"), 'text 0 does not name "Port"; give the name as it stands there, or its span'),
        (("The dockers left.", ""), 'text 0 does not name ""; give the name'),
        (("The dockers left.", (4, 99)), "text 0: the span 4-99 is not in the text, of 17 characters"),
        (("The dockers left.", (4, 4)), "text 0: the span 4-4 is not in the text, of 17 characters"),
        (("The dockers left.", 4), 'text 0: a target is a name or (start, end); found: "4"'),
        (("The dockers left.", None), 'text 0: a target is a name or (start, end); found: "None"'),
        (("The dockers left.",), "text 0: give each text with its target, (text, target); found: "),
        ("ab", 'text 0: give each text with its target, (text, target); found: "ab"'),
        ((7, "Port"), 'text 0 should be a text; found: "7"'),
    ],
    ids=str,
)
def test_what_is_no_text_with_a_target_is_refused(pair: Any, message: str, stances: StanceClassifier) -> None:
    assert refused(lambda: stances.predict([pair])).startswith(message)


def test_a_frame_needs_a_column_of_targets(stances: StanceClassifier) -> None:
    pandas = pytest.importorskip("pandas")
    message = refused(lambda: stances.predict(pandas.DataFrame({"text": TEXTS[:1]})))
    assert message == 'X has no column "target"; found: text'


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["positive"] * 36, 'Unknown label type: "positive" is no stance; use against, neutral, favor'),
        ([1] * 36, 'Unknown label type: "1" is no stance; use against, neutral, favor'),
        (["favor"] * 36, 'y has 1 class, "favor"; give texts of two classes or more'),
        (["favor", "favour", "against"] * 12, "several labels mean favor: against, favor, favour; keep one spelling"),
        (None, "fit requires y to be passed, but the target y is None"),
    ],
    ids=str,
)
def test_labels_that_are_no_stances_are_refused(y: Any, message: str) -> None:
    assert refused(lambda: StanceClassifier(LINEAR).fit(PAIRS, y)).startswith(message)


@pytest.mark.usefixtures("two_parts")
def test_stances_keep_the_spelling_that_they_were_given() -> None:
    spelled = [{"favor": "in favour", "against": "Against"}[label] for label in STANCES]
    fitted = StanceClassifier(LINEAR).fit(PAIRS, spelled)
    assert fitted.classes_.tolist() == ["Against", "in favour"]
    assert fitted.predict(PAIRS).tolist() == spelled


def test_the_model_that_ships_judges_without_labels() -> None:
    ready = StanceClassifier.pretrained()
    pairs = [
        ("Lawmakers condemned the Harbour Board for its lies.", "Harbour Board"),
        ("Lawmakers condemned the Harbour Board for its lies.", "Lawmakers"),
        ("The mayor praised the Harbour Board for saving the ferry.", "Harbour Board"),
    ]
    assert ready.classes_.tolist() == ["against", "favor", "neutral"]
    assert ready.predict(pairs).tolist() == ["against", "neutral", "favor"]
    assert np.allclose(ready.predict_proba(pairs).sum(axis=1), 1.0)
    with pytest.raises(NotFittedError):
        clone(ready).predict(pairs)


def test_a_model_without_stances_is_not_for_stances(tmp_path: Any, codebook: Codebook) -> None:
    rows = [{key: row[key] for key in ("id", "text", "frames")} for row in ROWS]
    saved = stance.train(rows, codebook).save(tmp_path / "frames-only")
    message = refused(lambda: StanceClassifier.pretrained(tmp_path / "frames-only"))
    assert message == f"{saved.name} has not learned stances; name another model"
    assert re.fullmatch(r"frames-only-[0-9a-f]{12}", saved.name)
