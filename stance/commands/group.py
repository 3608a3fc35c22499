"""The commands and their group, and a run of one of them: errors in one line, and an exit code."""

from __future__ import annotations

import io
import sys
import warnings

import click

from stance.commands.agree import agree
from stance.commands.check import check
from stance.commands.classify import classify
from stance.commands.codebook import codebook
from stance.commands.evaluate import evaluate
from stance.commands.export import export
from stance.commands.import_ import import_
from stance.commands.inspect import inspect
from stance.commands.report import report
from stance.commands.shared import BAD_INPUT, note
from stance.commands.suggest import suggest
from stance.commands.train import train
from stance.records import InputError

_LINE = 1200
"""Characters of an error's line: a message may quote what others wrote."""


class _Commands(click.Group):
    """Named in the order of the work, not of the alphabet."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Label news passages by how they frame a matter, and by the stance they convey toward each actor.",
    epilog="Start with:  stance classify article.txt",
)
@click.option("--version", is_flag=True, help="Print the version and exit.")
@click.pass_context
def app(context: click.Context, version: bool) -> None:
    if version:
        from stance import __version__

        click.echo(f"stance {__version__}")
        context.exit()
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


for _command in (classify, report, codebook, suggest, export, import_, check, agree, train, evaluate, inspect):
    app.add_command(_command)


def run() -> int:
    """Run the command that the command line names, and give its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that lacks a letter is told its number
    warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")  # where memory can't be shared
    try:
        code = app(standalone_mode=False)
    except InputError as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"{error.filename or 'output'}: {error.strerror or error}")
    except click.Abort:  # click's word for an interruption
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        return _failed(
            f"{error.format_message()} See stance --help." if error.format_message() else "See stance --help."
        )
    return code if isinstance(code, int) else 0


def _failed(message: str) -> int:
    line = "".join(c if c.isprintable() else "\ufffd" for c in " ".join(message.split()))
    note(f"stance: {line if len(line) <= _LINE else line[:_LINE] + '...'}")
    return BAD_INPUT
