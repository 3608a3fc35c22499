"""Model folders of people who mean harm: each refused in one line, nothing in them run, little memory taken."""

from __future__ import annotations

import gc
import io
import json
import os
import pickle
import re
import shutil
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from stance.commands.app import main
from stance.formats.archives import read_arrays
from stance.labelers.onnx.graphs import check_graph
from stance.labelers.pipelines import load_pipelines
from stance.labelers.recipe import TransformerConfig
from stance.labelers.transformer import TransformerLabeler
from stance.labelers.windows import check_tokenizer
from stance.models.folder import digest, load_training_digests
from stance.models.inspection import inspect_model, inspection_lines
from stance.models.model import Model
from stance.models.shipped import default_model
from stance.models.store import load_model, save_model
from stance.records import InputError
from stance.scoring.calibration import Calibration, FrameCalibration
from stance.scoring.leaks import TrainingDigests
from stance.text.codebook import Codebook

MEGABYTE = 1_000_000
MOST = 200 * MEGABYTE
TEXT = "The Dock Union blamed the Port Authority over the stopped cranes."
RECORD: dict[str, Any] = {"data": [], "dev_data": []}
LINUX = sys.platform == "linux"


FORBIDDEN = {
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen", "pickle.find_class",
    "socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request",
}  # fmt: skip
"""What the interpreter reports of whoever runs something, unpickles or goes to the network."""
_seen: list[str] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in FORBIDDEN:
        _seen.append(event)


sys.addaudithook(_note)


def watched(action: Callable[[], object]) -> list[str]:
    """What `action` does of the `FORBIDDEN`."""
    global _seen
    _seen = []
    try:
        action()
        return _seen
    finally:
        _seen = None


class Exploit:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., int], tuple[str]]:
        return os.system, (f"touch {self.path}",)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    """Where a payload would leave a file."""
    return tmp_path / "executed"


@pytest.fixture
def linear(model_dir: Path, tmp_path: Path) -> Path:
    """A folder of a linear model that a test may spoil."""
    return Path(shutil.copytree(model_dir, tmp_path / "harbour"))


def graph_of(
    nodes: Sequence[Any] = (),
    weights: Sequence[Any] = (),
    domains: Sequence[tuple[str, int]] = (("", 17),),
    outputs: Sequence[str] = ("frames", "stance", "directed"),
) -> Any:
    """Small heads with the inputs and outputs of ours: they count mentions."""
    integer, real = TensorProto.INT64, TensorProto.FLOAT
    value = helper.make_tensor_value_info
    inputs = [
        value("states", real, ["s", 1]),
        value("tokens", integer, [1, "n"]),
        value("text", real, [1, "n"]),
        value("places", integer, [1, "a", "n"]),
    ]
    constants = {
        "none": np.zeros((1, 1, 1)),
        "two": np.ones((1, 2)),
        "three": np.array([[[0.1, 0.2, 0.3]]]),
        "four": np.ones((1, 1, 1, 3)),
    }
    made = [numpy_helper.from_array(array.astype(np.float32), name) for name, array in constants.items()]
    made += [numpy_helper.from_array(np.array([axis]), f"axis{axis}") for axis in (1, 2)]
    own = [
        helper.make_node("Gather", ["states", "tokens"], ["read"]),
        helper.make_node("Mul", ["read", "none"], ["nothing"]),
        helper.make_node("ReduceSum", ["nothing", "axis2"], ["zeros"], keepdims=0),
        helper.make_node("Add", ["text", "zeros"], ["own"]),
        helper.make_node("ReduceSum", ["own", "axis1"], ["length"], keepdims=1),
        helper.make_node("Mul", ["length", "two"], ["frames"]),
        helper.make_node("Cast", ["places"], ["real"], to=real),
        helper.make_node("ReduceSum", ["real", "axis2"], ["counts"], keepdims=1),
        helper.make_node("Mul", ["counts", "three"], ["stance"]),
        helper.make_node("Unsqueeze", ["counts", "axis2"], ["rows"]),
        helper.make_node("Unsqueeze", ["counts", "axis1"], ["columns"]),
        helper.make_node("Add", ["rows", "columns"], ["pairs"]),
        helper.make_node("Mul", ["pairs", "four"], ["directed"]),
    ]
    results = [value(name, real, None) for name in outputs]
    graph = helper.make_graph([*nodes, *own], "g", inputs, results, [*made, *weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid(*domain) for domain in domains], ir_version=8)


