"""The second factor, and the devices on which it was given."""

from typing import Annotated

import strawberry

from resolvers import totp
from rules.access.actions import Action
from rules.access.devices import DeviceNotFound
from rules.access.viewer import Duty
from rules.nodes import key_of
from schema.marks import acts
from schema.payloads import KEY_SAYS, UserError, attempt
from schema.people import Device
from schema.planned import Info, planned
from schema.viewer import Viewer, myself

CODES_SAY = (
    "Ten codes, shown this once: we keep only their digests. Each stands for one code of the authenticator, once. Null "
    "when nothing was done."
)
WRONG_SAY = "INVALID_CREDENTIALS for a wrong password"


@strawberry.input(description="Who wants to set up a second factor.")
class EnrolTotpInput:
    password: str = strawberry.field(description="The password, once more.")


@strawberry.input(description="The first code of the authenticator.")
class ConfirmTotpInput:
    code: str = strawberry.field(description="Six digits, as the authenticator shows them now.")


@strawberry.input(description="Who wants to give up the second factor.")
class DisableTotpInput:
    password: str = strawberry.field(description="The password, once more.")


@strawberry.input(description="Who wants new recovery codes.")
class RegenerateRecoveryCodesInput:
    password: str = strawberry.field(description="The password, once more.")


@strawberry.input(description="The device that is to be forgotten.")
class RevokeDeviceInput:
    id: strawberry.ID = strawberry.field(description="The id of the device.")
    client_mutation_key: str | None = strawberry.field(default=None, description=KEY_SAYS)


@strawberry.type(description="What an authenticator application needs: the same in three forms, shown this once.")
class EnrolTotpPayload:
    secret: str | None = strawberry.field(description="The seed in base32, for typing.")
    uri: str | None = strawberry.field(description="`otpauth://totp/...`, for applications on the same device.")
    picture: str | None = strawberry.field(description="A QR code of `uri`, as a `data:image/svg+xml` URI.")
    user_errors: list[UserError] = strawberry.field(description=f"{WRONG_SAY}, TOTP_ENROLLED where there is one.")


@strawberry.type(description="How setting up a second factor ended.")
class ConfirmTotpPayload:
    recovery_codes: list[str] | None = strawberry.field(description=CODES_SAY)
    viewer: Viewer | None = strawberry.field(
        description="Who has a second factor now; null when it was refused, or a password is still to be changed."
    )
    user_errors: list[UserError] = strawberry.field(
        description="TOTP_INVALID for a wrong code, TOTP_ENROLMENT_OVER where none was begun in the last ten minutes."
    )


@strawberry.type(description="How giving up the second factor ended.")
class DisableTotpPayload:
    viewer: Viewer | None = strawberry.field(description="Who has none any longer; null when it was refused.")
    user_errors: list[UserError] = strawberry.field(description=f"{WRONG_SAY}, TOTP_NOT_ENROLLED where there is none.")


@strawberry.type(description="How making new recovery codes ended.")
class RegenerateRecoveryCodesPayload:
    recovery_codes: list[str] | None = strawberry.field(description=CODES_SAY)
    viewer: Viewer | None = strawberry.field(description="Whose codes they are; null when it was refused.")
    user_errors: list[UserError] = strawberry.field(description=f"{WRONG_SAY}, TOTP_NOT_ENROLLED where there is none.")


@strawberry.type(description="How forgetting a device ended.")
class RevokeDevicePayload:
    device: Device | None = strawberry.field(description="The device, revoked now or before.")
    user_errors: list[UserError] = strawberry.field(description="DEVICE_NOT_FOUND; empty when it was revoked.")


@strawberry.type(description="The second factor, and the devices on which it was given.")
class TotpMutations:
    @strawberry.mutation(
        description="Begins to set up a second factor: point an authenticator at the picture, then send its code to "
        "`confirmTotp` within ten minutes. Until then signing in goes on as before. A wrong password counts "
        "as a failed sign-in.",
        metadata=acts(Action.TOTP_ENROL),
    )
    async def enrol_totp(
        self, info: Info, input: Annotated[EnrolTotpInput, strawberry.argument(description="Who it is.")]
    ) -> EnrolTotpPayload | None:
        done = await attempt(info.context.operation, lambda op: totp.begin_enrolment(op, password=input.password))
        begun = done.result
        return EnrolTotpPayload(
            secret=begun.secret if begun else None,
            uri=begun.uri if begun else None,
            picture=begun.picture if begun else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Sets up the second factor that was begun: from now on signing in wants a code. Keep the recovery "
        "codes on paper. A wrong code counts as a failed sign-in.",
        metadata=acts(Action.TOTP_ENROL),
    )
    async def confirm_totp(
        self, info: Info, input: Annotated[ConfirmTotpInput, strawberry.argument(description="The code.")]
    ) -> ConfirmTotpPayload | None:
        op = info.context.operation
        done = await attempt(op, lambda op: totp.confirm_enrolment(op, code=input.code))
        return ConfirmTotpPayload(
            recovery_codes=list(done.result) if done.result else None,
            viewer=myself(info, done=Duty.TOTP) if done.result else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Takes the second factor away, with its recovery codes and remembered devices. Who has lost the "
        "authenticator signs in by a recovery code first.",
        metadata=acts(Action.TOTP_REMOVE),
    )
    async def disable_totp(
        self, info: Info, input: Annotated[DisableTotpInput, strawberry.argument(description="Who it is.")]
    ) -> DisableTotpPayload | None:
        op = info.context.operation
        done = await attempt(op, lambda op: totp.remove(op, password=input.password))
        return DisableTotpPayload(viewer=None if done.user_errors else myself(info), user_errors=done.user_errors)

    @strawberry.mutation(
        description="Ten new recovery codes; the old ones stop to work.", metadata=acts(Action.TOTP_RECOVER)
    )
    async def regenerate_recovery_codes(
        self, info: Info, input: Annotated[RegenerateRecoveryCodesInput, strawberry.argument(description="Who it is.")]
    ) -> RegenerateRecoveryCodesPayload | None:
        op = info.context.operation
        done = await attempt(op, lambda op: totp.regenerate_recovery_codes(op, password=input.password))
        return RegenerateRecoveryCodesPayload(
            recovery_codes=list(done.result) if done.result else None,
            viewer=myself(info) if done.result else None,
            user_errors=done.user_errors,
        )

    @strawberry.mutation(
        description="Forgets a device of the viewer's at once: its next sign-in wants a code again. Its sessions go on "
        "until they are revoked. Twice is no error.",
        metadata=acts(Action.DEVICE_REVOKE),
    )
    async def revoke_device(
        self, info: Info, input: Annotated[RevokeDeviceInput, strawberry.argument(description="Which device.")]
    ) -> RevokeDevicePayload | None:
        done = await attempt(
            info.context.operation,
            lambda op: totp.revoke_device(op, device_id=_device_id(input.id)),
            mutation="revokeDevice",
            asked=input,
            key=input.client_mutation_key,
        )
        return RevokeDevicePayload(
            device=planned(info, Device, done.result) if done.result else None, user_errors=done.user_errors
        )


def _device_id(text: str) -> str:
    key = key_of("Device", text)
    if key is None:
        raise DeviceNotFound(field="id")
    return str(key)
