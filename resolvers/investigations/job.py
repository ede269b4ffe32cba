"""The durable run of a case."""

from foundation.ids import to_ref
from gateways.ports import Job
from models import tables as rows
from resolvers.announcements import number_of


def job_of(case: rows.Investigation) -> Job:
    """The run that the case is in: its id is the ref and the run's number, so that each run starts once."""
    ref = to_ref("INV", number_of(case))
    return Job("investigate", "investigations", f"{ref}:{case.run}", (ref,))
