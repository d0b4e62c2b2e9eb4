# A client of gameserver for Godot 3.2 and what follows of Godot 3. Copy this file; it needs nothing
# else.
# Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
#
#     var server = preload("res://gameserver.gd").new()
#     server.url = "https://scores.example.org"
#     add_child(server)
#     var answer = yield(server.post(7, 1500), "completed")
#     print(answer.rank if answer.has("rank") else answer)
#
# No call blocks a frame: yield until it is "completed", or do not wait for it. Each gives a
# dictionary: the server's JSON, or an error as
# {"error": code, "message": text, "status": of HTTP or 0, "final": whether it would fail again}.
extends Node

# Each post that leaves the queue, once: with the server's answer, or with the error for which it
# was dropped.
signal post_done(post, answer)

# A list that is watched, as `top` gives it: at once and after every change.
signal board_changed(board)

const TIMEOUT = 10 # seconds, for each request
const LONGEST_WAIT = 300.0 # seconds: a wrong secret is not tried too often, either
const NOT_FINAL = [408, 425, 429] # the errors 4xx that say nothing about the post itself

export var url = ""
export var folder = "user://" # where the game keeps its saves

var _user = {}
var _queue = []
var _awaited = {} # the answers to the posts that a call of `post` is about, by id
var _watched = {} # what is known of each level that is watched
var _key = ""
var _is_busy = false # one conversation at a time
var _flushes = 0 # calls of `flush` that are under way
var _failures = 0
var _not_before = 0 # milliseconds
var _reason = ""
var _random = RandomNumberGenerator.new()


func _ready():
	_random.randomize()
	if Directory.new().make_dir_recursive(folder) != OK:
		push_warning("gameserver: no folder %s to keep scores in" % folder)
	url = url.rstrip("/")
	for user in _read_lines("gameserver-user.json", "secret"):
		_user = user
	_queue = _read_lines("gameserver-queue.json", "body") + _queue


# Sends what waits, and asks for what is watched, when it is time.
func _process(_delta):
	var now = OS.get_ticks_msec()
	if _queue and not _flushes and now >= _not_before:
		flush()
	for level in _watched:
		if not _watched[level].is_asked and now >= _watched[level].next:
			_look(level, _watched[level])


# What a game calls

# The player's `user`: kept from the first call on, with the secret that proves it.
func user():
	yield(_turn(), "completed")
	var answer = yield(_get_user(), "completed")
	_is_busy = false
	return answer


# Gives the player a name, 1 to 32 characters.
func rename(new_name):
	yield(_turn(), "completed")
	var path = "/api/users/{user}?_method=PUT"
	var answer = yield(_ask_as_player(path, {"name": new_name}), "completed")
	_is_busy = false
	return answer


# Posts a score: its `rank`, `best` …; {"queued": n, "reason": code} if it has to wait. `more` are
# `meta`, `run` or `key`, as the server knows them.
func post(level, score, more = {}):
	var id = Crypto.new().generate_random_bytes(16).hex_encode()
	var body = more.duplicate()
	body["id"] = id
	body["score"] = score
	_queue.append({"level": level, "body": body})
	_write_lines("gameserver-queue.json", _queue)
	_awaited[id] = {}
	yield(flush(), "completed")
	var answer = _awaited[id]
	_awaited.erase(id)
	return answer if answer else _waiting()


# Sends what waits, in order; gives `queued`: how many posts still wait, and `reason`. It is called
# by itself, too: nothing is sent before a wait that the server asked for, or that follows a
# failure, is over.
func flush():
	_flushes += 1
	yield(_turn(), "completed")
	while _queue and OS.get_ticks_msec() >= _not_before:
		var post = _queue[0]
		var path = "/api/levels/%d/scores" % post.level
		var answer = yield(_ask_as_player(path, post.body), "completed")
		if answer.has("error") and not answer.final:
			_failures += 1
			_reason = answer.error
			var wait = _wait(_failures, answer.retry_after)
			_not_before = OS.get_ticks_msec() + int(1000 * wait)
			break
		_failures = 0
		_queue.pop_front()
		_write_lines("gameserver-queue.json", _queue)
		if _awaited.has(post.body.id):
			_awaited[post.body.id] = answer
		emit_signal("post_done", post, answer)
	_is_busy = false
	_flushes -= 1
	return _waiting()


# The first `entries` of a level's list.
func top(level, limit = 15):
	return yield(_ask(HTTPClient.METHOD_GET, "/api/levels/%d?limit=%d" % [level, limit]), "completed")


# The player's `rank`, and `entries` with as many neighbours on each side.
func around(level, neighbours = 5):
	var user = yield(user(), "completed")
	if user.has("error"):
		return user
	var path = "/api/levels/%d/users/%d?around=%d" % [level, user.user, neighbours]
	return yield(_ask(HTTPClient.METHOD_GET, path), "completed")


# Emits `board_changed` until `unwatch`. It asks every so many seconds, and is told in one line if
# nothing is new.
func watch(level, seconds = 5.0):
	_watched[level] = {"every": seconds, "next": 0, "is_asked": false, "etag": "", "failures": 0}


func unwatch(level):
	_watched.erase(level)


