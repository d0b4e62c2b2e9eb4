"""setuptools, except that it refuses to build for an environment that has the released library.

pip builds apart from the environment that it installs into, but with that environment's
interpreter, so `sysconfig` and `site` know its folders. A distribution that is built elsewhere,
and a wheel, are not refused; then the library itself is, when it is imported.
"""

from __future__ import annotations

import runpy
import site
import sys
import sysconfig
from typing import Any

from setuptools import build_meta
from setuptools.build_meta import *  # noqa: F403 (the other hooks)


def get_requires_for_build_wheel(config_settings: Any = None) -> list[str]:
    """The first hook that is called for an installation."""
    _check()
    return build_meta.get_requires_for_build_wheel(config_settings)


def get_requires_for_build_editable(config_settings: Any = None) -> list[str]:
    """The same for one that leaves the files where they are."""
    _check()
    return build_meta.get_requires_for_build_editable(config_settings)


def _check() -> None:
    folders = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    installation = runpy.run_path("installation.py")  # hooks run beside pyproject.toml
    other = installation["other_in"](folders)
    if other:
        sys.exit(installation["refusal"](other))