def encoder_graph() -> Any:
    """A small encoder: the state of a token is its number."""
    integer, real = TensorProto.INT64, TensorProto.FLOAT
    value = helper.make_tensor_value_info
    inputs = [value(name, integer, ["w", "l"]) for name in ("input_ids", "attention_mask")]
    nodes = [
        helper.make_node("Mul", ["input_ids", "attention_mask"], ["ids"]),
        helper.make_node("Cast", ["ids"], ["numbers"], to=real),
        helper.make_node("Unsqueeze", ["numbers", "axis"], ["states"]),
    ]
    axis = numpy_helper.from_array(np.array([2]), "axis")
    graph = helper.make_graph(nodes, "g", inputs, [value("states", real, None)], [axis])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def small_tokenizer() -> Tokenizer:
    words = {word: i for i, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "The", "Dock", "Union", "a"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


@pytest.fixture(scope="session")
def transformer_dir(codebook: Codebook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved transformer with a graph of ours in place of a trained one."""
    graphs = {"encoder.onnx": encoder_graph().SerializeToString(), "heads.onnx": graph_of().SerializeToString()}
    files = {**graphs, "tokenizer.json": small_tokenizer().to_str().encode()}
    names = {actor.id: actor.label for actor in codebook.actors}
    config = {"max_tokens": 64, "inference": "fp32", "pad": 0}
    tasks = frozenset(("frames", "stance", "directed"))
    labeler = TransformerLabeler.from_files(files, codebook.frame_ids, names, config, 0, tasks)
    model = Model(codebook, labeler, Calibration(dict.fromkeys(codebook.frame_ids, FrameCalibration())))
    empty: dict[str, Any] = {"n": 0, "per_label": {}}
    directory = tmp_path_factory.mktemp("transformers") / "quay"
    save_model(model, directory, {"held_out": dict.fromkeys(tasks, empty), "dev": []}, RECORD)
    return directory


@pytest.fixture
def transformer(transformer_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(transformer_dir, tmp_path / "quay"))


def change_manifest(directory: Path, **changes: Any) -> None:
    path = directory / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def forge(directory: Path, file: str, data: bytes) -> None:
    """Put a file into a folder, and its digest into the manifest, as one who means harm would."""
    (directory / file).write_bytes(data)
    files = json.loads((directory / "manifest.json").read_text())["files"]
    change_manifest(directory, files={**files, file: digest(data)})


def peak(action: Callable[[], object]) -> int:
    """The most memory that `action` took in addition, in bytes."""
    gc.collect()
    if not LINUX:
        tracemalloc.start()
        action()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most
    before = memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    action()
    return memory("VmHWM") - before


def memory(key: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def refused(action: Callable[[], object]) -> str:
    """The one line that `action` is refused with, for little memory."""
    message, done = "", list[str]()

    def attempt() -> None:
        nonlocal message
        with pytest.raises(InputError) as error:
            action()
        message = str(error.value)

    assert peak(lambda: done.extend(watched(attempt))) < MOST
    assert done == []
    assert len(message) < 1000
    assert all(c.isprintable() for c in message)
    return message


def refusal(directory: Path) -> str:
    return refused(lambda: load_model(directory))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line as the installed script does, in this process."""
    monkeypatch.setenv("COLUMNS", "80")

    def run_main(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["stance", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return (int(stop.value.code or 0), *capfd.readouterr())

    return run_main


Run = Callable[..., tuple[int, str, str]]


def test_the_folders_that_are_spoiled_here_do_label(linear: Path, transformer: Path) -> None:
    for directory in (linear, transformer):
        [prediction] = load_model(directory).classify([{"text": TEXT}])
        assert list(prediction.stance) == ["union", "port"]


def test_models_are_loaded_and_label_without_the_network(
    linear: Path, transformer: Path, tmp_path: Path, run: Callable[..., tuple[int, str, str]]
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    for directory in (linear, transformer, default_model()):
        for command in (["inspect", directory], ["classify", tmp_path / "a.txt", "--model", directory, "--jobs", 1]):
            results: list[int] = []
            assert watched(lambda command=command, to=results: to.append(run(*command)[0])) == []  # type: ignore[misc]
            assert results == [0]


def test_what_is_forbidden_would_be_seen(trace: Path) -> None:
    assert set(watched(lambda: pickle.loads(pickle.dumps(Exploit(trace))))) == {"pickle.find_class", "os.system"}
    assert trace.exists()


# Pickle


@pytest.mark.parametrize("file", ["linear.npz", "calibration.json", "codebook.yaml", "manifest.json"])
def test_a_pickle_in_place_of_a_file_is_not_run(file: str, linear: Path, trace: Path) -> None:
    forge(linear, file, pickle.dumps(Exploit(trace))) if file != "manifest.json" else (linear / file).write_bytes(
        pickle.dumps(Exploit(trace))
    )
    assert f"{linear / file}" in refusal(linear)
    assert not trace.exists()


@pytest.mark.parametrize("file", ["encoder.onnx", "heads.onnx", "tokenizer.json"])
def test_a_pickle_in_place_of_a_transformers_file_is_not_run(file: str, transformer: Path, trace: Path) -> None:
    forge(transformer, file, pickle.dumps(Exploit(trace)))
    assert f"{transformer}: {file}" in refusal(transformer)
    assert not trace.exists()


def archive(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str) -> bytes:
    """The head of an array file with a description of our own."""
    padded = text.encode() + b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


def test_a_pickle_in_an_array_is_not_run(linear: Path, trace: Path) -> None:
    forge(linear, "linear.npz", archive(**{"frames.idf.npy": npy(np.array([Exploit(trace)], dtype=object))}))
    assert refusal(linear) == (
        f"{linear / 'linear.npz'}: can't be read (frames.idf.npy holds object, not numbers); train the model anew"
    )
    assert not trace.exists()


def test_a_pickle_in_the_training_digests_is_not_run(linear: Path, trace: Path) -> None:
    forge(linear, "training.npz", archive(**{"signatures.npy": npy(np.array([Exploit(trace)], dtype=object))}))
    message = refused(lambda: load_training_digests(linear))
    assert message.startswith(f"{linear / 'training.npz'}: can't be read (signatures.npy holds object, not numbers)")
    assert not trace.exists()


# skops


def node(loader: str, module: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"__class__": name, "__module__": module, "__loader__": loader, "__id__": 1, **fields}


def skops_file(content: dict[str, Any], **members: bytes) -> bytes:
    schema = {**content, "protocol": 2, "_skops_version": "0.16.0"}
    return archive(**{"schema.json": json.dumps(schema).encode()}, **members)


def arguments(trace: Path) -> dict[str, Any]:
    text = node("JsonNode", "builtins", "str", content=json.dumps(f"touch {trace}"), is_json=True)
    return node("TupleNode", "builtins", "tuple", content=[text])


@pytest.mark.parametrize(
    ("loader", "module", "name"),
    [
        ("FunctionNode", "os", "system"),
        ("TypeNode", "os", "system"),
        ("ObjectNode", "posix", "system"),
        ("ReduceNode", "os", "system"),
        ("MethodNode", "builtins", "dict"),
        ("OperatorFuncNode", "operator", "methodcaller"),
        ("PartialNode", "functools", "partial"),
        ("JsonNode", "os", "system"),
        ("ObjectNode", "sklearn.pipeline", "Pipeline.os"),
    ],
)
def test_a_payload_in_the_names_of_types_is_not_run(loader: str, module: str, name: str, trace: Path) -> None:
    payload = node(loader, module, name, content=arguments(trace), reduce=arguments(trace), args=arguments(trace))
    data = skops_file(node("DictNode", "builtins", "dict", content={"frames": payload}, key_types={}))
    message = refused(lambda: load_pipelines(data))
    assert message.startswith("estimators of untrusted types: ")
    assert f"{module}.{name}" in message
    assert not trace.exists()


def test_the_list_of_trusted_types_is_ours_not_that_of_skops() -> None:
    data = skops_file(node("ObjectNode", "sklearn.svm._classes", "SVC", content={}))
    assert refused(lambda: load_pipelines(data)) == (
        "estimators of untrusted types: sklearn.svm._classes.SVC (ObjectNode); do not use this model"
    )


@pytest.mark.parametrize("kind", ["pickle", "no-schema", "schema-garbage", "deep", "bomb", "slip", "empty"])
def test_estimators_that_are_no_skops_file_are_refused(kind: str, trace: Path) -> None:
    data = {
        "pickle": lambda: pickle.dumps(Exploit(trace)),
        "no-schema": lambda: archive(other=b"{}"),
        "schema-garbage": lambda: archive(**{"schema.json": b"\xff\xfe{"}),
        "deep": lambda: archive(**{"schema.json": b'{"a":' * 100_000}),
        "bomb": lambda: archive(**{"schema.json": b" " * (250 * MEGABYTE)}),
        "slip": lambda: archive(**{"schema.json": b"{}", "../../evil.npy": b"x"}),
        "empty": lambda: b"",
    }[kind]()
    message = refused(lambda: load_pipelines(data))
    assert message.startswith(("estimators can't be read (", "estimators of untrusted types: "))
    assert not trace.exists()


# Archives of arrays


@pytest.mark.parametrize(
    "name", ["../../evil.npy", "/etc/evil.npy", "a/b.npy", "..\\evil.npy", "evil\x1b[2J.npy", ".npy"]
)
def test_names_in_an_archive_that_are_paths_are_refused(name: str, linear: Path) -> None:
    forge(linear, "linear.npz", archive(**{name: npy(np.zeros(3))}))
    assert refusal(linear).startswith(f"{linear / 'linear.npz'}: can't be read (a member is named ")
    assert not list(linear.parent.rglob("evil*"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000,), }", "declares 40,000,000,000 bytes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000), }", "declares 40,000,000,000 bytes"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "is of shape (-1,)"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 1, 1, 1, 1), }", "is of shape (0, 1, 1, 1, 1)"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "holds object, not numbers"),
        ("{'descr': '<U100000', 'fortran_order': False, 'shape': (1,), }", "holds <U100000, not numbers"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "not numbers"),
        ("__import__('os').system('touch executed')", ""),
        ("(" * 5000, ""),
        ("", ""),
    ],
    ids=["long", "wide", "negative", "deep", "objects", "text", "record", "code", "brackets", "empty"],
)
def test_an_array_that_is_not_what_it_declares_is_refused(
    text: str, reason: str, linear: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    forge(linear, "linear.npz", archive(**{"frames.idf.npy": header(text) + b"\0" * 64}))
    message = refusal(linear)
    assert message.startswith(f"{linear / 'linear.npz'}: can't be read (")
    assert reason in message
    assert not (tmp_path / "executed").exists()


def test_a_zip_bomb_is_refused_before_it_is_unpacked(linear: Path) -> None:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file,
        file.open("frames.idf.npy", "w", force_zip64=True) as member,
    ):
        size = 512 * MEGABYTE
        member.write(header(f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({size // 4},), }}"))
        for _ in range(32):
            member.write(bytes(16 * MEGABYTE))
    forge(linear, "linear.npz", stream.getvalue())
    message = refusal(linear)
    assert message.startswith(f"{linear / 'linear.npz'}: can't be read (unpacked it would take 512,000,")


def test_a_bomb_that_lies_about_its_size_is_cut_short(linear: Path) -> None:
    array = npy(np.zeros(100 * MEGABYTE, dtype=np.uint8))
    data = bytearray(archive(**{"frames.idf.npy": array}))
    declared = struct.pack("<L", len(array))
    small = npy(np.zeros(1000, dtype=np.uint8))
    data = bytearray(bytes(data).replace(declared, struct.pack("<L", len(small))))
    forge(linear, "linear.npz", bytes(data))
    assert refusal(linear).startswith(f"{linear / 'linear.npz'}: can't be read (")


@pytest.mark.parametrize("kind", ["twice", "many", "encrypted", "method", "truncated", "trailing"])
def test_odd_archives_are_refused(kind: str, linear: Path) -> None:
    good = (linear / "linear.npz").read_bytes()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_LZMA if kind == "method" else zipfile.ZIP_STORED) as file:
        for number in range(1_000 if kind == "many" else 2 if kind == "twice" else 1):
            if kind == "twice" and number:
                with pytest.warns(UserWarning, match="Duplicate name"):
                    file.writestr("a.npy", npy(np.ones(1)))
            else:
                file.writestr(f"a{number or ''}.npy", b"" if kind == "many" else npy(np.ones(1)))
    data = stream.getvalue()
    if kind == "encrypted":
        place = data.index(b"PK\x01\x02") + 8
        data = data[:place] + b"\x01" + data[place + 1 :]
    if kind == "truncated":
        data = good[: len(good) // 2]
    if kind == "trailing":
        data = npy(np.ones(1))
        data = archive(**{"a.npy": data + b"more"})
    forge(linear, "linear.npz", data)
    assert refusal(linear).startswith(f"{linear / 'linear.npz'}: can't be read (")


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("frames.intercepts", np.array([np.nan, 0.0])),
        ("stance.intercepts", np.array([np.inf, 0.0, 0.0])),
        ("evil.idf", np.zeros(1)),
        ("frames.vocabulary", np.full(60 * MEGABYTE, ord("\n"), dtype=np.uint8)),
    ],
    ids=["nan", "infinite", "no-task", "vocabulary"],
)
def test_arrays_that_no_training_gives_are_refused(name: str, array: np.ndarray, linear: Path) -> None:
    with np.load(linear / "linear.npz") as file:
        arrays = {**file, name: array}
    forge(linear, "linear.npz", archive(**{f"{key}.npy": npy(value) for key, value in arrays.items()}))
    assert refusal(linear).startswith(f"{linear}")


def test_arrays_are_read_as_numpy_reads_them() -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b": np.asfortranarray(np.arange(6).reshape(2, 3)), "c": np.float32(3)}
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    read = read_arrays(stream.getvalue(), "a.npz")
    assert {name: array.tolist() for name, array in read.items()} == {n: a.tolist() for n, a in arrays.items()}


@pytest.mark.parametrize("part", ["files", "rows"])
def test_training_digests_that_point_nowhere_are_refused(part: str, linear: Path) -> None:
    arrays = {"signatures": np.zeros((2, 128), np.uint8), "files": np.zeros(2, int), "rows": np.ones(2, int)}
    arrays[part] = np.array([0, 10**12]) if part == "files" else np.zeros((2, 2))
    forge(linear, "training.npz", archive(**{f"{key}.npy": npy(value) for key, value in arrays.items()}))
    assert str(linear) in refused(lambda: load_training_digests(linear))


# ONNX


def outside(location: str, **keys: str) -> Any:
    """A weight whose numbers lie in another file."""
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": "0", "length": "16", **keys}.items():
        entry = weight.external_data.add()
        entry.key, entry.value = key, value
    return weight


@pytest.mark.parametrize("location", ["/etc/passwd", "../secret", "secret", "weights.bin", ""])
@pytest.mark.parametrize("where", ["initializer", "constant", "sparse", "subgraph"])
def test_weights_in_another_file_are_refused(
    location: str, where: str, transformer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (transformer, transformer.parent):
        (folder / "secret").write_bytes(bytes(16))
    monkeypatch.chdir(transformer)
    weight = outside(location)
    inner = helper.make_graph([], "inner", [], [], [weight])
    model = {
        "initializer": lambda: graph_of(weights=[weight]),
        "constant": lambda: graph_of([helper.make_node("Constant", [], ["w"], value=weight)]),
        "sparse": lambda: graph_of(
            [helper.make_node("Constant", [], ["w"], sparse_value=helper.make_sparse_tensor(weight, weight, [4]))]
        ),
        "subgraph": lambda: graph_of([helper.make_node("If", ["w"], ["z"], then_branch=inner, else_branch=inner)]),
    }[where]()
    forge(transformer, "heads.onnx", model.SerializeToString())
    assert refusal(transformer) == (
        f"{transformer}: heads.onnx is refused (the weights w lie in another file); train the model anew"
    )


def test_external_data_under_another_location_number_is_refused() -> None:
    weight = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], raw_data=bytes(4))
    data = graph_of(weights=[weight]).SerializeToString()
    marked = weight.SerializeToString() + b"\x70\x81\x80\x80\x80\x10"  # field 14 as 2**32 + 1, an int32 of 1
    plain = weight.SerializeToString()
    message = onnx.ModelProto.FromString(data)
    assert plain in data
    del message.graph.initializer[-1]
    rest = message.graph.SerializeToString() + b"\x2a" + bytes([len(marked)]) + marked
    forged = onnx.ModelProto(ir_version=8).SerializeToString() + b"\x3a" + varint(len(rest)) + rest
    assert "another file" in refused(lambda: check_graph(forged))


def varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number % 128 + 128)
        number //= 128
    return bytes([*parts, number])


