"""Names that would be more than names, if a page let them."""

from __future__ import annotations

from collections.abc import Sequence

HOSTILE: Sequence[str] = (
    "<img src=x onerror=evil()>",
    "<script>evil()</script>",
    "\"'><svg onload=evil()>",
    "javascript:evil()",
    "{{evil()}} ${evil()} &lt;b&gt;",
    "</title><script>evil()</script>",
    "constructor",
    "__proto__",
)
"""Each has at most 32 characters; none of them may do anything but be shown."""
