"""What `Model.classify` gives: a list of predictions that shows itself in a notebook and turns into tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, SupportsIndex, overload

from stance.quoting import counted, extent
from stance.records import SIGNS, STANCES, Judgement, Pair, Prediction, is_unsure
from stance.text.codebook import Codebook
from stance.text.languages import language_name, told_language

SHOWN = 50
"""Passages that a notebook shows."""
LONGEST = 2000
"""Characters of a passage that a notebook shows at most."""
_JUDGEMENT = ("label", *STANCES)
_HEADINGS = ("Passage", "Frames", "Stance toward", "Held by → toward")
_LEGEND = "− against · neutral + favor ? unsure: have a person look"
_STYLE = """\
.stance-predictions{color:inherit;font-size:.9em;line-height:1.45}
.stance-predictions table{border-collapse:collapse;width:100%;font-size:inherit}
.stance-predictions th,.stance-predictions td{text-align:left!important;vertical-align:top;padding:.4em .7em;\
border-bottom:1px solid rgba(128,128,128,.4);white-space:normal;max-width:none}
.stance-predictions td{width:18%;overflow-wrap:anywhere}
.stance-predictions td:first-child{width:40%;min-width:16em}
.stance-predictions td:last-child{width:24%}
.stance-predictions small{opacity:.7;display:block}
.stance-predictions span{display:block;padding-left:.8em;text-indent:-.8em;margin-bottom:.25em}
.stance-predictions span mark{white-space:nowrap;text-indent:0}
.stance-predictions mark{color:inherit;padding:0 .15em;border-radius:.2em;background:rgba(128,128,128,.25)}
.stance-predictions mark.against{background:rgba(220,60,50,.3)}
.stance-predictions mark.favor{background:rgba(40,160,80,.3)}
.stance-predictions p{opacity:.7;margin:.4em 0}"""


class Predictions(list[Prediction]):
    """Predictions, one a passage: a list like any other, with tables for analysis.

    Parameters
    ----------
    predictions : iterable of Prediction
    codebook : Codebook
        Names the frames and actors.
    row_index : pandas.Index, optional
        Of the rows that were classified, one label for each prediction: the tables have it.

    Examples
    --------
    >>> from stance import load
    >>> predictions = load().classify([{"id": "a", "text": "Kabul rejected the charge that it shelters the TTP."}])
    >>> sorted(predictions.stances().actor)
    ['afghan_taliban', 'ttp']
    """

    def __init__(self, predictions: Iterable[Prediction], codebook: Codebook, row_index: Any = None):
        super().__init__(predictions)
        self.codebook = codebook
        self.row_index = row_index

    @overload
    def __getitem__(self, index: SupportsIndex) -> Prediction: ...

    @overload
    def __getitem__(self, index: slice) -> Predictions: ...

    def __getitem__(self, index: SupportsIndex | slice) -> Prediction | Predictions:
        """One prediction; or some of them, which show themselves and turn into tables too."""
        if isinstance(index, slice):
            labels = None if self.row_index is None else self.row_index[index]
            return Predictions(super().__getitem__(index), self.codebook, labels)
        return super().__getitem__(index)

    def to_pandas(self, labels_only: bool = False) -> Any:
        """The passages as a `pandas.DataFrame`, a row each.

        Parameters
        ----------
        labels_only : bool
            Leave out what was given: what remains joins the frame that was classified, ``frame.join(...)``.

        Returns
        -------
        DataFrame
            Columns ``id``, ``article``, each detail of the article (title, date, source, ...), ``start``, ``end``,
            ``text``; for each frame its probability ``frame.ID`` and whether the passage carries it, ``label.ID``;
            ``uncertain`` (as in CSV, parted by ";") and ``model``. The index is that of the frame or series that was
            classified, repeated where a row has several passages.

        Raises
        ------
        ImportError
            Where pandas is not installed.
        """
        frames = self._frames()
        rows = [{**_row(prediction, frames), "uncertain": ";".join(prediction.uncertain)} for prediction in self]
        columns = [*_label_columns(frames), "model"] if labels_only else self._columns(frames)
        return _pandas().DataFrame(rows, columns=columns, index=self.row_index)

    def stances(self) -> Any:
        """The stances toward actors as a `pandas.DataFrame`, a row for each passage and actor.

        Returns
        -------
        DataFrame
            Columns ``id``, ``article``, ``actor``, ``label``, the probabilities ``against``, ``neutral``, ``favor``,
            and ``uncertain``, whether a person should look. The index is as in `to_pandas`.
        """
        rows = [
            (*_place(prediction), actor, *_judged(judged), is_unsure(prediction.uncertain, f"stance:{actor}"))
            for prediction in self
            for actor, judged in prediction.stance.items()
        ]
        index = self._repeated([len(prediction.stance) for prediction in self])
        return _pandas().DataFrame(rows, columns=["id", "article", "actor", *_JUDGEMENT, "uncertain"], index=index)

    def directed(self) -> Any:
        """Who holds what toward whom as a `pandas.DataFrame`, a row for each passage, holder and target.

        Returns
        -------
        DataFrame
            Columns ``id``, ``article``, ``holder``, ``target``, ``label``, the probabilities ``against``, ``neutral``,
            ``favor``, and ``uncertain``, whether a person should look. The index is as in `to_pandas`.
        """
        rows = [
            (*_place(prediction), *pair, *_judged(judged), is_unsure(prediction.uncertain, _pair_name(pair)))
            for prediction in self
            for pair, judged in prediction.directed.items()
        ]
        columns = ["id", "article", "holder", "target", *_JUDGEMENT, "uncertain"]
        index = self._repeated([len(prediction.directed) for prediction in self])
        return _pandas().DataFrame(rows, columns=columns, index=index)

    def to_dataset(self) -> Any:
        """The passages as a Hugging Face `datasets.Dataset`, a row each.

        Returns
        -------
        Dataset
            The columns of `to_pandas`, where ``uncertain`` is a list; and the lists ``stance``, of ``actor``,
            ``label`` and the probabilities, ``directed``, of ``holder``, ``target`` and the same, and ``mentions``,
            of ``actor``, ``start``, ``end``. A detail whose values no column can hold together stands as JSON.

        Raises
        ------
        ImportError
            Where datasets is not installed.
        """
        try:
            import datasets
        except ImportError:
            raise ImportError("to_dataset needs datasets, which is not installed; pip install datasets") from None
        frames = self._frames()
        rows = [_row(prediction, frames) | _nested(prediction) for prediction in self]
        return datasets.Dataset(_arrow_table(rows, self._columns(frames), frames))

    def _repeated(self, counts: Sequence[int]) -> Any:
        """The index with each label so many times."""
        return None if self.row_index is None else self.row_index.repeat(counts)

    def _frames(self) -> tuple[str, ...]:
        """The frames that have columns: none where the model did not learn them."""
        return self.codebook.frame_ids if not self or any(prediction.frames for prediction in self) else ()

    def _columns(self, frames: Sequence[str]) -> list[str]:
        own = ["start", "end", "text", *_label_columns(frames), "model"]
        details = dict.fromkeys(key for prediction in self for key in prediction.passage.details)
        return [*("id", "article"), *(key for key in details if key not in ("id", "article", *own)), *own]

    def __repr__(self) -> str:
        if not self:
            return "Predictions(no passages)"
        articles = len({prediction.passage.article for prediction in self})
        frames = Counter(frame for prediction in self for frame in prediction.frame_labels)
        stances = Counter(judged.label for prediction in self for judged in prediction.stance.values())
        unread = sum(prediction.unread for prediction in self)
        parts = [
            extent(len(self), articles),
            *([f"frames: {', '.join(f'{f} {frames[f]:,}' for f in self._frames())}"] if self._frames() else []),
            f"stances: {', '.join(f'{stances[stance]:,} {stance}' for stance in STANCES)}",
            f"{sum(bool(prediction.uncertain) for prediction in self):,} to review",
            *([f"{unread:,} in a language that the model can't read"] if unread else []),
            f"model {self[0].model}",
        ]
        return f"Predictions({'; '.join(parts)})"

    def _repr_html_(self) -> str:
        """What a notebook shows: the first passages, their actors marked, and their labels; on light and dark pages."""
        more = len(self) - SHOWN
        note = f"and {counted(more, 'more passage')} (to_pandas() has all). " if more > 0 else ""
        head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
        body = "".join(_html_row(prediction, self.codebook) for prediction in self[:SHOWN])
        return (
            f'<div class="stance-predictions tex2jax_ignore mathjax_ignore"><style>{_STYLE}</style>'
            f"<p>{escape(repr(self)[len('Predictions(') : -1])}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{note}{_LEGEND}</p></div>"
        )


def _label_columns(frames: Sequence[str]) -> list[str]:
    return [*(f"{kind}.{frame}" for frame in frames for kind in ("frame", "label")), "uncertain"]


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise ImportError("tables need pandas, which is not installed; pip install 'framestance[notebook]'") from None
    return pandas


def _row(prediction: Prediction, frames: Sequence[str]) -> dict[str, Any]:
    """A passage, its details and its frames."""
    passage = prediction.passage
    row = {**passage.details, "id": passage.id, "article": passage.article, "text": passage.text}
    row |= {"start": passage.start, "end": passage.end, "model": prediction.model}
    for frame in frames:
        row[f"frame.{frame}"] = prediction.frames.get(frame)
        row[f"label.{frame}"] = frame in prediction.frame_labels
    return row


def _place(prediction: Prediction) -> tuple[str, str]:
    return prediction.passage.id, prediction.passage.article


def _judged(judged: Judgement) -> tuple[str, float, float, float]:
    return judged.label, judged.against, judged.neutral, judged.favor


def _pair_name(pair: Pair) -> str:
    """A pair as `Prediction.uncertain` names it."""
    return f"directed:{pair[0]}>{pair[1]}"


def _nested(prediction: Prediction) -> dict[str, Any]:
    """The parts of a prediction that are lists, of objects whose fields do not change from row to row."""
    return {
        "uncertain": list(prediction.uncertain),
        "stance": [{"actor": actor, **judged.to_dict()} for actor, judged in prediction.stance.items()],
        "directed": [{"holder": h, "target": t, **judged.to_dict()} for (h, t), judged in prediction.directed.items()],
        "mentions": [{"actor": m.actor, "start": m.start, "end": m.end} for m in prediction.passage.mentions or ()],
    }


def _arrow_table(rows: Sequence[dict[str, Any]], columns: Sequence[str], frames: Sequence[str]) -> Any:
    """Rows as an Arrow table, whose types are the same for any rows; those of details are what they hold."""
    import pyarrow as pa

    judged = [("label", pa.string()), *((stance, pa.float64()) for stance in STANCES)]
    types = dict.fromkeys(("id", "article", "text", "model"), pa.string())
    types |= dict.fromkeys(("start", "end"), pa.int64()) | {"uncertain": pa.list_(pa.string())}
    types |= {f"frame.{frame}": pa.float64() for frame in frames} | {f"label.{frame}": pa.bool_() for frame in frames}
    nested = {
        "stance": pa.list_(pa.struct([("actor", pa.string()), *judged])),
        "directed": pa.list_(pa.struct([("holder", pa.string()), ("target", pa.string()), *judged])),
        "mentions": pa.list_(pa.struct([("actor", pa.string()), ("start", pa.int64()), ("end", pa.int64())])),
    }
    types |= nested
    names = [*(name for name in columns if name != "model"), *nested, "model"]
    return pa.table({name: _arrow_column([row.get(name) for row in rows], types.get(name)) for name in names})


def _arrow_column(values: Sequence[Any], kind: Any) -> Any:
    import pyarrow as pa

    if kind is not None:
        return pa.array(values, kind)
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError):
        return pa.array([None if value is None else json.dumps(value, default=str) for value in values], pa.string())


def _html_row(prediction: Prediction, codebook: Codebook) -> str:
    cells = (_frame_lines(prediction, codebook), _stance_lines(prediction, codebook), _pair_lines(prediction, codebook))
    labels = "".join(f"<td>{''.join(f'<span>{line}</span>' for line in lines)}</td>" for lines in cells)
    text = f'<td dir="auto"><small>{escape(prediction.passage.id)}</small>{_marked(prediction, codebook)}</td>'
    return f"<tr>{text}{labels}</tr>"


def _marked(prediction: Prediction, codebook: Codebook) -> str:
    """The text of a passage, its actors marked by their stance; of mentions that overlap, the first."""
    text = prediction.passage.text
    parts, position = [], 0
    for mention in prediction.passage.mentions or ():
        if mention.start < position or mention.end > LONGEST:
            continue
        judged = prediction.stance.get(mention.actor)
        label = judged.label if judged else "neutral"
        title = f"{codebook.label(mention.actor)}{f': {label} {judged.probability:.2f}' if judged else ''}"
        parts.append(escape(text[position : mention.start]))
        words = escape(text[mention.start : mention.end])
        parts.append(f'<mark class="{label}" title="{escape(title)}">{words}</mark>')
        position = mention.end
    return "".join(parts) + escape(text[position:LONGEST]) + ("…" if len(text) > LONGEST else "")


def _frame_lines(prediction: Prediction, codebook: Codebook) -> Iterator[str]:
    """The frames that a passage carries, or may."""
    if prediction.unread:
        name = language_name(told_language(prediction.passage.details))
        yield escape(f"? {name}, which the model can't read: no labels")
        return
    for frame, prob in prediction.frames.items():
        held, unsure = frame in prediction.frame_labels, frame in prediction.uncertain
        if held or unsure:
            yield escape(f"{codebook.label(frame)} {'yes' if held else 'no'} {prob:.2f}{'?' if unsure else ''}")


def _stance_lines(prediction: Prediction, codebook: Codebook) -> Iterator[str]:
    for actor, judged in () if prediction.unread else prediction.stance.items():
        yield _html_judged(codebook.label(actor), judged, f"stance:{actor}" in prediction.uncertain)


def _pair_lines(prediction: Prediction, codebook: Codebook) -> Iterator[str]:
    """The pairs whose stance is not neutral."""
    for pair, judged in prediction.directed.items():
        if judged.is_held and not prediction.unread:
            name = " → ".join(map(codebook.label, pair))
            yield _html_judged(name, judged, _pair_name(pair) in prediction.uncertain)


def _html_judged(name: str, judged: Judgement, unsure: bool) -> str:
    said = f"{SIGNS[judged.label]} {judged.label} {judged.probability:.2f}{'?' if unsure else ''}"
    return f'{escape(name)} <mark class="{judged.label}">{said}</mark>'
