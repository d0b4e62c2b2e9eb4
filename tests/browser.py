"""A real browser that looks at the pages: Debian's chromium, driven by selenium."""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import tempfile
import unittest
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

import requests

from tests.servers import ServerProcess
from tests.support import PATIENCE, free_port, wait_until

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
          "--disable-background-networking", "--hide-scrollbars")  # fmt: skip
DESKTOP, PHONE = (1280, 800), (390, 844)

LONG = 3 * PATIENCE
"""Seconds for what a browser does: on a busy machine a page alone may take several."""

_HOLD = """
    const [part] = arguments;
    const real = fetch;
    const held = new Promise((resolve) => { window.release = resolve; });
    let isFirst = true;
    window.fetch = async (path, ...more) => {
      if (!path.includes(part) || !isFirst) return real(path, ...more);
      isFirst = false;
      const answer = await held.then(() => real(path, ...more));
      const text = await answer.text();
      answer.text = async () => {
        setTimeout(() => { window.isRead = true; });
        return text;
      };
      return answer;
    };
"""

HAS_AXE = importlib.util.find_spec("axe_core_python") is not None


def why_none() -> str:
    """Why there is no browser to test with; empty if there is one."""
    if not (CHROMIUM and DRIVER):
        return "it takes chromium and chromedriver"
    return "" if importlib.util.find_spec("selenium") else "it takes selenium (pip)"


WHY_NONE = why_none()
needs_browser = unittest.skipIf(WHY_NONE, WHY_NONE)
needs_axe = unittest.skipIf(WHY_NONE or not HAS_AXE, WHY_NONE or "it takes axe-core-python (pip)")


