"""Which column of a table, or field of a row, is which field of the data format, whatever people call it."""

from __future__ import annotations

import datetime
import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stance.formats.dataformat import LABEL_FIELDS
from stance.formats.notes import Tell
from stance.formats.rows import Row, flat_row
from stance.quoting import counted, names_of, quote
from stance.records import InputError

CHOSEN = ("text", "title", "date", "source", "id")
"""The fields for which a column can be named, ``--text-column`` and so on."""
_SYNONYMS: Mapping[str, Sequence[Sequence[str]]] = {
    "text": (
        (
            "article text",
            "article body",
            "article content",
            "body",
            "body text",
            "content",
            "full text",
            "main text",
            "story",
        ),
        ("passage", "paragraph"),
        ("texte", "texto", "testo", "volltext", "inhalt", "contenu", "contenido"),
    ),
    "title": (
        ("headline", "article title", "heading"),
        ("subject",),
        ("titel", "titre", "titulo", "título", "titolo", "überschrift", "ueberschrift", "schlagzeile", "titular"),
    ),
    "date": (
        (
            *("published", "published at", "published on", "published date", "publish date", "date published"),
            *("publication date", "pub date", "date publish"),
        ),
        ("datum", "fecha", "data", "erschienen", "veröffentlicht", "veroeffentlicht", "erscheinungsdatum", "jour"),
    ),
    "source": (
        (
            *("outlet", "media outlet", "news outlet", "newspaper", "publisher", "publication", "publication title"),
            *("media", "media name", "news source", "source name"),
        ),
        ("quelle", "zeitung", "medium", "fuente", "periódico", "periodico", "fonte", "journal"),
    ),
    "url": (("link", "article url", "web url", "permalink"),),
    "lang": (("language",),),
}
"""What each field is called too: first what surely means it, then what means it where the first is not there."""
_DATE_FORMATS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y"),
    *("%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%d-%b-%Y", "%d-%b-%y", "%A, %B %d, %Y", "%A, %d %B %Y"),
    *("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%d.%m.%Y %H:%M", "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S %Z"),
)
"""Of those that people write: one is named where dates are not read."""
_FIELDS = ("text", "title", "date", "source", "id", "url", "lang")
_LABELLED = ("article", "mentions", *LABEL_FIELDS, "annotator")
_PROSE, _WORDS = 60, 6
"""Characters and words from which what stands under ``article`` is no id, but its text."""
_LOOKED_AT = 20
"""Rows that are looked at to tell."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How texts and tables are laid out, where a person says it; what is not said is found.

    Attributes
    ----------
    columns : tuple of (field, column)
        Which column is taken for a field of `CHOSEN`.
    encoding : str
        Of text that has no byte order mark.
    sheet : str
        Of Excel files, the sheet to read.
    date_formats : tuple of str
        As `datetime.strptime` takes them; ISO 8601 is read too.
    labelled : bool
        Whether the rows hold labels, and their fields are found in another spelling too.
    """

    columns: tuple[tuple[str, str], ...] = ()
    encoding: str = ""
    sheet: str = ""
    date_formats: tuple[str, ...] = ()
    labelled: bool = False


FOUND = Layout()
"""Nobody says anything: all is found."""


def is_date_format(form: str) -> bool:
    """Whether days that are written in this form can be read again."""
    day = datetime.datetime(2001, 2, 3, tzinfo=datetime.UTC)
    try:
        return datetime.datetime.strptime(day.strftime(form), form).date() == day.date()
    except ValueError:
        return False


def likely_format(dates: Sequence[Any]) -> str:
    """The form of dates, among those that people write, that reads most of them."""

    def n_read(form: str) -> int:
        return sum(dated({"date": date}, [form])["date"] != date for date in dates[:_LOOKED_AT])

    return max(_DATE_FORMATS, key=n_read)


