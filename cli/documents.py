"""`casegraph documents`: makes the list of trusted documents, each held against the schema and its limits."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import orjson

from foundation.errors import CommandRefused
from foundation.settings import Settings
from schema.root import build_schema
from schema.trusted import digest, read_list

ENDINGS = (".graphql", ".gql")


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    made = commands.add_parser("documents", help="make the list of trusted documents (CASEGRAPH_DOCUMENTS)")
    made.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="DIR|FILE",
        help="folders of .graphql files, such files, or lists (.json) that a client's compiler wrote",
    )
    made.add_argument("--output", type=Path, default=Path("documents.json"), help="the list (default: documents.json)")
    made.set_defaults(run=run)


def run(arguments: argparse.Namespace, _settings: Settings) -> int:
    """Writes the list, or nothing when a document of it would not run."""
    found = dict(documents(arguments.sources))
    if not found:
        raise CommandRefused("There are no documents in it.")
    known = build_schema().documents
    faults = [
        f"{place}: {error.message}"
        for place, (_, text) in found.items()
        for error in known.get(text, closed=False).errors
    ]
    if faults:
        raise CommandRefused("\n  ".join(["Nothing was written.", *faults]))
    listed = dict(sorted(found.values()))
    arguments.output.write_bytes(orjson.dumps(listed, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    for place, (id_, _) in found.items():
        print(f"{id_}  {place}")
    print(f"{arguments.output}: {len(listed)} documents")
    return 0


def documents(sources: Sequence[Path]) -> Iterator[tuple[str, tuple[str, str]]]:
    """(where it stands, (its id, its text)) of each. A file is one document, word for word as it stands there."""
    for source in sources:
        files = sorted(file for file in source.rglob("*") if file.suffix in ENDINGS) if source.is_dir() else [source]
        for file in files:
            if file.suffix == ".json":
                for id_, text in read_list(file).items():
                    yield f"{file}: {id_}", (id_, text)
                continue
            try:
                text = file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise CommandRefused(f"{file}: it cannot be read as text.") from error
            yield str(file), (digest(text), text)