@pytest.mark.parametrize("domain", ["evil.corp", "com.microsoft", "ai.onnx.contrib", "evil\x1b[2J"])
def test_operators_of_another_domain_are_refused(domain: str, transformer: Path) -> None:
    nodes = [helper.make_node("PyOp", ["text"], ["z"], domain=domain)]
    forge(transformer, "heads.onnx", graph_of(nodes, domains=(("", 17), (domain, 1))).SerializeToString())
    message = refusal(transformer)
    assert message.startswith(f"{transformer}: heads.onnx is refused (an operator of the domain ")
    assert ascii(domain)[1:-1] in message


def test_functions_and_trainings_in_a_graph_are_refused(transformer: Path) -> None:
    model = graph_of()
    body = [helper.make_node("Identity", ["x"], ["y"])]
    model.functions.append(helper.make_function("f", "f", ["x"], ["y"], body, [helper.make_opsetid("", 17)]))
    forge(transformer, "heads.onnx", model.SerializeToString())
    assert "heads.onnx is refused (functions of its own)" in refusal(transformer)
    model = graph_of()
    model.training_info.add()
    forge(transformer, "heads.onnx", model.SerializeToString())
    assert "heads.onnx is refused (a training of its own)" in refusal(transformer)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"\x80" * 100_000,
        b"\x0a" + b"\xff" * 9 + b"\x01",
        b"\x12\x06\x01\x00ORTM" + bytes(100),
        b"\x0b" * 1000,
        b"\xba\x80\x80\x80\x10\x00",
        np.random.default_rng(0).bytes(100_000),
        b"\x08\x08" * 1_200_000,
    ],
    ids=["empty", "nonsense", "varint", "length", "ort-format", "groups", "aliased-tag", "noise", "endless"],
)
def test_a_graph_that_is_garbage_is_refused(data: bytes, transformer: Path) -> None:
    forge(transformer, "heads.onnx", data)
    assert refusal(transformer).startswith(f"{transformer}: heads.onnx is refused (")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_graph_that_is_cut_off_is_refused(share: float, transformer: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = (transformer / "heads.onnx").read_bytes()
    forge(transformer, "heads.onnx", data[: int(len(data) * share)])
    assert refusal(transformer).startswith(f"{transformer}: heads.onnx ")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", [b"states", b"places", b"stance"])
def test_a_name_in_a_graph_that_is_no_text_is_refused(
    name: bytes, transformer: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = (transformer / "heads.onnx").read_bytes()
    forge(transformer, "heads.onnx", data.replace(name, name[:-1] + b"\xff"))
    assert refusal(transformer).startswith(f"{transformer}: heads.onnx ")
    assert capfd.readouterr() == ("", "")


def shaped(*dims: int, data: bytes = bytes(16)) -> Any:
    return TensorProto(name="big", data_type=TensorProto.FLOAT, dims=dims, raw_data=data)


_LIMITED = tuple(map(int, onnxruntime.__version__.split(".")[:2])) >= (1, 32)
"""Whether the runtime is one that is known to know our limit on what is computed while a graph is loaded."""


@pytest.mark.parametrize(
    "kind",
    [
        *("declared", "declared-small", "outputs", "inputs"),
        *(pytest.param(k, marks=pytest.mark.skipif(not _LIMITED, reason="old")) for k in ("filled", "doubled")),
    ],
)
def test_a_graph_that_would_take_much_memory_to_load_is_refused_or_takes_little(kind: str, transformer: Path) -> None:
    length = numpy_helper.from_array(np.array([100 * MEGABYTE]), "n")
    doubled = [helper.make_node("Concat", [f"w{i}"] * 2, [f"w{i + 1}"], axis=0) for i in range(24)]
    use = [helper.make_node("ReduceSum", ["big"], ["sum"], keepdims=0)]
    model = {
        "declared": lambda: graph_of(use, [shaped(10**10)], outputs=OWN),
        "declared-small": lambda: graph_of(use, [shaped(10**8)], outputs=OWN),
        "filled": lambda: graph_of([helper.make_node("ConstantOfShape", ["n"], ["big"]), *use], [length], outputs=OWN),
        "doubled": lambda: graph_of(
            [*doubled, helper.make_node("Identity", ["w24"], ["big"]), *use],
            [numpy_helper.from_array(np.ones(100, np.float32), "w0")],
            outputs=OWN,
        ),
        "outputs": lambda: graph_of(outputs=("frames", "stance")),
        "inputs": lambda: onnx.helper.make_model(helper.make_graph([], "g", [], [])),
    }[kind]()
    forge(transformer, "heads.onnx", model.SerializeToString())
    assert refusal(transformer).startswith(f"{transformer}: heads.onnx ")


OWN = ("frames", "stance", "directed", "sum")


@pytest.mark.parametrize("kind", ["shape", "nan", "failing"])
def test_a_graph_that_does_not_answer_what_is_asked_is_one_line(kind: str, transformer: Path) -> None:
    nodes = {
        "shape": [helper.make_node("Concat", ["stance1", "stance1"], ["stance"], axis=2)],
        "nan": [helper.make_node("Sqrt", ["stance1"], ["stance"])],
        "failing": [helper.make_node("Reshape", ["stance1", "wrong"], ["stance"])],
    }[kind]
    model = graph_of(weights=[numpy_helper.from_array(np.array([7, 7]), "wrong")])
    for own in model.graph.node:
        if own.output[0] == "stance":
            own.output[0] = "stance1"
    if kind == "nan":
        three = next(part for part in model.graph.initializer if part.name == "three")
        three.CopyFrom(numpy_helper.from_array(np.full((1, 1, 3), -1, np.float32), "three"))
    model.graph.node.extend(nodes)
    forge(transformer, "heads.onnx", model.SerializeToString())
    change_name(transformer)
    loaded = load_model(transformer)
    message = refused(lambda: loaded.classify([{"text": TEXT}]))
    assert message.startswith("heads.onnx ")


def change_name(directory: Path) -> None:
    """Give the model the name that its files make."""
    manifest = json.loads((directory / "manifest.json").read_text())
    own = ("linear.npz",) if manifest["labeler"] == "linear" else ("encoder.onnx", "heads.onnx", "tokenizer.json")
    data = b"".join((directory / file).read_bytes() for file in ("codebook.yaml", "calibration.json", *own))
    change_manifest(directory, name=f"{directory.name}-{digest(data)[:12]}")


def test_our_own_graphs_pass() -> None:
    check_graph(graph_of().SerializeToString())
    for file in ("encoder.onnx", "heads.onnx"):
        check_graph((default_model() / file).read_bytes())


# The tokenizer


def tokenizer_with(**parts: Any) -> bytes:
    return json.dumps({**json.loads(small_tokenizer().to_str()), **parts}).encode()


REPLACE = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
BETWEEN = {"type": "Replace", "pattern": {"Regex": ""}, "content": "a"}
BYTES = [{"type": "Replace", "pattern": {"String": "a"}, "content": "\u00e9"}, *[{"type": "ByteLevel"}] * 40]
TWICE = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}] * 2,
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
    "special_tokens": {},
}
LONG = {
    **TWICE,
    "single": [{"SpecialToken": {"id": "X", "type_id": 0}}, TWICE["single"][0]],  # type: ignore[index]
    "special_tokens": {"X": {"id": "X", "ids": [1] * 500, "tokens": ["x"] * 500}},
}