def spelled_alike(name: str) -> str:
    """A name without case, blanks and signs: what names have in common that mean the same."""
    return "".join(c for c in unicodedata.normalize("NFKC", name).casefold() if c.isalnum())


_ALIKE = {
    name: [frozenset(map(spelled_alike, [name])), *(frozenset(map(spelled_alike, group)) for group in groups)]
    for name, groups in {**dict.fromkeys((*_FIELDS, *_LABELLED), ()), **_SYNONYMS}.items()
}


def assigned(names: Sequence[str], layout: Layout, is_prose: Callable[[str], bool]) -> dict[str, str]:
    """The column of each field that has one.

    Parameters
    ----------
    is_prose : callable
        Whether a column's values read like an article: where nothing else is the text, the column ``article`` is.

    Raises
    ------
    InputError
        Without a place, where two columns could be the same field.
    """
    found: dict[str, str] = {}
    for name, column in layout.columns:
        same = [column] if column in names else _free(names, (), {spelled_alike(column)})
        if len(same) == 1:
            found[name] = same[0]
    for name in (*_FIELDS, *(_LABELLED if layout.labelled else ())):
        if name not in dict(layout.columns) and (column := _column_of(name, names, found)):
            found[name] = column
    articles = _free(names, (), {"article"})
    if "text" not in found and "text" not in dict(layout.columns) and len(articles) == 1 and is_prose(articles[0]):
        found = {name: column for name, column in found.items() if name != "article"} | {"text": articles[0]}
    return found


def reads_as_prose(value: Any) -> bool:
    """Whether it is long, and of words where these have blanks between them: an address is not."""
    return isinstance(value, str) and len(value) >= _PROSE and (len(value.split()) >= _WORDS or not value.isascii())


def known_columns(names: Sequence[str], layout: Layout) -> list[str]:
    """Those that are fields of the data format, or are named in the layout."""
    meant = {spelled_alike(column) for _, column in layout.columns}.union(
        *(set().union(*own) for own in _ALIKE.values())
    )
    return [name for name in names if spelled_alike(name) in meant]


def _column_of(name: str, names: Sequence[str], taken: Mapping[str, str]) -> str:
    """The column of a field: of its name, else of its name in another spelling, else of one of its synonyms."""
    if name in names and name not in taken.values():
        return name
    for spellings in _ALIKE[name]:
        same = _free(names, taken.values(), spellings)
        if len(same) > 1 and name in CHOSEN:
            raise InputError(
                f"{len(same)} columns could be the {name}: {names_of(same)}; say which with --{name}-column NAME"
            )
        if same:
            return same[0] if len(same) == 1 else ""
    return ""


def _free(names: Iterable[str], taken: Iterable[str], spellings: Iterable[str]) -> list[str]:
    return [name for name in names if name not in taken and spelled_alike(name) in spellings]


