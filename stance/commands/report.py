"""The command `stance report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stance.commands.options import codebook_option, output_option, quiet_option
from stance.commands.shared import check_written, files_of, note, read_codebook, rows_of
from stance.quoting import extent, quote
from stance.records import InputError

if TYPE_CHECKING:
    from stance.records import Prediction


@click.command(epilog="Example:  stance report predictions.jsonl --output report.html")
@click.argument(
    "predictions", nargs=-1, required=True, metavar="PREDICTIONS...", help="What classify wrote: JSONL, CSV, Parquet."
)
@output_option("FILE.html", "The page to write.")
@codebook_option
@click.option("--title", default="What the passages say", show_default=True, metavar="TEXT", help="Title of the page.")
@click.option(
    "--shown",
    type=click.IntRange(min=1),
    default=1500,
    show_default=True,
    metavar="N",
    help="Passages to show in full; of more, a random sample.",
)
@quiet_option
def report(
    predictions: Sequence[str],
    output: Path,
    codebook: Path | None,
    title: str,
    shown: int,
) -> None:
    """Write predictions as one page to read.

    It shows who stands where toward whom, the frames by outlet and month, and the passages.

    The page opens from disk and holds all it needs. Figures are of all passages; of many, a sample is shown in full.
    """
    from stance.formats.dataformat import parse_prediction
    from stance.formats.writing import replacing
    from stance.pages.overview import Overview
    from stance.pages.overview_page import overview_page, unread_told

    files = files_of(predictions)
    check_written([*files, codebook], output, ending=".html")
    book = read_codebook(codebook)
    rows = rows_of(files)
    seen: dict[int, str] = {}
    overview = Overview(shown).read(_new(parse_prediction(row.checked(), row.place), row.place, seen) for row in rows)
    if not overview.n_passages and not overview.unread:
        raise InputError(f"{', '.join(predictions)}: no predictions; give what stance classify wrote")
    if overview.unread:
        note(unread_told(overview))
    with replacing(output) as stream:
        stream.write(overview_page(overview, book, title).encode())
    note(f"{extent(overview.n_passages, overview.n_articles)}; written to {output}")


def _new(prediction: Prediction, place: str, seen: dict[int, str]) -> Prediction:
    """The prediction; refused where one with its id was there before, since it would count twice."""
    key, file = hash(prediction.passage.id), place.rpartition(":")[0]
    if key in seen:
        raise InputError(
            f"{place}: id {quote(prediction.passage.id)} stands in {seen[key] or 'this input'} before; give the "
            "predictions of each article once, and articles of one name ids of their own"
        )
    seen[key] = file
    return prediction