@pytest.mark.parametrize(
    "data",
    [
        b"garbage",
        b"",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{}",
        tokenizer_with(model={"type": "Unigram", "unk_id": None, "vocab": [["b", -1.0]]}),
        tokenizer_with(normalizer={"type": "Sequence", "normalizers": [REPLACE] * 40}),
        tokenizer_with(normalizer={"type": "Sequence", "normalizers": [BETWEEN] * 40}),
        tokenizer_with(normalizer={"type": "Sequence", "normalizers": BYTES}),
        tokenizer_with(post_processor={"type": "Sequence", "processors": [TWICE] * 40}),
        tokenizer_with(post_processor=LONG),
        tokenizer_with(normalizer={"type": "Replace", "pattern": {"Regex": "("}, "content": ""}),
        tokenizer_with(normalizer={"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
        tokenizer_with(normalizer=[1, {"type": []}]),
    ],
    ids=[
        "garbage", "nothing", "list", "deep", "deep-object", "empty", "no-unknown", "growing", "between", "bytes",
        "repeating",
        "long-start", "pattern", "panic", "kinds",
    ],
)  # fmt: skip
def test_a_tokenizer_that_is_garbage_or_a_bomb_is_refused(data: bytes, transformer: Path) -> None:
    forge(transformer, "tokenizer.json", data)
    assert refusal(transformer).startswith(f"{transformer}: tokenizer.json can't be read (")


def test_tokenizers_pad_and_cut_nothing(transformer: Path) -> None:
    padding = {
        "strategy": {"Fixed": 10**12}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
        "pad_type_id": 0, "pad_token": "[PAD]",
    }  # fmt: skip
    forge(transformer, "tokenizer.json", tokenizer_with(padding=padding))
    change_name(transformer)
    assert peak(lambda: load_model(transformer)) < MOST


def test_a_tokenizer_that_fails_on_a_text_is_one_line(transformer: Path) -> None:
    model = {"type": "WordLevel", "unk_token": "[GONE]", "vocab": {"a": 0, "[CLS]": 2, "[SEP]": 3}}
    forge(transformer, "tokenizer.json", tokenizer_with(model=model))
    change_name(transformer)
    loaded = load_model(transformer)
    message = refused(lambda: loaded.classify([{"text": TEXT}]))
    assert message.startswith("the tokenizer of the model can't be used (")


def test_the_steps_of_known_tokenizers_pass() -> None:
    steps = [
        {"type": "Replace", "pattern": {"String": "``"}, "content": '"'},
        {"type": "Replace", "pattern": {"String": "''"}, "content": '"'},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        {"type": "Prepend", "prepend": "\u2581"},
        {"type": "NFKC"},
        {"type": "Lowercase"},
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    check_tokenizer(
        tokenizer_with(
            normalizer={"type": "Sequence", "normalizers": steps}, pre_tokenizer=byte_level, decoder=byte_level
        )
    )


def test_our_own_tokenizer_passes() -> None:
    check_tokenizer((default_model() / "tokenizer.json").read_bytes())


# An encoder to train from


@pytest.mark.parametrize("kind", ["code", "code-of-a-new-kind", "pickle"])
@pytest.mark.filterwarnings("ignore")
def test_an_encoder_runs_no_code_of_its_own_and_no_pickle(kind: str, tmp_path: Path, trace: Path) -> None:
    folder = tmp_path / "encoder"
    folder.mkdir()
    config: dict[str, Any] = {"model_type": "bert", "hidden_size": 8, "num_attention_heads": 1, "vocab_size": 8}
    if kind != "pickle":
        auto = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model", "AutoTokenizer": ["evil.T", "evil.T"]}
        config["auto_map"] = auto
        config["model_type"] = "evil" if kind == "code-of-a-new-kind" else "bert"
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text(f"open({str(trace)!r}, 'w')\n")
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Exploit(trace)))
    (folder / "tokenizer.json").write_text(small_tokenizer().to_str())
    labeler = TransformerLabeler(["strike"], {}, TransformerConfig(str(folder)))
    with pytest.raises(InputError, match=r"can't be loaded \("):
        labeler._new_network()
    assert not trace.exists()


# YAML


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch {trace}']",
        "name: !!python/object/apply:os.system ['touch {trace}']\nframes: [{{id: strike}}, {{id: budget}}]",
        "name: !!python/name:os.system harbour\nframes: [{{id: strike}}, {{id: budget}}]",
        "name: !evil harbour\nframes: [{{id: strike}}, {{id: budget}}]",
    ],
    ids=["document", "apply", "name", "own"],
)
def test_a_yaml_tag_that_makes_objects_is_refused(text: str, linear: Path, trace: Path) -> None:
    forge(linear, "codebook.yaml", text.format(trace=trace).encode())
    message = refusal(linear)
    assert message.startswith(f"{linear / 'codebook.yaml'}:1: the tag ")
    assert message.endswith("; a codebook holds texts, lists and mappings alone")
    assert not trace.exists()


