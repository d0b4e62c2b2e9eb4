"""Posting scores: one, or several at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from gameserver.errors import invalid
from gameserver.scores.runs import Run
from gameserver.scores.values import SEVERAL, Outcome, Post, RequestId, run_id
from gameserver.services import Services
from gameserver.tournaments.keys import LONGEST_KEY
from gameserver.views import board_json
from gameserver.views.keyed_posts import with_key
from gameserver.views.schemas import META
from gameserver.views.who import SESSION, Writer, writer
from gameserver.web import json_body
from gameserver.web.json_body import Shape, read_body, read_text
from gameserver.web.messages import JSON, Request, Response, json_line
from gameserver.web.strict_json import depth_of, raw_elements, raw_members

IDEMPOTENCY_KEY = "idempotency-key"
LONGEST_ID = 64
MAX_POSTS = 50
MAX_META = 1024
MAX_META_DEPTH = 8

_ID: dict[str, Any] = {"minLength": 1, "maxLength": LONGEST_ID, "pattern": "^[ -~]+$"}
_SCORE = json_body.number("score", required=True)
_META = json_body.as_sent("meta", META)
_ABOUT_REQUEST = (
    json_body.text("id", **_ID),
    json_body.text("sessionkey"),
    json_body.number("user"),
)

_RUN = json_body.text("run", maxLength=LONGEST_ID)
_KEY = json_body.text(
    "key", maxLength=LONGEST_KEY, description="of a player in a tournament on the level"
)
ONE = Shape("NewScore", _SCORE, _META, _RUN, _KEY, *_ABOUT_REQUEST)
RUN = Shape("NewRun", *_ABOUT_REQUEST)
EACH = Shape("NewScoreOfLevel", json_body.number("level", required=True), _SCORE, _META)
ALL = Shape(
    "NewScores",
    json_body.as_sent(
        "scores",
        {"type": "array", "minItems": 1, "maxItems": MAX_POSTS, "items": EACH.schema},
        required=True,
    ),
    _KEY,
    *_ABOUT_REQUEST,
)


def submit(request: Request, services: Services, level_id: int) -> Response:
    """Enters a score on a level's board."""
    body_text, body, (user_id, is_trusted) = _read(request, services)
    fields = ONE.read(body)
    run = fields.get("run", "")
    post = Post(level_id, fields["score"], _meta(fields, body_text), is_trusted, run)
    asked = _request_id(request, level_id, body)
    if asked is None and run:
        asked = run_request(services, level_id, _said(body))
    enter = partial(with_key, services, fields["key"]) if "key" in fields else services.scores.post
    return Response(200, enter(user_id, [post], partial(_answer, user_id), asked), JSON)


def submit_several(request: Request, services: Services) -> Response:
    """Enters scores on several boards: all of them or none."""
    body_text, body, (user_id, is_trusted) = _read(request, services)
    fields = ALL.read(body)
    scores = fields["scores"]
    if not isinstance(scores, list) or not 1 <= len(scores) <= MAX_POSTS:
        raise invalid("scores", f"must be a list of 1 to {MAX_POSTS} objects")
    texts = raw_elements(raw_members(body_text)["scores"])
    posts = [
        _post(value, text, f"scores[{at}]")._replace(is_trusted=is_trusted)
        for at, (value, text) in enumerate(zip(scores, texts, strict=True))
    ]
    asked = _request_id(request, SEVERAL, body)
    enter = partial(with_key, services, fields["key"]) if "key" in fields else services.scores.post
    return Response(200, enter(user_id, posts, partial(_answers, user_id), asked), JSON)


def draw_run(request: Request, services: Services, level_id: int) -> Response:
    """A run, to be drawn before a game whose score needs one."""
    _, body, (user_id, _) = _read(request, services)
    RUN.read(body)
    asked = _request_id(request, run_id(level_id), body)
    return Response(200, services.scores.draw_run(level_id, user_id, _run, asked), JSON)


def _post(value: object, value_text: str, where: str) -> Post:
    if not isinstance(value, dict):
        raise invalid(where, "must be an object")
    fields = EACH.read(value, f"{where}.")
    meta = _meta(fields, value_text, f"{where}.")
    return Post(fields["level"], fields["score"], meta)


def _read(request: Request, services: Services) -> tuple[str, dict[str, Any], Writer]:
    """The body, as text and as an object, and for whom it is."""
    (key,) = SESSION.read(request.query)
    body_text = read_text(request) or "{}"
    body = read_body(body_text)
    return body_text, body, writer(request, services, key, body)


def _meta(fields: dict[str, Any], body_text: str, where: str = "") -> bytes | None:
    """The metadata of a post, as it was sent."""
    if "meta" not in fields:
        return None
    sent = raw_members(body_text)["meta"]
    meta = sent.encode()
    if not isinstance(fields["meta"], dict) or len(meta) > MAX_META:
        raise invalid(f"{where}meta", f"must be an object of at most {MAX_META} bytes")
    if depth_of(sent) > MAX_META_DEPTH:
        raise invalid(f"{where}meta", f"must be at most {MAX_META_DEPTH} deep")
    return meta


# Requests that may be repeated


def _request_id(request: Request, level_id: int, body: dict[str, Any]) -> RequestId | None:
    """What the request calls itself, in the body or in the header field."""
    in_field = request.headers.get(IDEMPOTENCY_KEY)
    if in_field is None and "id" not in body:
        return None
    names = {body["id"]} if "id" in body else set()
    if in_field is not None:
        names.add(_unquoted(in_field))
    if len(names) > 1:
        raise invalid("id", "must be the same in the body and in Idempotency-Key")
    return request_id(level_id, names.pop(), _said(body))


def _said(body: dict[str, Any]) -> str:
    """All of a body that has to be the same when it comes again."""
    said = {name: value for name, value in body.items() if name not in ("id", "sessionkey")}
    return json.dumps(said, sort_keys=True)


def run_request(services: Services, level_id: int, said: str) -> RequestId | None:
    """What stands for the id of a post with a run: such a post is one that may be repeated.

    None where the level needs no run. No client can choose such an id: it is not ASCII.
    """
    if not services.scores.settings(level_id).runs:
        return None
    digest = blake2b(said.encode(), digest_size=16)
    return RequestId(level_id, f"→{digest.hexdigest()}", digest.digest())


def request_id(level_id: int, name: str, said: str) -> RequestId:
    """A request's own name; `said` is all of it that has to be the same when it comes again."""
    if not (1 <= len(name) <= LONGEST_ID and name.isascii() and name.isprintable()):
        raise invalid("id", f"must have 1 to {LONGEST_ID} printable characters of ASCII")
    return RequestId(level_id, name, blake2b(said.encode(), digest_size=16).digest())


def _unquoted(value: str) -> str:
    """A header field's text; the draft of the field has it in quotes, most clients do not."""
    return value[1:-1] if len(value) > 2 and value[0] == value[-1] == '"' else value


# Answers


def _answer(user_id: int, outcomes: Sequence[Outcome]) -> bytes:
    return json_line(board_json.outcome(user_id, outcomes[0]))


def _run(run: Run) -> bytes:
    return json_line(board_json.run(run))


def _answers(user_id: int, outcomes: Sequence[Outcome]) -> bytes:
    results = [board_json.outcome(user_id, each) for each in outcomes]
    return json_line({"results": results})
