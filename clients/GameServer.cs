// A client of gameserver for Unity, Mono and .NET. Copy this file; it needs nothing else.
// Copyright (c) 2026 the gameserver authors. SPDX-License-Identifier: MIT
//
//     var server = new GameServer("https://scores.example.org", "folder/of/the/saves");
//     Answer answer = await server.PostAsync(7, 1500);
//     Console.WriteLine(answer.Error ?? "rank " + answer.Number("rank"));
//
// No call blocks or throws: each gives an `Answer`, the server's JSON or an error. What you await
// in Unity's main thread goes on there. In a browser (WebGL) Unity has no HttpClient.

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Http;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

// What came of a call. An error has a code in `Error` and `Status` of HTTP, or 0; `IsFinal` says
// whether the same call would fail again.
public sealed class Answer
{
    public readonly Dictionary<string, object> Json;
    public int Status { get; internal set; }
    public bool IsFinal { get; internal set; }
    internal double RetryAfter; // seconds

    internal Answer(Dictionary<string, object> json) { Json = json; }

    public string Error => Text("error");
    public string Message => Text("message");
    public long Queued => Number("queued"); // how many posts wait, this one among them

    public bool Has(string member) => Json.TryGetValue(member, out object value) && value != null;
    public string Text(string member) => Has(member) ? Json[member] as string : null;
    public long Number(string member) =>
        Has(member) ? Convert.ToInt64(Json[member], CultureInfo.InvariantCulture) : 0;

    // The objects of an array, such as `entries`.
    public IEnumerable<Answer> List(string member) =>
        (Has(member) ? (List<object>)Json[member] : new List<object>())
            .OfType<Dictionary<string, object>>().Select(json => new Answer(json));
}

// A player on one server. `folder` is where the game keeps its saves.
public sealed class GameServer : IDisposable
{
    const int Timeout = 10; // seconds, for each request
    const double LongestWait = 300; // seconds: a wrong secret is not tried too often, either
    static readonly int[] NotFinal = { 408, 425, 429 }; // they say nothing about the post itself

    // Each post that leaves the queue, once: with the server's answer, or with the error for which
    // it was dropped. The post has `level` and `body`.
    public event Action<Dictionary<string, object>, Answer> PostDone;

    readonly string _url, _userFile, _queueFile;
    readonly HttpClient _http = new HttpClient();
    readonly SemaphoreSlim _turn = new SemaphoreSlim(1, 1); // one conversation at a time
    readonly Stopwatch _clock = Stopwatch.StartNew();
    readonly List<Dictionary<string, object>> _queue;
    readonly Dictionary<string, Answer> _awaited = new Dictionary<string, Answer>(); // by id
    Dictionary<string, object> _user;
    string _key = "", _reason = "";
    int _failures, _flushes;
    double _notBefore;

    public GameServer(string url, string folder)
    {
        _url = url.TrimEnd('/');
        Directory.CreateDirectory(folder);
        _userFile = Path.Combine(folder, "gameserver-user.json");
        _queueFile = Path.Combine(folder, "gameserver-queue.json");
        _user = ReadLines(_userFile, "secret").FirstOrDefault();
        _queue = ReadLines(_queueFile, "body");
        _http.Timeout = System.Threading.Timeout.InfiniteTimeSpan; // lists are watched for longer
        _http.DefaultRequestHeaders.ExpectContinue = false;
    }

    public void Dispose() { _http.Dispose(); }

    // What a game calls

    // Sends what waits when it is time. Call it each frame, or every second.
    public void Update()
    {
        bool isTime = _flushes == 0 && _clock.Elapsed.TotalSeconds >= _notBefore;
        if (isTime && Waiting().Queued > 0) { _ = FlushAsync(); }
    }

    // The player's `user`: kept from the first call on, with the secret that proves it.
    public Task<Answer> UserAsync() { return InTurn(GetUser); }

    // Gives the player a name, 1 to 32 characters.
    public Task<Answer> RenameAsync(string name)
    {
        var body = new Dictionary<string, object> { { "name", name } };
        return InTurn(() => AskAsPlayer("/api/users/{user}?_method=PUT", body));
    }

    // Posts a score: its `rank`, `best` …; or, if it has to wait, `queued` and the `reason`. `more`
    // are `meta`, `run` or `key`, as the server knows them.
    public async Task<Answer> PostAsync(
        int level, int score, IDictionary<string, object> more = null)
    {
        var id = Guid.NewGuid().ToString("N");
        var body = new Dictionary<string, object>(more ?? new Dictionary<string, object>());
        body["id"] = id;
        body["score"] = score;
        lock (_queue)
        {
            _queue.Add(new Dictionary<string, object> { { "level", level }, { "body", body } });
            WriteLines(_queueFile, _queue);
            _awaited[id] = null;
        }
        await FlushAsync();
        lock (_queue)
        {
            var answer = _awaited[id];
            _awaited.Remove(id);
            return answer ?? Waiting();
        }
    }

