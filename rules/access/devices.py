"""Remembered devices: what stands for the second factor on a device where it was given (CONTRACTS row 42)."""

from datetime import timedelta

from foundation.errors import NotFound
from foundation.ids import secret_text

MARK = "cgd_"
LASTS = timedelta(days=30)  # CONTRACTS row 42
MAX_TOKEN = 128  # characters of whatever is sent as one; ours have 47


class DeviceNotFound(NotFound):
    code = "DEVICE_NOT_FOUND"
    message = "There is no such device."


def new_device_token() -> str:
    """`cgd_` and 32 random bytes. The device holds it; we keep the SHA-256. It opens nothing without the password."""
    return MARK + secret_text(32)
