"""Counting in windows on Redis, one round trip a count, for processes that share one."""

from datetime import datetime, timedelta
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from foundation.errors import Unavailable
from foundation.rates import Rate, Taken

ANSWER_S = 1.0
"""Redis is near and answers in under a millisecond; who waits longer had better count elsewhere."""

_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
local left = redis.call('PTTL', KEYS[1])
if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return {0, used, left} end
used = redis.call('INCRBY', KEYS[1], ARGV[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  left = tonumber(ARGV[3])
end
return {1, used, left}
"""

# A window that began since has more time left than the one that was taken from.
_GIVE_BACK = """
local left = redis.call('PTTL', KEYS[1])
if left > 0 and left <= tonumber(ARGV[2]) + 1000 then redis.call('DECRBY', KEYS[1], ARGV[1]) end
"""


class RedisWindows:
    """Raises Unavailable while Redis is away. Windows end by its clock, so those of the processes may differ."""

    def __init__(self, url: str, *, installation: str, answer_s: float = ANSWER_S) -> None:
        self._client: Any = Redis.from_url(
            url, socket_connect_timeout=answer_s, socket_timeout=answer_s, retry=Retry(NoBackoff(), 0)
        )
        self._prefix = f"casegraph:{installation}:limit:"
        self._take = self._client.register_script(_TAKE)
        self._give_back = self._client.register_script(_GIVE_BACK)

    async def take(self, key: str, amount: int, rate: Rate, now: datetime) -> Taken:
        try:
            granted, used, left_ms = await self._take(
                keys=[self._prefix + key], args=[amount, rate.amount, rate.seconds * 1000]
            )
        except (RedisError, OSError) as error:
            raise Unavailable from error
        return Taken(key, int(used), now + timedelta(milliseconds=max(0, int(left_ms))), bool(granted))

    async def give_back(self, taken: Taken, amount: int, now: datetime) -> None:
        left_ms = int((taken.ends_at - now).total_seconds() * 1000)
        if left_ms <= 0:
            return
        try:
            await self._give_back(keys=[self._prefix + taken.key], args=[amount, left_ms])
        except (RedisError, OSError) as error:
            raise Unavailable from error

    async def close(self) -> None:
        await self._client.aclose()