def laughs(lines: int, width: int) -> str:
    text = "actors:\n- &a {id: a, aliases: [" + ", ".join(f"n{i}" for i in range(width)) + "]}\n"
    return text + "- *a\n" * lines


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (laughs(20_000, 20_000), "lists and mappings by alias"),
        ("frames: &f [*f]", "lists and mappings by alias"),
        ("ignored: [" + "a," * 1_000_000 + "]", "more than 250,000 entries"),
        ("frames: " + "[" * 100_000, "nested too deeply"),
    ],
    ids=["laughs", "circle", "many", "deep"],
)
def test_a_codebook_that_is_a_bomb_is_refused(text: str, reason: str, linear: Path) -> None:
    forge(linear, "codebook.yaml", text.encode())
    message = refusal(linear)
    assert message.startswith(f"{linear / 'codebook.yaml'}:")
    assert reason in message


# The manifest, and JSON


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "..", ".", "", "a/b", "a\\b", "C:evil", "a\0b", "evil\x1b[2J", "\ud800", "a" * 300],
)
def test_a_file_named_by_a_path_is_refused(name: str, linear: Path) -> None:
    (linear.parent / "secret").write_text("x")
    files = json.loads((linear / "manifest.json").read_text())["files"]
    change_manifest(linear, files={**files, name: digest(b"x")})
    assert refusal(linear).startswith(f"{linear / 'manifest.json'}: the list of files is wrong at ")


