"""The command `stance inspect`."""

from __future__ import annotations

from pathlib import Path

import click

from stance.commands.options import MODEL
from stance.commands.shared import FINDINGS


@click.command(epilog="Example:  stance inspect my-model")
@click.argument(
    "model",
    required=False,
    type=MODEL,
    metavar="[MODEL]",
    help="Model folder, or the name of a model; default: default.",
)
def inspect(model: Path | None) -> None:
    """Tell what a model folder holds, without loading it.

    For a folder from somebody else, before you use it.

    Its name and digest, codebook, settings, data and scores, and of every file whether its digest and form hold. Exit
    code 1 when there are findings.
    """
    from stance.models.inspection import inspect_model, inspection_lines
    from stance.models.shipped import default_model

    inspection = inspect_model(model or default_model())
    click.echo("\n".join(inspection_lines(inspection)))
    if inspection.findings:
        raise click.exceptions.Exit(FINDINGS)
