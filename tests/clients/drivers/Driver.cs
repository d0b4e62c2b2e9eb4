// What the tests tell the C# client: `Driver.exe URL FOLDER COMMAND...`.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

static class Driver
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    static GameServer server;

    static void Main(string[] arguments)
    {
        Console.OutputEncoding = new System.Text.UTF8Encoding(false);
        Run(arguments).GetAwaiter().GetResult();
        Exit(0);
    }

    // On a busy machine Mono 6.8 does not always end when a program has used HttpClient and its
    // `Main` has returned: its own threads wait for each other (4 of 80 runs).
    [DllImport("libc", EntryPoint = "_exit")]
    static extern void Exit(int code);

    static async Task Run(string[] arguments)
    {
        server = new GameServer(arguments[0], arguments[1]);
        server.PostDone += (post, answer) => Console.WriteLine(
            $"went {post["level"]} {((Dictionary<string, object>)post["body"])["score"]} "
            + (answer.Error ?? answer.Number("best").ToString()));
        foreach (var words in arguments.Skip(2).Select(argument => argument.Split(':')))
        {
            int level = words.Length > 1 && int.TryParse(words[1], out int number) ? number : 0;
            int score = words.Length > 2 ? int.Parse(words[2]) : 0;
            switch (words[0])
            {
                case "user": Say("user", await server.UserAsync(), "user"); break;
                case "name": Say("name", await server.RenameAsync(words[1]), "name"); break;
                case "post":
                    Say("post", await server.PostAsync(level, score), "best", "rank");
                    break;
                case "two":
                    var first = server.PostAsync(level, score);
                    await Task.WhenAll(first, server.PostAsync(level, int.Parse(words[3])));
                    break;
                case "flush": Say("flush", await server.FlushAsync()); break;
                case "drain": await Drain(); break;
                case "around": Say("around", await server.AroundAsync(level, 1), "rank"); break;
                case "watch": await Watch(level, score); break;
                case "top":
                    var entries = (await server.TopAsync(level, 3)).List("entries")
                        .Select(entry => $"{entry.Text("name") ?? "null"}={entry.Number("score")}");
                    Console.WriteLine("top " + string.Join(" ", entries));
                    break;
                default: throw new ArgumentException(words[0]);
            }
        }
        server.Dispose();
    }

    static async Task Drain()
    {
        var clock = Stopwatch.StartNew();
        while ((await server.FlushAsync()).Queued > 0 && clock.Elapsed < Patience)
        {
            await Task.Delay(20);
        }
        Say("flush", await server.FlushAsync());
    }

    static async Task Watch(int level, int score)
    {
        using (var stop = new CancellationTokenSource())
        {
            await server.WatchAsync(new[] { level }, board =>
            {
                if (board.List("entries").Any(entry => entry.Number("score") == score))
                {
                    stop.Cancel();
                }
            }, stop.Token);
        }
        Console.WriteLine($"watch {score}");
    }

    static void Say(string command, Answer answer, params string[] members)
    {
        var said = answer.Error != null ? "error " + answer.Error
            : answer.Has("queued") ? $"queued {answer.Queued} {answer.Text("reason")}"
            : string.Join(" ", members.Select(member => answer.Text(member) is string text
                ? text : answer.Number(member).ToString()));
        Console.WriteLine($"{command} {said}");
    }
}
