"""JSON, read strictly."""

from __future__ import annotations

import json
import random
import unittest
from typing import Any

from gameserver.web.multipart import Malformed
from gameserver.web.strict_json import depth_of, raw_elements, raw_members, read_object


class ReadTest(unittest.TestCase):
    def test_objects(self) -> None:
        """What an object says."""
        text = ' {"a": [1, -2, {"b": null}], "c": "\\ud83d\\ude00", "d": true}\n'
        self.assertEqual(read_object(text), {"a": [1, -2, {"b": None}], "c": "😀", "d": True})

    def test_refused(self) -> None:
        """What readers could take differently, or is no object, is refused."""
        for text in [
            "", "[]", "5", "null", '"a"', "{", '{"a":1,}', '{"a":01}', "{'a':1}", '{"a":1}x',
            '{"a":1.0}', '{"a":1e2}', '{"a":NaN}', '{"a":-Infinity}', '{"a":1234567890123456}',
            '{"a":1,"a":1}', '{"a":{"b":1,"b":2}}', '{"a":"\\ud800"}', '{"a":[["\\udc00"]]}',
            '{"\\ud800":1}', '{"a":"\n"}', '{"a":1}{"a":1}', "\ufeff{}",
        ]:  # fmt: skip
            with self.assertRaises(Malformed):
                read_object(text)

    def test_depth(self) -> None:
        """How deep a text is nested; brackets in strings do not count."""
        for text, depth in [("5", 0), ("{}", 1), ('{"[[{": "\\"{{"}', 1), ("[[],[[]]]", 3),
                            ('{"a":[{}]}', 3), ("]]]", -1), ("[" * 9999, 9999)]:  # fmt: skip
            self.assertEqual(depth_of(text), depth, text[:20])


class RawTest(unittest.TestCase):
    """The parts of a text, as they were sent."""

    def test_members(self) -> None:
        """Each value with all of its white space, and none around it."""
        text = '\n{ "a" : {"b" :\t1} ,"\\u0063":[ ], "d":"}," }'
        self.assertEqual(raw_members(text), {"a": '{"b" :\t1}', "c": "[ ]", "d": '"},"'})
        self.assertEqual(raw_members("{ }"), {})

    def test_elements(self) -> None:
        """The same of an array."""
        self.assertEqual(raw_elements('[ {"a":1}, 2 ,"]"]'), ['{"a":1}', "2", '"]"'])
        self.assertEqual(raw_elements("[ ]"), [])

    def test_random_objects(self) -> None:
        """The parts of any object mean what its members do."""
        chance = random.Random(1)
        for _ in range(200):
            value = {"x": _random_value(chance, 4), "y": [_random_value(chance, 3)]}
            text = json.dumps(value, indent=chance.choice([None, 1]))
            members = raw_members(text)
            self.assertEqual({name: json.loads(part) for name, part in members.items()}, value)
            parts = raw_elements(members["y"])
            self.assertEqual([json.loads(part) for part in parts], value["y"])
            self.assertTrue(all(part in text for part in parts))


def _random_value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(5 if depth else 3)
    if kind == 0:
        return chance.randrange(-1000, 1000)
    if kind == 1:
        return "".join(chance.choices('a"\\{}[],: é\n', k=chance.randrange(6)))
    if kind == 2:
        return chance.choice([True, False, None])
    count = chance.randrange(4)
    if kind == 3:
        return [_random_value(chance, depth - 1) for _ in range(count)]
    return {str(n): _random_value(chance, depth - 1) for n in range(count)}


if __name__ == "__main__":
    unittest.main()
