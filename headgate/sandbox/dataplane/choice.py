"""Which of a path's Services a request goes to: by header, by cookie, by share, and by who is there at all.

Owns the order, which is that of ingress-nginx: a header decides before a cookie, a cookie before a share. A Service
without ready pods gets nothing; when neither version has any, the route's fallback answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.cookies import CookieError, SimpleCookie

from headgate.sandbox.dataplane.objects import Key, Route

Carried = Mapping[str, str]


def service_of(
    main: Route, canary: Route | None, carried: Carried, ready: Callable[[Key], bool], happens: Callable[[float], bool]
) -> Key:
    """Return the Service; `carried` are the request's headers by their lower-case names."""
    beside = canary if canary is not None and ready(canary.service) else None
    chosen = _told(beside, carried) if beside is not None else None
    if not ready(main.service):
        # A share of nothing is everything; what is for those alone who ask for it stays theirs.
        if beside is not None and (chosen or not (beside.header or beside.cookie)):
            return beside.service
        return main.fallback if main.fallback and ready(main.fallback) else main.service
    if beside is None:
        return main.service
    if chosen is None:
        chosen = happens(max(0.0, min(100.0, beside.canary or 0.0)) / 100)
    return beside.service if chosen else main.service


def _told(canary: Route, carried: Carried) -> bool | None:
    """Say what the request itself asks for; None when it asks for nothing."""
    if canary.header:
        value = carried.get(canary.header.lower())
        if canary.header_value:
            if value == canary.header_value:
                return True
        elif value in ("always", "never"):
            return value == "always"
    if canary.cookie:
        value = _cookie(carried, canary.cookie)
        if value in ("always", "never"):
            return value == "always"
    return None


def _cookie(carried: Carried, name: str) -> str | None:
    try:
        morsel = SimpleCookie(carried.get("cookie", "")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None
