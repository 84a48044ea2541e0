"""Headers that bind the browser: what may run, load, frame or be sent where.

Rule of this file: nothing loads from another origin, no inline script runs without the nonce of its
own response, nobody frames us. Pinned by tests/pages/test_headers.py.
"""

import re
import secrets

from flask import Flask, Response, g, request

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")
_YEAR_S = 365 * 86400
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def install(app: Flask, *, is_secure: bool) -> None:
    """Send the headers with every answer; is_secure: the site is only ever reached over TLS."""
    app.jinja_env.globals["csp_nonce"] = nonce

    def add(response: Response) -> Response:
        for name, value in _FIXED.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy())
        if is_secure:
            response.headers["Strict-Transport-Security"] = f"max-age={_YEAR_S}"
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(add)


def nonce() -> str:
    """Return the word that lets a script of this response run."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    made: str = g.csp_nonce
    return made


def _policy() -> str:
    scripts = f"'nonce-{g.csp_nonce}'" if "csp_nonce" in g else "'none'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self'{_own_socket()}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _own_socket() -> str:
    """The own host's WebSocket by name: older Safari does not count it under 'self'."""
    if not _HOST.fullmatch(request.host):
        return ""
    return f" {'wss' if request.is_secure else 'ws'}://{request.host}"