func _look(level, watched):
	watched.is_asked = true
	var fields = ["If-None-Match: " + watched.etag] if watched.etag else []
	var path = "/api/levels/%d" % level
	var got = yield(_request(HTTPClient.METHOD_GET, path, "", fields), "completed")
	var board = _parsed(got.text) if got.status == 200 else {}
	watched.failures = 0 if board or got.status == 304 else watched.failures + 1
	var wait = _wait(watched.failures, got.retry_after) if watched.failures else watched.every
	watched.next = OS.get_ticks_msec() + int(1000 * wait)
	watched.is_asked = false
	if board:
		watched.etag = got.fields.get("etag", "")
		if _watched.get(level) == watched:
			emit_signal("board_changed", board)


# Requests

# Waits until all that was to be said before has been said.
func _turn():
	yield(get_tree(), "idle_frame")
	while _is_busy:
		yield(get_tree(), "idle_frame")
	_is_busy = true


func _get_user():
	if not _user:
		var drawn = yield(_ask(HTTPClient.METHOD_POST, "/api/users", {}), "completed")
		if drawn.has("error"):
			return drawn
		_user = {"user": drawn.user, "secret": drawn.secret}
		_write_lines("gameserver-user.json", [_user])
	else:
		yield(get_tree(), "idle_frame")
	return {"user": _user.user}


# Asks with a session key; if the key has expired, once more with a new one.
func _ask_as_player(path, body):
	var answer = {}
	for _attempt in range(2):
		if not _key:
			var refused = yield(_log_in(), "completed")
			if refused:
				refused.final = false # it says nothing about what was to be asked
				return refused
		var said = body.duplicate()
		said["sessionkey"] = _key
		path = path.replace("{user}", "%d" % _user.user)
		answer = yield(_ask(HTTPClient.METHOD_POST, path, said), "completed")
		if answer.get("status") != 401:
			break
		_key = ""
	return answer


# Gets a session key; gives the error if there is none.
func _log_in():
	var user = yield(_get_user(), "completed")
	if user.has("error"):
		return user
	var path = "/%d/login" % user.user
	var got = yield(_request(HTTPClient.METHOD_POST, path, _user.secret), "completed")
	var key = got.text.strip_edges()
	if got.status != 200 or not ("k" + key).is_valid_identifier():
		return _error_of(got, {})
	_key = key
	return {}


# A request with JSON, and its answer.
func _ask(method, path, body = null):
	var text = "" if body == null else to_json(body)
	var got = yield(_request(method, path, text), "completed")
	var answer = _parsed(got.text)
	return answer if answer and got.status in range(200, 300) else _error_of(got, answer)


# `status` (0 if there was no answer), `text`, `retry_after` in seconds, and `fields` of the head by
# their names in small letters.
func _request(method, path, body = "", fields = []):
	var request = HTTPRequest.new()
	request.timeout = TIMEOUT
	add_child(request)
	var got = {"status": 0, "text": "the server cannot be reached", "retry_after": 0, "fields": {}}
	var sent = fields + ["Content-Type: text/plain"]
	if request.request(url + path, sent, true, method, body) != OK:
		yield(get_tree(), "idle_frame")
	else:
		var completed = yield(request, "request_completed")
		if completed[0] == HTTPRequest.RESULT_SUCCESS:
			got.status = completed[1]
			got.text = completed[3].get_string_from_utf8()
			for line in completed[2]:
				var colon = line.find(":")
				got.fields[line.left(colon).to_lower()] = line.substr(colon + 1).strip_edges()
			got.retry_after = float(got.fields.get("retry-after", 0))
	request.queue_free()
	return got


# An error as a value. What no gameserver can have said (`no_answer`) is a network's page.
func _error_of(got, problem):
	var status = got.status
	var code = "http_%d" % status if status >= 300 else "no_answer" if status else "offline"
	var error = {"error": code, "message": got.text.strip_edges().split("\n")[0].left(200)}
	if problem.has("error"):
		error = problem
	error.status = status
	error.final = status >= 400 and status < 500 and not status in NOT_FINAL
	error.retry_after = got.retry_after
	return error


# Seconds until the next try; at random, so that not all players come back at once.
func _wait(failures, retry_after):
	if retry_after:
		return retry_after * _random.randf_range(1, 1.25)
	return min(LONGEST_WAIT, pow(2, failures - 1)) * _random.randf_range(0.5, 1)


func _waiting():
	return {"queued": _queue.size(), "reason": _reason} if _queue else {"queued": 0}


# The object of a text; an empty one if it is none.
func _parsed(text):
	if not (text.begins_with("{") and text.strip_edges().ends_with("}")):
		return {} # `parse` would print that it is none
	var parsed = JSON.parse(text)
	return parsed.result if parsed.error == OK else {}


# Files: an object a line. A line that was not written to its end is left out.

func _read_lines(file_name, member):
	var objects = []
	var file = File.new()
	if file.open(folder.plus_file(file_name), File.READ) == OK:
		for line in file.get_as_text().split("\n"):
			var object = _parsed(line)
			if object.has(member):
				objects.append(object)
		file.close()
	return objects


# Replaces the file as a whole. A full disk does not stop the game: the objects are in memory, and
# go out as long as it runs.
func _write_lines(file_name, objects):
	var text = ""
	for object in objects:
		text += to_json(object) + "\n"
	var file = File.new()
	if file.open(folder.plus_file(file_name + ".new"), File.WRITE) != OK:
		return
	file.store_string(text)
	var error = file.get_error()
	file.close()
	var directory = Directory.new()
	if error == OK and directory.open(folder) == OK:
		directory.rename(folder.plus_file(file_name + ".new"), folder.plus_file(file_name))
