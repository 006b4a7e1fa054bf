"""Django's cache on Valkey, for which a Valkey that is away is an empty cache.

Pages must work without it: reads miss, writes are lost, nothing raises. Who needs to know whether
a value was kept asks the database.
"""

import functools
import logging
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def _or(method: str, otherwise: Any) -> Any:
    """`RedisCache.method`, answering `otherwise` when Valkey is away."""
    original = getattr(RedisCache, method)

    @functools.wraps(original)
    def call(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            level = logging.WARNING if isinstance(error, (Unreachable, OSError)) else logging.ERROR
            log.log(
                level, "Valkey is away: %s of the cache was passed over (%s).", method, type(error).__name__
            )
            return otherwise(*args, **kwargs)

    return call


def _default(key: Any, default: Any = None, *_args: Any, **_kwargs: Any) -> Any:
    return default


def _absent(key: Any, *_args: Any, **_kwargs: Any) -> Any:
    raise ValueError(f"Key {key!r} not found")  # what Django's caches say of a missing key


class Client(RedisCacheClient):
    """Django's, which makes a new client for each command; one does as well (there is one server)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: dict[bool, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        if write not in self._made:
            self._made[write] = super().get_client(key, write=write)
        return self._made[write]


class Cache(RedisCache):
    """A cache whose failures are misses."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client

    get = _or("get", _default)
    get_many = _or("get_many", lambda *_a, **_k: {})
    has_key = _or("has_key", lambda *_a, **_k: False)
    add = _or("add", lambda *_a, **_k: False)
    set = _or("set", lambda *_a, **_k: None)
    set_many = _or("set_many", lambda data, *_a, **_k: list(data))
    touch = _or("touch", lambda *_a, **_k: False)
    delete = _or("delete", lambda *_a, **_k: False)
    delete_many = _or("delete_many", lambda *_a, **_k: None)
    clear = _or("clear", lambda *_a, **_k: False)
    incr = _or("incr", _absent)
