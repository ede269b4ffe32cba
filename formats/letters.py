"""What is written to people, as plain text, one line a paragraph.

Of all that is known a letter names its recipient's own sign-in name and no more: others may read the mailbox.
"""

from typing import NamedTuple


class Written(NamedTuple):
    subject: str
    text: str


_END = "\n\ncasegraph, {public_url}\n"


def password_reset(*, name: str, link: str, minutes: int, public_url: str) -> Written:
    return Written(
        "Choose a new password",
        f"Hello {name},\n\n"
        f"a new password was asked for your account. Choose one within {minutes} minutes:\n\n{link}\n\n"
        "The link works once. A second factor stays as it is. If it was not you who asked, leave it alone: nothing "
        "has changed." + _END.format(public_url=public_url),
    )


def password_changed(*, name: str, public_url: str) -> Written:
    return Written(
        "Your password was changed",
        f"Hello {name},\n\n"
        "the password of your account was changed, and your other sign-ins have ended.\n\n"
        "If it was not you, ask for a new one at once and tell your administrator."
        + _END.format(public_url=public_url),
    )


def address_in_use(*, name: str, public_url: str) -> Written:
    return Written(
        "Somebody registered with your address",
        f"Hello {name},\n\n"
        "somebody wanted to register with this mail address. It belongs to your account, so the new one was made "
        "without it.\n\n"
        "If it was you: sign in with the account you have, or ask for a new password. If not, there is nothing to do."
        + _END.format(public_url=public_url),
    )