@dataclass
class Columns:
    """Takes the columns of a file for the fields that they are, and tells which it took.

    Parameters
    ----------
    name : str
        The file's.
    layout : Layout
    tell : callable
    """

    name: str
    layout: Layout
    tell: Tell
    _known: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)
    _told: set[tuple[str, str]] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)

    def settle(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]], place: str) -> dict[str, str]:
        """What each column of a table is to be called, where that is not its name.

        Parameters
        ----------
        rows : sequence of Mapping
            The first of them.

        Raises
        ------
        InputError
            Where there is no column for the text, or none that is named in the layout, or two for one field.
        """
        try:
            found = self._found(names, rows)
        except InputError as error:
            raise InputError(f"{place}: {error}") from None
        for name, column in self.layout.columns:
            if name not in found:
                raise InputError(f"{place}: no column {quote(column)} (--{name}-column); found: {names_of(names)}")
        if "text" not in found:
            mend = 'name it "text", or say which it is with --text-column NAME'
            raise InputError(f'{place}: no "text" column; found: {names_of(names)}; {mend}')
        return self._new_names(found, names, always=not self.layout.labelled and "frame_labels" not in names)

    def renamed(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """A row of JSON, its fields under the names that they have in the data format.

        Raises
        ------
        InputError
            Without a place, where two fields could be the same.
        """
        names = tuple(row)
        new_names = self._known.get(names)
        if new_names is None:
            found = self._found(names, [row])
            new_names = self._new_names(found, names)
            if "text" in found:
                self._known[names] = new_names
        return {new_names.get(key, key): value for key, value in row.items()} if new_names else row

    def close(self, blank: int) -> None:
        """Tell how many rows were blank, and of columns that are named in the layout and that no row had."""
        if blank:
            self.tell(self.name, f"{counted(blank, 'blank row')} skipped")
        for name, column in self.layout.columns:
            if name not in self._seen:
                self.tell(self.name, f"no row has {quote(column)} (--{name}-column)")

    def _found(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
        def is_prose(column: str) -> bool:
            return any(reads_as_prose(row.get(column)) for row in rows)

        found = assigned(names, self.layout, is_prose)
        self._seen.update(found)
        return found

    def _new_names(self, found: Mapping[str, str], names: Sequence[str], always: bool = False) -> dict[str, str]:
        self._tell_synonyms(found, names, always)
        new_names = {column: name for name, column in found.items() if column != name}
        replaced = [name for name in new_names.values() if name in names and name not in new_names]
        return new_names | {name: _other(name, names) for name in replaced}

    def _tell_synonyms(self, found: Mapping[str, str], names: Sequence[str], always: bool) -> None:
        """Tell which columns were taken for a field that they are not called, and which stay as they are.

        Parameters
        ----------
        always : bool
            Whether the latter are told also where all fields are called what they are.
        """
        meant = dict(self.layout.columns)
        pairs = {
            (column, name)
            for name, column in found.items()
            if name not in meant and spelled_alike(column) != spelled_alike(name)
        }
        pairs -= self._told
        others = [name for name in names if name not in {*found.values(), *_FIELDS, *_LABELLED}]
        if not pairs and not (always and others):
            return
        self._told |= pairs
        taken = [
            f"{quote(c)} {'for' if n else 'is taken for'} the {name}"
            for n, (c, name) in enumerate(sorted(pairs, key=_order))
        ]
        parts = [*([", ".join(taken)] if taken else []), *([f"passed through: {names_of(others)}"] if others else [])]
        self.tell(self.name, "; ".join(parts))


def _order(pair: tuple[str, str]) -> int:
    return (*_FIELDS, *_LABELLED).index(pair[1])


def _other(name: str, names: Sequence[str]) -> str:
    """What a column is called whose name another one takes."""
    return next(other for n in itertools.count(1) if (other := f"other_{name}{'_' * (n - 1)}") not in names)


def arranged(names: Sequence[str], rows: Iterator[Row], place: str, columns: Columns) -> Iterator[Row]:
    """The rows of a table under the names of the data format, their cells read; blank ones are left out and counted."""
    head = list(itertools.islice(rows, _LOOKED_AT))
    new_names = columns.settle(names, [row.fields for row in head], place)
    blank = 0
    for row in itertools.chain(head, rows):
        if row.problem:
            yield row
        elif row.is_blank:
            blank += 1
        else:
            fields = {new_names.get(key, key): value for key, value in row.fields.items()}
            fields.setdefault("text", None)
            yield flat_row(dated(fields, columns.layout.date_formats), row.place, row.default_id)
    columns.close(blank)


def dated(fields: Mapping[str, Any], formats: Sequence[str]) -> Mapping[str, Any]:
    """A row whose date, where it is written in one of these forms, is put as ISO 8601."""
    value = fields.get("date")
    for form in formats if isinstance(value, str | int) else ():
        with suppress(ValueError):
            moment = datetime.datetime.strptime(str(value).strip(), form)
            day = moment.date() if moment.time() == datetime.time() else moment
            return {**fields, "date": day.isoformat()}
    return fields
