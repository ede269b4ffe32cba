"""Cases: begun, changed, archived. Moves of a run are in resolvers/moves and resolvers/commands."""

from resolvers.investigations.archive import archive_investigation
from resolvers.investigations.create import Configuration, create_investigation
from resolvers.investigations.job import job_of
from resolvers.investigations.update import update_investigation

__all__ = ["Configuration", "archive_investigation", "create_investigation", "job_of", "update_investigation"]