    // Sends what waits, in order; gives `queued`: how many posts still wait, and `reason`. Nothing
    // is sent before a wait that the server asked for, or that follows a failure, is over.
    public async Task<Answer> FlushAsync()
    {
        Interlocked.Increment(ref _flushes);
        try { return await InTurn(SendQueue); }
        finally { Interlocked.Decrement(ref _flushes); }
    }

    // The first `entries` of a level's list.
    public Task<Answer> TopAsync(int level, int limit = 15)
    {
        return Ask(HttpMethod.Get, $"/api/levels/{level}?limit={limit}");
    }

    // The player's `rank`, and `entries` with as many neighbours on each side.
    public async Task<Answer> AroundAsync(int level, int around = 5)
    {
        var user = await UserAsync();
        if (user.Error != null) { return user; }
        var path = $"/api/levels/{level}/users/{user.Number("user")}?around={around}";
        return await Ask(HttpMethod.Get, path);
    }

    // Calls `onBoard` with the lists of some levels, as `TopAsync` gives them: each at once and
    // after every change, until it is cancelled.
    public async Task WatchAsync(
        IEnumerable<int> levels, Action<Answer> onBoard, CancellationToken cancelled)
    {
        var uri = $"{_url}/api/live?levels={string.Join(",", levels)}";
        string lastId = "";
        int failures = 0;
        while (!cancelled.IsCancellationRequested)
        {
            double wait = Wait(++failures, 0);
            try
            {
                using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancelled))
                using (var request = new HttpRequestMessage(HttpMethod.Get, uri))
                {
                    stop.CancelAfter(TimeSpan.FromSeconds(Timeout));
                    if (lastId != "") { request.Headers.Add("Last-Event-ID", lastId); }
                    var how = HttpCompletionOption.ResponseHeadersRead;
                    using (var response = await _http.SendAsync(request, how, stop.Token))
                    using (var stream = await response.Content.ReadAsStreamAsync())
                    using (stop.Token.Register(stream.Dispose))
                    {
                        wait = Wait(failures, RetryAfterOf(response));
                        var reader = new StreamReader(stream, Encoding.UTF8);
                        string line;
                        while (response.IsSuccessStatusCode
                            && (line = await reader.ReadLineAsync()) != null)
                        {
                            // The server says something every 15 s at least.
                            stop.CancelAfter(TimeSpan.FromSeconds(4 * Timeout));
                            if (line.StartsWith("id: ")) { lastId = line.Substring(4); }
                            bool isRetry = line.StartsWith("retry: "); // when it has stopped
                            if (isRetry && int.TryParse(line.Substring(7), out int milliseconds))
                            {
                                wait = milliseconds / 1000.0;
                            }
                            if (!line.StartsWith("data: ")) { continue; }
                            failures = 0;
                            onBoard(new Answer(MiniJson.Parse(line.Substring(6))));
                        }
                    }
                }
            }
            catch (Exception error) when (IsOfNetwork(error)) { }
            try { await Task.Delay(TimeSpan.FromSeconds(wait), cancelled); }
            catch (OperationCanceledException) { }
        }
    }

    // The queue

    async Task<Answer> SendQueue()
    {
        while (Waiting().Queued > 0 && _clock.Elapsed.TotalSeconds >= _notBefore)
        {
            var post = _queue[0];
            var body = (Dictionary<string, object>)post["body"];
            var answer = await AskAsPlayer($"/api/levels/{post["level"]}/scores", body);
            if (answer.Error != null && !answer.IsFinal)
            {
                _reason = answer.Error;
                _notBefore = _clock.Elapsed.TotalSeconds + Wait(++_failures, answer.RetryAfter);
                break;
            }
            _failures = 0;
            lock (_queue)
            {
                _queue.RemoveAt(0);
                WriteLines(_queueFile, _queue);
                var id = (string)body["id"];
                if (_awaited.ContainsKey(id)) { _awaited[id] = answer; }
            }
            PostDone?.Invoke(post, answer);
        }
        return Waiting();
    }

    Answer Waiting()
    {
        var json = new Dictionary<string, object>();
        lock (_queue) { json["queued"] = (long)_queue.Count; }
        if ((long)json["queued"] > 0) { json["reason"] = _reason; }
        return new Answer(json);
    }

    // Requests

    async Task<Answer> GetUser()
    {
        if (_user == null)
        {
            var empty = new Dictionary<string, object>();
            var drawn = await Ask(HttpMethod.Post, "/api/users", empty);
            if (drawn.Error != null) { return drawn; }
            _user = drawn.Json;
            WriteLines(_userFile, new[] { _user });
        }
        return new Answer(new Dictionary<string, object> { { "user", _user["user"] } });
    }

    // Asks with a session key; if the key has expired, once more with a new one.
    async Task<Answer> AskAsPlayer(string path, Dictionary<string, object> body)
    {
        Answer answer = null;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            var refused = _key == "" ? await LogIn() : null;
            if (refused != null)
            {
                refused.IsFinal = false; // it says nothing about what was to be asked
                return refused;
            }
            var said = new Dictionary<string, object>(body) { { "sessionkey", _key } };
            answer = await Ask(HttpMethod.Post, path.Replace("{user}", $"{_user["user"]}"), said);
            if (answer.Status != 401) { break; }
            _key = "";
        }
        return answer;
    }

    // Gets a session key; gives the error if there is none.
    async Task<Answer> LogIn()
    {
        var user = await GetUser();
        if (user.Error != null) { return user; }
        var path = $"/{user.Number("user")}/login";
        var (status, wait, text) = await Request(HttpMethod.Post, path, (string)_user["secret"]);
        var key = text.Trim();
        if (status != 200 || key == "" || !key.All(char.IsLetterOrDigit))
        {
            return ErrorOf(status, wait, text, null);
        }
        _key = key;
        return null;
    }

    // A request with JSON, and its answer.
    async Task<Answer> Ask(HttpMethod method, string path, Dictionary<string, object> body = null)
    {
        var sent = body == null ? null : MiniJson.Write(body);
        var (status, wait, text) = await Request(method, path, sent);
        var json = MiniJson.Parse(text);
        bool isAnswer = json != null && status >= 200 && status < 300;
        return isAnswer ? new Answer(json) : ErrorOf(status, wait, text, json);
    }

    // The status, the seconds of Retry-After, and the body. 0 if there was no answer.
    async Task<(int, double, string)> Request(HttpMethod method, string path, string body)
    {
        try
        {
            using (var stop = new CancellationTokenSource(TimeSpan.FromSeconds(Timeout)))
            using (var request = new HttpRequestMessage(method, _url + path))
            {
                if (body != null)
                {
                    request.Content = new StringContent(body, Encoding.UTF8, "text/plain");
                }
                using (var response = await _http.SendAsync(request, stop.Token))
                {
                    var text = await response.Content.ReadAsStringAsync();
                    return ((int)response.StatusCode, RetryAfterOf(response), text);
                }
            }
        }
        catch (Exception error) when (IsOfNetwork(error)) { return (0, 0, error.Message); }
    }

    static double RetryAfterOf(HttpResponseMessage response)
    {
        return response.Headers.RetryAfter?.Delta?.TotalSeconds ?? 0;
    }

    static bool IsOfNetwork(Exception error)
    {
        return error is HttpRequestException || error is OperationCanceledException
            || error is IOException || error is WebException || error is ObjectDisposedException;
    }

    async Task<Answer> InTurn(Func<Task<Answer>> talk)
    {
        await _turn.WaitAsync();
        try { return await talk(); }
        finally { _turn.Release(); }
    }

    // An error as a value. What no gameserver can have said (`no_answer`) is a network's page.
    static Answer ErrorOf(int status, double wait, string text, Dictionary<string, object> problem)
    {
        var code = status >= 300 ? $"http_{status}" : status > 0 ? "no_answer" : "offline";
        var line = text.Trim().Split('\n')[0];
        var json = problem != null && problem.ContainsKey("error") ? problem
            : new Dictionary<string, object> { { "error", code }, { "message", line } };
        bool isFinal = status >= 400 && status < 500 && !NotFinal.Contains(status);
        return new Answer(json) { Status = status, IsFinal = isFinal, RetryAfter = wait };
    }

    // Seconds until the next try; at random, so that not all players come back at once.
    static double Wait(int failures, double retryAfter)
    {
        double chance = new Random(Guid.NewGuid().GetHashCode()).NextDouble();
        if (retryAfter > 0) { return retryAfter * (1 + chance / 4); }
        return Math.Min(LongestWait, Math.Pow(2, failures - 1)) * (0.5 + chance / 2);
    }

    // Files: an object a line. A line that was not written to its end is left out.

    static List<Dictionary<string, object>> ReadLines(string file, string member)
    {
        var lines = new string[0];
        try { lines = File.ReadAllLines(File.Exists(file) ? file : file + ".new"); }
        catch (Exception error) when (IsOfDisk(error)) { }
        return lines.Select(MiniJson.Parse)
            .Where(json => json != null && json.ContainsKey(member)).ToList();
    }

    // Replaces the file as a whole. A full disk does not stop the game: the objects are in memory,
    // and go out as long as it runs.
    static void WriteLines(string file, IEnumerable<Dictionary<string, object>> objects)
    {
        try
        {
            var text = string.Concat(objects.Select(each => MiniJson.Write(each) + "\n"));
            using (var stream = new FileStream(file + ".new", FileMode.Create))
            {
                var bytes = Encoding.UTF8.GetBytes(text);
                stream.Write(bytes, 0, bytes.Length);
                stream.Flush(true);
            }
            if (File.Exists(file)) { File.Replace(file + ".new", file, null); }
            else { File.Move(file + ".new", file); }
        }
        catch (Exception error) when (IsOfDisk(error)) { }
    }

    static bool IsOfDisk(Exception error)
    {
        return error is IOException || error is UnauthorizedAccessException;
    }
}

