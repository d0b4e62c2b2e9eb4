# What the tests tell the client for Godot: `-s driver.gd URL FOLDER COMMAND...`.
extends SceneTree

const PATIENCE = 10000

var server = preload("gameserver.gd").new()


func _init():
	call_deferred("_run", Array(OS.get_cmdline_args()).slice(2, -1))


func _run(arguments):
	server.url = arguments.pop_front()
	server.folder = arguments.pop_front()
	server.connect("post_done", self, "_went")
	root.add_child(server)
	for argument in arguments:
		var words = Array(argument.split(":"))
		var command = words.pop_front()
		if command == "drain":
			yield(_drain(), "completed")
		elif command == "watch":
			yield(_watch(int(words[0]), int(words[1])), "completed")
		elif command == "two":
			server.post(int(words[0]), int(words[1]))
			yield(server.post(int(words[0]), int(words[2])), "completed")
		elif command == "top":
			var board = yield(server.top(int(words[0]), 3), "completed")
			var said = ["top"]
			for entry in board.entries:
				said.append("%s=%d" % [entry.name, entry.score])
			_say(said)
		elif command == "user":
			_answer("user", yield(server.user(), "completed"), ["user"])
		elif command == "name":
			_answer("name", yield(server.rename(words[0]), "completed"), ["name"])
		elif command == "around":
			_answer("around", yield(server.around(int(words[0]), 1), "completed"), ["rank"])
		elif command == "post":
			var answer = yield(server.post(int(words[0]), int(words[1])), "completed")
			_answer("post", answer, ["best", "rank"])
		else:
			_answer("flush", yield(server.flush(), "completed"), [])
	server.queue_free()
	yield(self, "idle_frame")
	quit()


func _drain():
	var give_up = OS.get_ticks_msec() + PATIENCE
	var answer = yield(server.flush(), "completed")
	while answer.queued and OS.get_ticks_msec() < give_up:
		answer = yield(server.flush(), "completed")
	_answer("flush", answer, [])


func _watch(level, score):
	server.watch(level, 0.1)
	while true:
		var board = yield(server, "board_changed")
		if board.entries and board.entries[0].score == score:
			break
	server.unwatch(level)
	_say(["watch", score])


func _went(post, answer):
	_say(["went", post.level, post.body.score, answer.get("error", answer.get("best"))])


func _answer(command, answer, members):
	var said = [command]
	if answer.has("error"):
		said += ["error", answer.error]
	elif answer.has("queued"):
		said += ["queued", answer.queued, answer.get("reason", "")]
	else:
		for member in members:
			said.append(answer[member])
	_say(said)


func _say(words):
	var texts = PoolStringArray()
	for word in words:
		texts.append(str(word))
	print(texts.join(" "))
