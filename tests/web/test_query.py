"""Queries, read strictly."""

from __future__ import annotations

import unittest

from gameserver.errors import Refused
from gameserver.web.query import Query, number, numbers, split_query, text

QUERY = Query(
    number("limit", "", 15, 1, 100),
    numbers("users", "", 3),
    text("q", "", 5, ""),
    number("score", "", required=True),
)


class QueryTest(unittest.TestCase):
    def test_values(self) -> None:
        """The values come in the order of the table, the missing ones as their defaults."""
        self.assertEqual(QUERY.read("score=0"), (15, None, "", 0))
        query = "users=3,1&q=a+b%2B&score=7&limit=100"
        self.assertEqual(QUERY.read(query), (100, (3, 1), "a b+", 7))

    def test_wrong(self) -> None:
        """What is wrong is refused, with the name of the parameter."""
        for query, field in [
            ("", "score"), ("score=1&limit=0", "limit"), ("score=1&limit=101", "limit"),
            ("score=", "score"), ("score=1&users=1,2,3,4", "users"), ("score=1&users=1,1", "users"),
            ("score=1&users=,", "users"), ("score=1&q=", "q"), ("score=1&q=abcdef", "q"),
            ("score=%31%", ""), ("score=1&score=1", ""), ("score=1&%73core=1", ""), ("score", ""),
            ("score=1&", ""), ("score=1&more=1", ""), ("score=1&q=%ff", ""), ("Score=1", ""),
        ]:  # fmt: skip
            with self.assertRaises(Refused) as caught:
                QUERY.read(query)
            error = caught.exception
            self.assertEqual((error.code, error.field), ("invalid_data", field))

    def test_nothing_is_echoed(self) -> None:
        """No error repeats what the query was."""
        for query in ("evil=1", "score=evil", "score=1&q=evilevil"):
            with self.assertRaises(Refused) as caught:
                QUERY.read(query)
            self.assertNotIn("evil", caught.exception.message)

    def test_empty(self) -> None:
        """No query has no parameters."""
        self.assertEqual(split_query(""), {})
        self.assertEqual(Query().read(""), ())

    def test_schemas(self) -> None:
        """Each parameter has a JSON schema for the document."""
        limit, users, q, score = QUERY.parameters
        self.assertEqual(
            limit.schema, {"type": "integer", "minimum": 1, "maximum": 100, "default": 15}
        )
        self.assertEqual(users.schema["maxItems"], 3)
        self.assertEqual(q.schema, {"type": "string", "minLength": 1, "maxLength": 5})
        self.assertTrue(score.required)


if __name__ == "__main__":
    unittest.main()