class Browser:
    """One window of a browser with an empty profile."""

    def __init__(self) -> None:
        from selenium import webdriver

        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for flag in (*_FLAGS, f"--user-data-dir={self._profile.name}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        # Selenium would let the system choose one, which may be somebody else's a moment later.
        service = webdriver.ChromeService(str(DRIVER), port=free_port())
        self.driver = webdriver.Chrome(options, service)
        self.driver.set_script_timeout(LONG)
        self.look()

    def close(self) -> None:
        self.driver.quit()
        self._profile.cleanup()

    def open(self, url: str, is_ready: bool = True) -> None:
        """Opens an address; `is_ready`: and waits until the page shows what it has to show."""
        self.driver.get(url)
        if is_ready:
            self.wait("html[data-ready]")

    def look(
        self, size: Sequence[int] = DESKTOP, scheme: str = "light", media: str = "", **more: str
    ) -> None:
        """Looks with a window of this size, in `light` or `dark`, at the screen or in `print`.

        `more` are other media features, such as prefers_reduced_motion="reduce".
        """
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1,
                   "mobile": width < 600}  # fmt: skip
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        features += [
            {"name": name.replace("_", "-"), "value": value} for name, value in more.items()
        ]
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"media": media, "features": features}
        )

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Presses keys of these names, such as Tab, one after the other."""
        from selenium.webdriver import ActionChains, Keys

        for key in keys:
            ActionChains(self.driver).send_keys(getattr(Keys, key.upper(), key)).perform()

    def all(self, selector: str) -> list[Any]:
        """The elements of a selector, those that are hidden too."""
        return self.driver.find_elements("css selector", selector)

    def wait(self, selector: str) -> Any:
        """The first element of a selector that can be seen."""
        return self._until(lambda: self._seen(selector), selector)

    def wait_until_idle(self) -> None:
        """Waits until all is done that buttons and forms have begun: until then they do no more."""
        self._until(lambda: not self.all("[data-busy]"), "what is busy")

    def wait_for_text(self, selector: str, text: str) -> Any:
        """The first element of a selector that can be seen and has this text in it."""
        return self._until(
            lambda: [each for each in self.all(selector) if text in each.text], selector
        )[0]

    def wait_until_gone(self, selector: str) -> None:
        """Waits until nothing of a selector can be seen."""
        self._until(lambda: not self._seen(selector), selector)

    def text(self, selector: str = "main") -> str:
        """The text of the first element of a selector, as it is seen."""
        return str(self._with(selector, lambda element: element.text))

    def click(self, selector: str) -> None:
        """Clicks the first element of a selector that can be seen, when nothing is busy."""
        self.wait_until_idle()
        self._with(selector, lambda element: element.click())

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements of a selector that can be seen."""
        script = "return [...document.querySelectorAll(arguments[0])]"
        script += ".filter((each) => each.checkVisibility())"
        script += ".map((each) => each.innerText ?? each.textContent)"  # SVG has no innerText
        return list(self.run(script, selector))

    def hold(self, part: str) -> None:
        """The first request from now on whose path has this part waits until `release()` is called
        in the page; when its answer has been read, `isRead` is true there."""
        self.run(_HOLD, part)

    def complaints(self) -> list[str]:
        """What the console has said since it was asked last: errors, and refusals of the CSP."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING")
        ]

    def picture(self, file: str | Path, is_whole: bool = False) -> None:
        """A screenshot as PNG; `is_whole`: of all that scrolling would show."""
        taken = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"captureBeyondViewport": is_whole}
        )
        Path(file).write_bytes(base64.b64decode(taken["data"]))

    def faults(self, *rules: str) -> list[str]:
        """What axe finds in the page that is serious or worse: a line for each.

        `rules` are the only ones that it looks for, if there are any.
        """
        if not self.run("return Boolean(window.axe)"):
            script = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
            self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": script})
        options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
        found = self.driver.execute_async_script(
            "axe.run(arguments[0]).then(arguments[1]);", options
        )
        return [
            f"{each['impact']} {each['id']}: {each['help']}: "
            + json.dumps([node["html"][:200] for node in each["nodes"]])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    def _seen(self, selector: str) -> Any:
        return next((each for each in self.all(selector) if each.is_displayed()), None)

    def _with(self, selector: str, work: Callable[[Any], Any]) -> Any:
        """What some work with the first element of a selector that can be seen returns."""

        def done() -> Any:
            element = self._seen(selector)
            return element and (work(element),)

        return self._until(done, selector)[0]

    def _until(self, condition: Callable[[], Any], what: str) -> Any:
        from selenium.common.exceptions import WebDriverException

        def holds() -> Any:
            try:
                return condition()
            except WebDriverException as error:
                if not _is_passing(error):
                    raise
                return None

        try:
            return wait_until(holds, LONG)
        except AssertionError as error:
            shown = self.run("return document.body.innerText")
            said = f"the page says {shown!r}, the console {self.complaints()}"
            raise AssertionError(f"{what}: {error}; {said}") from None


def _is_passing(error: Any) -> bool:
    """Whether an element was replaced just then, or was moving away: nothing was done with it."""
    from selenium.common.exceptions import (
        ElementClickInterceptedException,
        StaleElementReferenceException,
    )

    if isinstance(error, (StaleElementReferenceException, ElementClickInterceptedException)):
        return True
    # Where a page is left meanwhile chromedriver may say it so instead:
    # https://github.com/SeleniumHQ/selenium/issues/15401 and 12221
    return "ode with given id" in str(error.msg)


@needs_browser
class BrowserCase(unittest.TestCase):
    """One browser and one server with an admin for all tests of a class.

    `flags` are the server's, beside those for the admin.
    """

    flags: ClassVar[Sequence[str]] = ("--threaded",)
    server: ClassVar[ServerProcess]
    browser: ClassVar[Browser]
    token: ClassVar[str]
    """The admin's."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        token_file = Path(folder.name, "admin-token")
        cls.server = ServerProcess(*cls.flags, "--admin_token_file", str(token_file))
        cls.addClassCleanup(cls.server.stop)
        cls.token = token_file.read_text().strip()
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self) -> None:
        super().setUp()
        self.browser.look()
        self.browser.complaints()

    def url(self, path: str) -> str:
        """The address of a path."""
        return self.server.url.rstrip("/") + path

    def open(self, path: str) -> None:
        """Opens a page and waits until it is ready."""
        self.browser.open(self.url(path))

    def call(self, method: str, path: str, body: Any = None, as_admin: bool = False) -> Any:
        """What the API answers to JSON: its JSON, or its text."""
        fields = {"Authorization": f"Bearer {self.token}"} if as_admin else {}
        answer = requests.request(
            method, self.url(path), json=body, headers=fields, timeout=PATIENCE
        )
        self.assertLess(answer.status_code, 400, answer.text)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.json() if is_json else answer.text

    def post_scores(self, user_id: int, scores: Mapping[int, int]) -> None:
        """Posts a user's scores, by level."""
        key = self.call("GET", f"/{user_id}/login")
        posts = [{"level": level_id, "score": score} for level_id, score in scores.items()]
        self.call("POST", f"/api/scores?sessionkey={key}", {"scores": posts})

    def put(self, selector: str, text: str) -> None:
        """Types something in the place of what was in a field."""
        self.browser.wait_until_idle()
        field = self.browser.wait(selector)
        field.clear()
        field.send_keys(text)

    def choose(self, selector: str, value: str) -> None:
        """Chooses something, as a person does."""
        script = "const [s, value] = arguments; const e = document.querySelector(s);"
        script += "e.value = value; for (const n of ['input', 'change'])"
        script += "e.dispatchEvent(new Event(n, {bubbles: true}))"
        self.browser.run(script, selector, value)

    def click(self, selector: str) -> None:
        """Clicks the first element of a selector that can be seen."""
        self.browser.click(selector)

    def assert_no_complaints(self) -> None:
        """The console has said nothing that somebody should know."""
        self.assertEqual(self.browser.complaints(), [])

    def assert_no_faults(self) -> None:
        """Axe finds nothing serious in the page that is open, in light and in dark."""
        for scheme, rules in (("light", ()), ("dark", ("color-contrast",))):
            with self.subTest(scheme=scheme):
                self.browser.look(scheme=scheme, prefers_reduced_motion="reduce")
                self.assertEqual(self.browser.faults(*rules), [])
