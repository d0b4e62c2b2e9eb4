"""The document of the API."""

from __future__ import annotations

import json
import re
import unittest
from typing import Any

from gameserver.urls import urlpatterns
from gameserver.views.schemas import SCHEMAS
from tests.support import make_app, make_request

API_CONVENTIONS = {
    "listLevels", "getLeaderboard", "getLeaderboardAroundUser", "submitScore", "listSeasons",
    "exportCsv",
}  # fmt: skip
"""The operation ids that people search for."""


class DocumentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        (response,) = make_app().handle([make_request("GET", "/openapi.json")])
        cls.document: dict[str, Any] = json.loads(response.body)

    def operations(self) -> list[dict[str, Any]]:
        return [
            operation
            for item in self.document["paths"].values()
            for method, operation in item.items()
            if method != "parameters"
        ]

    def test_every_route(self) -> None:
        """Each route whose errors are problem details is in it, with each of its methods."""
        for route in urlpatterns:
            if route.error_format != "problem":
                continue
            item = self.document["paths"][re.sub("<(.*?)>", r"{\1}", route.name)]
            methods = {method.upper() for method in item if method != "parameters"}
            self.assertEqual(methods, route.views.keys() - {"HEAD"}, route.name)

    def test_operation_ids(self) -> None:
        """Each operation has an id of its own; the usual ones are there."""
        ids = [operation["operationId"] for operation in self.operations()]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertLessEqual(API_CONVENTIONS, set(ids))

    def test_references(self) -> None:
        """Whatever it refers to is there, and all schemas are of use."""
        text = json.dumps(self.document)
        referred = set(re.findall(r'"#/components/(\w+)/(\w+)"', text))
        for kind, name in referred:
            self.assertIn(name, self.document["components"][kind])
        self.assertLessEqual(set(SCHEMAS), {name for _, name in referred})

    def test_errors(self) -> None:
        """Every operation declares the errors that any request may get."""
        for operation in self.operations():
            for status in ("400", "404", "405", "414", "429", "431", "503"):
                self.assertIn(status, operation["responses"])
            if "security" in operation:
                self.assertIn("401", operation["responses"])
            if "requestBody" in operation:
                self.assertLessEqual({"411", "413", "415"}, operation["responses"].keys())

    def test_valid(self) -> None:
        """It is a valid document of OpenAPI 3.1."""
        try:
            from openapi_spec_validator import validate
        except ImportError:
            self.skipTest("it takes openapi-spec-validator")
        validate(self.document)


if __name__ == "__main__":
    unittest.main()