@pytest.mark.parametrize("file", ["linear.npz", "codebook.yaml", "calibration.json", "manifest.json", "README.md"])
@pytest.mark.parametrize("target", ["outside", "/dev/zero", "itself"])
def test_a_link_out_of_the_folder_is_refused(file: str, target: str, linear: Path) -> None:
    path = linear / file
    aim = {"outside": linear.parent / f"real-{file}", "itself": path}.get(target, Path(target))
    if target == "outside":
        shutil.move(path, aim)
    else:
        path.unlink()
    path.symlink_to(aim)
    message = refusal(linear)
    assert message == f"{path}: a link, which is not followed; put the file itself there"


@pytest.mark.parametrize("file", ["linear.npz", "manifest.json"])
def test_a_pipe_is_not_waited_for(file: str, linear: Path) -> None:
    (linear / file).unlink()
    os.mkfifo(linear / file)
    assert str(linear) in refusal(linear)


def test_a_folder_that_is_a_link_is_followed(linear: Path) -> None:
    link = linear.parent / "latest"
    link.symlink_to(linear)
    assert load_model(link).name == load_model(linear).name


@pytest.mark.parametrize(
    ("file", "size"),
    [
        ("manifest.json", 5 * 10**9),
        ("calibration.json", 5 * 10**9),
        ("codebook.yaml", 5 * 10**9),
        ("linear.npz", 5 * 10**9),
    ],
)
def test_a_file_that_is_too_long_is_not_read(file: str, size: int, linear: Path) -> None:
    os.truncate(linear / file, size)
    assert refusal(linear).startswith(f"{linear / file}: can't be read (5,000,000,000 bytes long, at most ")