// JSON as dictionaries, lists, strings, longs, doubles, bools and null: .NET has none that all
// versions of Unity have.
static class MiniJson
{
    // The object of a text; null if it is none.
    public static Dictionary<string, object> Parse(string text)
    {
        int at = 0;
        try { return Value(text, ref at) as Dictionary<string, object>; }
        catch (Exception error) when (error is FormatException || error is IndexOutOfRangeException
            || error is ArgumentException) { return null; }
    }

    static char Next(string text, ref int at)
    {
        while (char.IsWhiteSpace(text[at])) { at++; }
        return text[at++];
    }

    static object Value(string text, ref int at)
    {
        char first = Next(text, ref at);
        if (first == '"') { return String(text, ref at); }
        if (first == '{')
        {
            var members = new Dictionary<string, object>();
            if (Next(text, ref at) == '}') { return members; }
            do
            {
                var name = String(text, ref at);
                if (Next(text, ref at) != ':') { throw new FormatException(); }
                members[name] = Value(text, ref at);
            }
            while (Next(text, ref at) == ',' && Next(text, ref at) == '"');
            return text[at - 1] == '}' ? members : throw new FormatException();
        }
        if (first == '[')
        {
            var items = new List<object>();
            if (Next(text, ref at) == ']') { return items; }
            at--;
            do { items.Add(Value(text, ref at)); } while (Next(text, ref at) == ',');
            return text[at - 1] == ']' ? items : throw new FormatException();
        }
        int start = at - 1;
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || "+-.".IndexOf(text[at]) >= 0))
        {
            at++;
        }
        var word = text.Substring(start, at - start);
        if (word == "null") { return null; }
        if (word == "true" || word == "false") { return word == "true"; }
        if (long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
            out long number)) { return number; }
        return double.Parse(word, NumberStyles.Float, CultureInfo.InvariantCulture);
    }

    static string String(string text, ref int at)
    {
        var made = new StringBuilder();
        for (char c = text[at++]; c != '"'; c = text[at++])
        {
            if (c != '\\') { made.Append(c); continue; }
            c = text[at++];
            int known = "bfnrt".IndexOf(c);
            if (c == 'u')
            {
                made.Append((char)Convert.ToInt32(text.Substring(at, 4), 16));
                at += 4;
            }
            else { made.Append(known >= 0 ? "\b\f\n\r\t"[known] : c); }
        }
        return made.ToString();
    }

    public static string Write(object value)
    {
        if (value == null) { return "null"; }
        if (value is bool truth) { return truth ? "true" : "false"; }
        if (value is string text) { return $"\"{string.Concat(text.Select(Escaped))}\""; }
        if (value is IDictionary<string, object> members)
        {
            var parts = members.Select(each => Write(each.Key) + ":" + Write(each.Value));
            return "{" + string.Join(",", parts) + "}";
        }
        if (value is IEnumerable items)
        {
            return "[" + string.Join(",", items.Cast<object>().Select(Write)) + "]";
        }
        return Convert.ToString(value, CultureInfo.InvariantCulture);
    }

    static string Escaped(char c)
    {
        return c < ' ' || c == '"' || c == '\\' ? $"\\u{(int)c:x4}" : c.ToString();
    }
}

#if UNITY_5_3_OR_NEWER
// For Unity. These lines are run by no test of gameserver's: add the component to an object of the
// first scene, and call `GetComponent<GameServerBehaviour>().Server`.
public sealed class GameServerBehaviour : UnityEngine.MonoBehaviour
{
    public string url = "https://scores.example.org";
    public GameServer Server { get; private set; }

    void Awake()
    {
        DontDestroyOnLoad(gameObject);
        Server = new GameServer(url, UnityEngine.Application.persistentDataPath);
    }

    void Update() { Server.Update(); }

    void OnDestroy() { Server.Dispose(); }
}
#endif
