"""What people wrote beside a case."""

from datetime import datetime

import strawberry

from models import tables as rows
from rules.investigation.words import NoteType, NoteVisibility
from schema import ties
from schema.faces import Node, column, face, one
from schema.identity import global_id


@face(rows.Note)
class Note(Node):
    """A comment, flag or escalation beside a case."""

    id: strawberry.ID = global_id("Note")
    investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
    author: ties.User | None = one("Who wrote it; null when the viewer may not know.", by="author_id")
    type: NoteType = column("What it is for.")
    visibility: NoteVisibility = column("Who may read it.")
    body: str = column("What it says.")
    created_at: datetime = column("When it was written.")
