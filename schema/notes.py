"""What people wrote beside a case."""

from datetime import datetime

import strawberry

from models import tables as rows
from rules.investigation.words import NoteType, NoteVisibility
from rules.nodes import global_id_of
from schema import ties
from schema.faces import Node, column, face, one, rule


@face(rows.Note)
class Note(Node):
    """A comment, flag or escalation beside a case."""

    id: strawberry.ID = rule(global_id_of("Note"), "Opaque and lasting.")
    investigation: ties.Investigation | None = one("Its case.", by="investigation_id")
    author: ties.User | None = one("Who wrote it; null when the viewer may not know.", by="author_id")
    type: NoteType = column("What it is for.")
    visibility: NoteVisibility = column("Who may read it.")
    body: str = column("What it says.")
    created_at: datetime = column("When it was written.")