@pytest.mark.parametrize("file", ["encoder.onnx", "heads.onnx", "tokenizer.json"])
def test_a_transformers_file_that_is_too_long_is_not_read(file: str, transformer: Path) -> None:
    os.truncate(transformer / file, 5 * 10**9)
    assert refusal(transformer).startswith(f"{transformer / file}: can't be read (5,000,000,000 bytes long, at most ")


@pytest.mark.parametrize("file", ["manifest.json", "calibration.json"])
@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format": 1, "a": ' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"format": NaN}',
        b'{"format": 1, "seed": Infinity}',
        b'{"format": 1, "seed": 1e999}',
        b'{"format": 1, "seed": ' + b"9" * 100_000 + b"}",
        b'{"format": 1, "a": [' + b"{}," * 1_900_000 + b"{}]}",
        b"\xff\xfe\x00",
    ],
    ids=["deep", "deep-object", "rather-deep", "nan", "infinity", "too-large", "long-number", "wide", "bytes"],
)
def test_json_that_is_a_bomb_or_no_json_is_refused(file: str, data: bytes, linear: Path) -> None:
    if file == "manifest.json":
        (linear / file).write_bytes(data)
    else:
        forge(linear, file, data)
    assert refusal(linear).startswith(f"{linear / file}: can't be read (")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", 3), ("name", ""), ("name", "evil\x1b[2J"), ("name", "a" * 1000), ("seed", True), ("seed", 1.5),
        ("seed", -1), ("tasks", [1]), ("tasks", ["evil"]), ("tasks", [["frames"]]), ("files", []), ("config", []),
        ("data", 3), ("data", [3]), ("data", [{"file": 3}]), ("dev_data", [{"file": "x", "sha256": []}]),
        ("labeler", []), ("labeler", None), ("labeler", "x\x1b[2J"), ("format", True), ("format", 1.0),
        ("format", {"a": "\x1b"}), ("config", {"C_frames": "x"}), ("config", {"C_frames": True}),
        ("config", {"evil\x1b[2J": 1}), ("config", {"min_passages": [1]}), ("versions", [1]),
        ("doubts", "x"), ("doubts", [3]), ("doubts", ["x\x1b[2J"]), ("doubts", ["x" * 1001]), ("doubts", {"a": "b"}),
    ],
)  # fmt: skip
def test_a_manifest_of_wrong_kinds_is_refused(key: str, value: Any, linear: Path) -> None:
    change_manifest(linear, **{key: value})
    assert refusal(linear).startswith(f"{linear / 'manifest.json'}: ")


@pytest.mark.parametrize(
    "config",
    [
        {"max_tokens": 0}, {"max_tokens": 10**9}, {"max_tokens": "64"}, {"pad": True}, {"pad": -1}, {"pad": 10**30},
        {"encoder": "x", "evil\x1b[2J": 1}, {"width": [[]]}, {"learning_rate": 10**400},
    ],
)  # fmt: skip
def test_settings_of_wrong_kinds_are_refused(config: dict[str, Any], transformer: Path) -> None:
    change_manifest(transformer, config={"max_tokens": 64, "inference": "fp32", "pad": 0, **config})
    assert refusal(transformer).startswith(f"{transformer}: ")


@pytest.mark.parametrize("value", [None, 3, "x" * 64, "0" * 63, ["0" * 64], "0" * 64])
def test_a_digest_that_is_none_or_another_is_refused(value: Any, linear: Path) -> None:
    files = json.loads((linear / "manifest.json").read_text())["files"]
    change_manifest(linear, files={**files, "linear.npz": value})
    assert str(linear) in refusal(linear)


