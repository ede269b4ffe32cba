"""Cases: begun, changed, archived. Commands to their runs are in resolvers/commands."""

from resolvers.investigations.archive import archive_investigation
from resolvers.investigations.create import Configuration, create_investigation
from resolvers.investigations.update import update_investigation

__all__ = ["Configuration", "archive_investigation", "create_investigation", "update_investigation"]
