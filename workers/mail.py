"""Letters to people, sent durably: tried four times, 2, 4 and 8 seconds apart, then given up and logged.

What a letter says is made in the step that sends it, so that the engine's tables hold neither address nor link.
"""

from dbos import DBOS

from formats import letters
from formats.letters import Written
from foundation.errors import Unavailable
from foundation.telemetry import logger
from gateways.jobs import MAIL_TO
from gateways.ports import Letter, MailNotSent
from models.queries import credentials
from models.queries.credentials import Account
from resolvers import resets
from resolvers.letters import Kind
from resolvers.operation import House, Operation
from resolvers.personal import personal_of
from rules.access.viewer import engine_of
from workers import steps

RETRIES, FIRST_PAUSE_S, BACKOFF = 3, 2.0, 2.0  # what the contracts say of every call to the outside
MOST_RECOVERIES = 10

log = logger("workers.mail")


@DBOS.workflow(name=MAIL_TO, max_recovery_attempts=MOST_RECOVERIES)
async def mail_to(kind: str, user_id: str) -> str:
    """One letter. Returns how it ended: `sent`, `not sent`, `no server`, or `nobody` to write to."""
    async with steps.running():
        job = DBOS.workflow_id or ""

        async def body() -> str:
            return await write_and_send(steps.house(), Kind(kind), user_id, job)

        try:
            return await DBOS.run_step_async(
                {
                    "name": kind,
                    "retries_allowed": True,
                    "max_attempts": 1 + RETRIES,
                    "interval_seconds": FIRST_PAUSE_S,
                    "backoff_rate": BACKOFF,
                    "should_retry": _again,
                },
                body,
            )
        except Exception as error:
            log.error("a letter was not sent", job=job, kind=kind, why=str(error))
            return "not sent"


async def write_and_send(house: House, kind: Kind, user_id: str, job: str) -> str:
    """Raises MailNotSent, Unavailable."""
    if house.mailer is None:
        log.info("a letter was not sent: CASEGRAPH_SMTP_URL is not set", job=job, kind=str(kind))
        return "no server"
    async with house.database.reading() as session:
        account = await credentials.account_of(session, user_id)
    if account is None or not account.is_active:
        return "nobody"
    op = Operation(house, engine_of(account.organization.id), request_id=job)
    to = personal_of(op, account.user).email
    written = await _write(op, kind, account, job) if to else None
    if to is None or written is None:
        return "nobody"
    await house.mailer.send(Letter(to, written.subject, written.text))
    return "sent"


async def _write(op: Operation, kind: Kind, account: Account, job: str) -> Written | None:
    name, public_url = account.user.name, op.settings.public_url
    match kind:
        case Kind.PASSWORD_RESET:
            issued = await resets.issue_by_mail(op, user_id=account.user.id, reset_id=job.removeprefix("mail:"))
            if issued is None:
                return None
            minutes = int(resets.LASTS.total_seconds() // 60)
            return letters.password_reset(name=name, link=issued.link, minutes=minutes, public_url=public_url)
        case Kind.PASSWORD_CHANGED:
            return letters.password_changed(name=name, public_url=public_url)
        case Kind.ADDRESS_IN_USE:
            return letters.address_in_use(name=name, public_url=public_url)


def _again(error: BaseException) -> bool:
    return isinstance(error, Unavailable) or (isinstance(error, MailNotSent) and error.again)