def test_the_name_is_checked_to_be_that_of_the_files(linear: Path) -> None:
    change_manifest(linear, name="default-e29f315e8540")
    assert refusal(linear) == (
        f"{linear / 'manifest.json'}: the name default-e29f315e8540 is not that of these files; "
        "copy the whole folder, or train the model anew"
    )


def test_files_that_are_no_part_of_the_model_are_not_looked_at(linear: Path, trace: Path) -> None:
    for name in ("evil.pkl", "conftest.py", "__init__.py", "sitecustomize.py"):
        (linear / name).write_bytes(pickle.dumps(Exploit(trace)))
    (linear / "weights.bin").symlink_to("/dev/zero")
    assert load_model(linear).name.startswith("harbour-")
    assert not trace.exists()


# The command line


@pytest.mark.parametrize("command", ["classify", "inspect"])
def test_the_command_line_refuses_in_one_line(
    command: str, linear: Path, tmp_path: Path, trace: Path, run: Run
) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    what = [tmp_path / "a.txt", "--model", linear] if command == "classify" else [linear]
    manifest = (linear / "manifest.json").read_bytes()
    for spoiled in (
        pickle.dumps(Exploit(trace)),
        b"[" * 100_000,
        manifest.replace(b'"name": "', b'"name": "\\u001b[2J'),
        manifest.replace(b"linear.npz", b"../../linear.npz"),
        manifest.replace(b'"labeler": "linear"', b'"labeler": "' + b"x" * 100_000 + b'"'),
    ):
        (linear / "manifest.json").write_bytes(spoiled)
        code, out, err = run(command, *what)
        assert (code, out) == (2, "")
        assert err.startswith("stance: ")
        assert err.count("\n") == 1
        assert len(err) < 1500
        assert all(c.isprintable() for c in err[:-1])
    assert not trace.exists()


def test_classify_refuses_weights_in_another_file(transformer: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    forge(transformer, "heads.onnx", graph_of(weights=[outside("/etc/passwd")]).SerializeToString())
    assert run("classify", tmp_path / "a.txt", "--model", transformer) == (
        2,
        "",
        f"stance: {transformer}: heads.onnx is refused (the weights w lie in another file); train the model anew\n",
    )


# stance inspect


def test_inspect_tells_what_a_linear_folder_holds(linear: Path, run: Run) -> None:
    (linear / "notes.txt").write_text("mine")
    code, out, err = run("inspect", linear)
    assert (code, err) == (0, "")
    name = json.loads((linear / "manifest.json").read_text())["name"]
    lines = out.splitlines()
    assert lines[0] == name
    assert max(map(len, lines)) <= 80
    for part in ("linear", "harbour", "strike, budget", "union, port, council", "C_frames 10.0", "directed"):
        assert part in out
    size = (linear / "linear.npz").stat().st_size
    assert [f"{size:,}", "holds"] == [part for line in lines if line.startswith("linear.npz") for part in line.split()][
        1::2
    ]
    assert any(line.startswith("notes.txt") and line.endswith("no part of the model, not read") for line in lines)


def test_inspect_tells_what_the_shipped_folder_holds(run: Run) -> None:
    code, out, err = run("inspect", default_model())
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    for part in ("transformer", "militancy", "terrorism_threat", "tehran-times/train.jsonl", "encoder", "macro-F1"):
        assert part in out
    assert "start ," not in out


def test_inspect_names_all_that_is_wrong_and_loads_nothing(transformer: Path, trace: Path, run: Run) -> None:
    (transformer / "tokenizer.json").unlink()
    (transformer / "README.md").write_text("other")
    (transformer / "calibration.json").unlink()
    (transformer / "calibration.json").symlink_to("/etc/passwd")
    forge(transformer, "codebook.yaml", f"!!python/object/apply:os.system ['touch {trace}']".encode())
    forge(transformer, "heads.onnx", graph_of(weights=[outside("/etc/passwd")]).SerializeToString())
    (transformer / "evil\x1b[2J.pkl").write_bytes(pickle.dumps(Exploit(trace)))
    os.truncate(transformer / "metrics.json", 5 * 10**9)
    results: list[Any] = []
    assert peak(lambda: results.append(run("inspect", transformer))) < MOST
    code, out, err = results[0]
    assert (code, err) == (1, "")
    assert max(map(len, out.splitlines())) <= 80
    assert all(c.isprintable() or c == "\n" for c in out)
    flat = " ".join(out.split())
    for part in (
        "tokenizer.json is missing", "README.md: changed since the model was saved", "a link, which is not followed",
        "codebook.yaml:1: the tag", "lie in another file", "5,000,000,000 bytes long", "6 findings",
    ):  # fmt: skip
        assert part in flat, (part, out)
    assert not trace.exists()


def test_inspect_survives_scores_and_data_of_any_kind(linear: Path) -> None:
    for scores in (
        b"[]",
        b'{"held_out": 3, "dev": 5}',
        b'{"held_out": {"frames": {"macro_f1": "\\u001b"}}, "dev": [1]}',
    ):
        forge(linear, "metrics.json", scores)
        lines = inspection_lines(inspect_model(linear))
        assert max(map(len, lines)) <= 80


def test_training_digests_are_read_from_a_sound_file() -> None:
    digests = TrainingDigests(np.zeros((1, 128), np.uint8), np.zeros(1, np.int32), np.ones(1, np.int32))
    assert TrainingDigests.from_bytes(digests.to_bytes(), "x").rows.tolist() == [1]


def test_every_test_that_a_promise_names_is_there() -> None:
    tests = Path(__file__).parent
    promises = (tests.parent / "SECURITY.md").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)\.py`|`(test_\w+)`", promises)
    assert len(named) > 30
    file = ""
    for module, test in named:
        file = module or file
        [found] = tests.rglob(f"{file}.py")
        source = found.read_text(encoding="utf-8")
        assert not test or f"def {test}(" in source, (file, test)
