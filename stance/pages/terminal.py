"""Predictions on a terminal."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stance.formats.dataformat import words_of
from stance.records import LANGUAGE, SIGNS
from stance.text.codebook import Codebook
from stance.text.holders import FrameHolder
from stance.text.languages import language_name, told_language

WIDTH = 80
_NUMBER = 8
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_STYLES = {"against": "red", "neutral": "dim", "favor": "green"}


def print_predictions(rows: Iterable[Mapping[str, Any]], codebook: Codebook, console: Console) -> None:
    """Print predictions an article at a time, at most `WIDTH` columns wide; labels by word and mark, not by colour."""
    width = min(WIDTH, console.width)
    for _, passages in itertools.groupby(rows, key=lambda row: row["article"]):
        first = None
        for row in passages:
            if first is None:
                first = row
                console.print(_heading(row), width=width)
            console.print(_passage(row, codebook), width=width)
    console.print(Text("− against   · neutral   + favor   ? unsure: have a person look", style="dim"), width=width)


def _heading(row: Mapping[str, Any]) -> Group:
    title = clean(str(row.get("title") or row["article"]))
    about = clean(" · ".join(str(row[key]) for key in ("source", "date") if row.get(key)))
    return Group(Text(title, style="bold"), *([Text(about, style="dim")] if about else []), Text(""))


def _passage(row: Mapping[str, Any], codebook: Codebook) -> Group:
    number = clean(str(row["id"]).removeprefix(f"{row['article']}#"))[:_NUMBER]
    labels = _unread(row) if LANGUAGE in row["uncertain"] else _label_table(row, codebook)
    return Group(_numbered(number, _highlighted(row)), Padding(labels, (0, 0, 0, 4)), Text(""))


def _unread(row: Mapping[str, Any]) -> Text:
    """That the model can't read a passage, in place of labels that tell nothing."""
    return Text(clean(f"? {language_name(told_language(row))}, which the model can't read: no labels"), style="yellow")


def _numbered(number: str, text: Text) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(min_width=3, no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row(number, text)
    return table


def _highlighted(row: Mapping[str, Any]) -> Text:
    text, joined = Text(), row["text"]
    position = 0
    for mention in row["mentions"]:
        if mention["start"] < position:
            continue
        text.append(clean(joined[position : mention["start"]]))
        label = row["stance"].get(mention["actor"], {}).get("label", "neutral")
        style = "bold" if label == "neutral" else f"bold {_STYLES[label]}"
        text.append(clean(joined[mention["start"] : mention["end"]]), style=style)
        position = mention["end"]
    text.append(clean(joined[position:]))
    return text


def clean(text: str) -> str:
    """Text for a terminal: control characters, which could steer it, as a replacement mark."""
    flowing = "".join(" " if c.isspace() else c for c in text)
    return "".join(c if c.isprintable() else ("" if c in _INVISIBLE else "\ufffd") for c in flowing)


def _label_table(row: Mapping[str, Any], codebook: Codebook) -> Table:
    """A line for each frame held or unsure, for each actor, and for each pair whose stance is not neutral."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, min_width=8, style="dim")
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    for heading, lines in (
        ("frames", _frame_lines(row, codebook)),
        ("stance", _stance_lines(row, codebook)),
        ("held by", _pair_lines(row, codebook)),
    ):
        for index, (name, cell) in enumerate(lines):
            table.add_row("" if index else heading, name, cell)
    return table


def _because(row: Mapping[str, Any], key: str) -> str:
    """The words that weighed in for a label, where the row names any."""
    words = words_of(row.get("why"), key)
    return clean(f" ({', '.join(words)})") if words else ""


def _frame_lines(row: Mapping[str, Any], codebook: Codebook) -> list[tuple[str, Text]]:
    lines = []
    for frame, prob in row["frames"].items():
        held, unsure = frame in row["frame_labels"], frame in row["uncertain"]
        if held or unsure:
            cell = f"{'yes' if held else 'no'} {prob:.2f}{'?' if unsure else ''}"
            name = clean(codebook.label(frame) + _held_by(row, frame, codebook)) + _because(row, frame)
            lines.append((name, Text(cell, style="cyan" if held else "dim")))
    return lines or [("none" if row["frames"] else "not learned by this model", Text(""))]


def _held_by(row: Mapping[str, Any], frame: str, codebook: Codebook) -> str:
    """Who presents the matter by a frame, where that is an actor, and about whom."""
    held = row.get("held_by", {}).get(frame)
    told = FrameHolder(tuple(held["holders"]), tuple(held["about"])).told(codebook.label) if held else ""
    return f", {told}" if told else ""


def _stance_lines(row: Mapping[str, Any], codebook: Codebook) -> list[tuple[str, Text]]:
    return [
        (
            clean(codebook.label(actor)) + _because(row, f"stance:{actor}"),
            _judged(judged, f"stance:{actor}" in row["uncertain"]),
        )
        for actor, judged in row["stance"].items()
    ]


def _pair_lines(row: Mapping[str, Any], codebook: Codebook) -> list[tuple[str, Text]]:
    lines = []
    for judged in (judged for judged in row["directed"] if judged["label"] != "neutral"):
        name = clean(f"{codebook.label(judged['holder'])} → {codebook.label(judged['target'])}")
        key = f"directed:{judged['holder']}>{judged['target']}"
        lines.append((name + _because(row, key), _judged(judged, key in row["uncertain"])))
    return lines


def _judged(judged: Mapping[str, Any], unsure: bool) -> Text:
    label = judged["label"]
    return Text(f"{SIGNS[label]} {label} {judged[label]:.2f}{'?' if unsure else ''}", style=_STYLES[label])
