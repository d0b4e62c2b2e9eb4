"""The files of the pages, named by what is in them."""

from __future__ import annotations

import unittest
from collections.abc import Mapping

from gameserver.web.assets import Assets, make_assets

SOURCES: Mapping[str, bytes] = {
    "layout.html": b"<head>\n<!-- head -->\n</head>\n<body>\n<!-- body -->\n</body>\n",
    "start.html": b'<title>a</title>\n<script src="/static/a.js"></script>\n\n<main>b</main>\n',
    "a.js": b'import { b } from "/static/b.js";',
    "b.js": b"export const b = 1;",
    "icon.svg": b"<svg/>",
}


def make(**changes: bytes) -> Assets:
    """Assets of the sources with some files changed, `b_js` for `b.js`."""
    changed = {name.replace("_", "."): content for name, content in changes.items()}
    return make_assets({**SOURCES, **changed})


class AssetsTest(unittest.TestCase):
    def name(self, assets: Assets, base: str) -> str:
        """The name with the hash of a file of this base."""
        (found,) = (name for name in assets.files if name.startswith(f"{base}."))
        return found

    def test_names(self) -> None:
        """The name of a file has a hash of its content, which is its ETag, too."""
        assets = make()
        self.assertEqual(len(assets.files), 3)
        name = self.name(assets, "b")
        self.assertRegex(name, r"\Ab\.[0-9a-f]{16}\.js\Z")
        file = assets.files[name]
        self.assertEqual(file.body, SOURCES["b.js"])
        self.assertEqual(file.content_type, "text/javascript; charset=utf-8")
        self.assertEqual(file.etag, f'"{name.split(".")[1]}"')
        self.assertIn(("Cache-Control", "public, max-age=31536000, immutable"), file.headers)

    def test_references(self) -> None:
        """A file names others as they are served."""
        assets = make()
        a, b = self.name(assets, "a"), self.name(assets, "b")
        self.assertEqual(assets.files[a].body, f'import {{ b }} from "/static/{b}";'.encode())
        self.assertIn(f'<script src="/static/{a}">'.encode(), assets.pages["start"].body)

    def test_changes(self) -> None:
        """A change of a file is a change of all names and ETags on the way to it."""
        old, new = make(), make(b_js=b"export const b = 2;")
        for base in ("a", "b"):
            self.assertNotEqual(self.name(old, base), self.name(new, base))
        self.assertEqual(self.name(old, "icon"), self.name(new, "icon"))
        self.assertNotEqual(old.pages["start"].etag, new.pages["start"].etag)

    def test_pages(self) -> None:
        """A page is the layout with its two parts, and the layout is no page."""
        pages = make().pages
        self.assertEqual(list(pages), ["start"])
        body = pages["start"].body
        self.assertRegex(
            body, rb"(?s)\A<head>\n<title>a</title>\n<script .*</script>\n</head>\n"
            rb"<body>\n<main>b</main>\n</body>\n\Z",
        )  # fmt: skip

    def test_what_is_not_there(self) -> None:
        """A name that leads nowhere, and one that leads back, are found at the start."""
        with self.assertRaisesRegex(ValueError, "/static/c.js is not there"):
            make(b_js=b'import "/static/c.js";')
        with self.assertRaisesRegex(ValueError, "refers to itself"):
            make(b_js=b'import "/static/a.js";')
