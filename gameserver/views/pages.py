"""The pages that people look at, and the files that these use."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from gameserver.services import Services
from gameserver.web.assets import Assets, make_assets
from gameserver.web.errors import NotFound
from gameserver.web.etags import matches
from gameserver.web.messages import Headers, Request, Response, View

KNOWN = "if-none-match"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'; frame-ancestors "
)
"""What a page may load: files of this server, and nothing that stands inside of it (CSP 3).

No form is sent by the browser itself: a module that has failed to load must not put a password
into an address. Where trusted types are known, no text can become markup either.
"""

FILE: Headers = (("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store"))
"""The header fields of a file under `/static/`; an error must not be kept for a year."""

PAGE: Headers = (
    ("Content-Security-Policy", f"{_POLICY}'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-cache"),
)
"""The header fields of a page."""

_EMBEDDED: Headers = (("Content-Security-Policy", f"{_POLICY}*"),)


@cache
def assets() -> Assets:
    """All pages and files, as they came with the package, be that a folder or a zip."""
    folder = files("gameserver").joinpath("pages")
    return make_assets({each.name: each.read_bytes() for each in folder.iterdir()})


def file(name: str) -> Response:
    """A file under `/static/`."""
    try:
        return assets().files[name]
    except KeyError:
        raise NotFound("no such file") from None


def page(name: str, embeddable: bool = False) -> View:
    """The view of a page, the file `<name>.html`.

    `embeddable`: with `embed=1` in the query, pages of other sites may have it in a frame.
    """

    def view(request: Request, services: Services, *captures: int) -> Response:
        response = assets().pages[name]
        if embeddable and request.parameter("embed") == "1":
            response = response._replace(headers=_EMBEDDED)
        if matches(request.headers.get(KNOWN, ""), response.etag):
            return Response(304, headers=response.headers, etag=response.etag)
        return response

    view.__name__ = name
    return view
