import type { ServerResponse } from "node:http";
import { NegotiateError } from "express-resilient-pubsub/client";
import { closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedService } from "./support/scripted-service.ts";

type Answer = (res: ServerResponse) => unknown;

/** A negotiate that answers like this once, or always, and rightly otherwise. */
async function serveNegotiate(answer: Answer, times = 1) {
  const service = await ScriptedService.start();
  const asked: string[] = [];
  const { url } = closeAfterTest(
    await serve((req, res) => {
      asked.push(req.url ?? "");
      if (asked.length <= times) answer(res);
      else res.end(JSON.stringify({ url: service.url, endpoint: "east" }));
    }),
  );
  return { service, asked, url: `${url}/negotiate` };
}

const json = (body: unknown) => (res: ServerResponse) => res.end(JSON.stringify(body));

describe("a failing negotiate", () => {
  it.each<[string, Answer, object]>([
    ["500", (res) => res.writeHead(500).end("oops"), { status: 500 }],
    [
      "503 with a problem",
      (res) => res.writeHead(503).end('{"code":"ERR_X"}'),
      { message: "Negotiate answered 503 (ERR_X)." },
    ],
    [
      "429",
      (res) => res.writeHead(429, { "Retry-After": "0" }).end(),
      { status: 429, retryAfterInMs: 0 },
    ],
    ["404", (res) => res.writeHead(404).end(), { status: 404 }],
    [
      "a login page",
      (res) => res.setHeader("Content-Type", "text/html").end("<html>"),
      { message: expect.stringContaining("text/html") },
    ],
    ["half of its JSON", (res) => res.end('{"url":"wss://eas'), { status: 200 }],
    ["nothing", (res) => res.end(), { status: 200 }],
    ["null", json(null), {}],
    ["a number", json(5), {}],
    ["a URL that is a number", json({ url: 5 }), {}],
    ["a URL that is none", json({ url: "east" }), {}],
    ["a URL for browsers", json({ url: "https://east.example?access_token=secret" }), {}],
    [
      "a URL that no WebSocket takes",
      json({ url: "ws://127.0.0.1/#top" }),
      { code: "ERR_CONNECT_FAILED" },
    ],
    [
      "a URL where nobody listens",
      json({ url: "ws://127.0.0.1:9/" }),
      { code: "ERR_CONNECT_FAILED", endpoint: "127.0.0.1:9" },
    ],
    ["by hanging up", (res) => res.destroy(), {}],
    [
      "by hanging up in the middle",
      (res) => {
        res.writeHead(200, { "Content-Length": 99 }).write("{");
        res.destroy();
      },
      {},
    ],
  ])(
    "a client whose negotiate answers %s reports that and asks again",
    async (_, answer, error) => {
      const { url, asked } = await serveNegotiate(answer);
      const { client, events } = makeClient(url);
      await client.start();
      expect(client.endpoint).toBe("east");
      expect(events["connect-failed"]).toEqual([
        expect.objectContaining({
          error: expect.objectContaining({ code: "ERR_NEGOTIATE_FAILED", ...error }),
          retryInMs: expect.any(Number),
        }),
      ]);
      expect(asked).toHaveLength(2);
      expect(JSON.stringify(events["connect-failed"])).not.toContain("secret");
      expect(events["connect-failed"][0]?.error.message).not.toContain("secret");
    },
  );

  it.each([[401], [403]])(
    "a client whose negotiate answers %d stops at once, and asks no more",
    async (status) => {
      const { url, asked } = await serveNegotiate((res) => res.writeHead(status).end(), 99);
      const { client, log, events } = makeClient(url);
      const refusal = expect.objectContaining({ code: "ERR_NEGOTIATE_REFUSED", status });
      await expect(client.start()).rejects.toEqual(refusal);
      expect(log).toEqual(["state connecting", "state stopped", "stopped ERR_NEGOTIATE_REFUSED"]);
      expect(events.stopped).toEqual([{ code: "negotiate-refused", error: refusal }]);
      expect(events.stopped[0]?.error).toBeInstanceOf(NegotiateError);
      expect(asked).toHaveLength(1);
    },
  );

  it.each([[401], [403]])(
    "a client whose negotiate answers %d after its connection was lost stops",
    async (status) => {
      let isRefused = false;
      const service = await ScriptedService.start({ recover: () => {}, answer: () => {} });
      const { client, log } = makeClient(async () => {
        if (isRefused) throw Object.assign(new Error("log in"), { status });
        return { url: service.url };
      });
      await client.start();
      const calling = expect(client.sendEvent("e", 1, "json")).rejects.toMatchObject({
        code: "ERR_CLIENT_STOPPED",
      });
      isRefused = true;
      service.latest?.cut();
      await calling;
      await until(() => log.includes("stopped ERR_NEGOTIATE_REFUSED"));
      expect(client.state).toBe("stopped");
      await until(() => service.clients.every(({ closeCode }) => closeCode));
      // It can be started again, as after logging in.
      isRefused = false;
      service.behaviour = {};
      await client.start();
      expect(client.state).toBe("connected");
    },
  );

  it("a client whose negotiate answers 500 again and again asks at random times, ever farther apart", async () => {
    const random = jest.spyOn(Math, "random").mockReturnValue(0.5);
    const { url } = await serveNegotiate((res) => res.writeHead(500).end(), 6);
    const { client, events } = makeClient(url);
    await client.start();
    random.mockRestore();
    expect(events["connect-failed"].map(({ retryInMs }) => retryInMs)).toEqual([
      0.5, 1, 2, 4, 8, 10,
    ]);
  });

  const HOUR_IN_MS = 3_600_000;
  const dateIn = (inMs: number) => new Date(Date.now() + inMs).toUTCString();
  const body = (problem: object) => JSON.stringify(problem);
  it.each<[string, object, string, number]>([
    ["seconds", { "Retry-After": "7" }, "", 7000],
    [
      "a date of a server whose clock is an hour ahead",
      { Date: dateIn(HOUR_IN_MS), "Retry-After": dateIn(HOUR_IN_MS + 5000) },
      "",
      5000,
    ],
    [
      "a date of a server whose clock is an hour behind",
      { Date: dateIn(-HOUR_IN_MS), "Retry-After": dateIn(5000 - HOUR_IN_MS) },
      "",
      5000,
    ],
    ["a day, as a maintenance page does", { "Retry-After": "86400" }, "", 120_000],
    ["more than a timer takes", { "Retry-After": "99999999999999" }, "", 120_000],
    [
      "more than that in its body, as only a server does",
      {},
      body({ retryAfterInMs: 600_000 }),
      600_000,
    ],
    ["a day in its body", {}, body({ retryAfterInMs: 86_400_000 }), 1_800_000],
    ["its body, as pages of other origins read it", {}, body({ retryAfterInMs: 3000 }), 3000],
    ["both", { "Retry-After": "7" }, body({ retryAfterInMs: 6500 }), 6500],
    [
      "seconds, and nonsense in its body",
      { "Retry-After": "7" },
      body({ retryAfterInMs: "?" }),
      7000,
    ],
    ["nonsense", { "Retry-After": "Infinity" }, body({ retryAfterInMs: -1 }), 0],
  ])(
    "a negotiate that asks for a pause by %s is not asked again before it, nor much later",
    async (_, headers, problem, expected) => {
      const { url } = await serveNegotiate((res) => {
        res.sendDate = false;
        res.writeHead(503, { ...headers }).end(problem);
      }, 9);
      const { client, events } = makeClient(url);
      const starting = client.start().catch(() => {});
      await until(() => events["connect-failed"].length);
      const retryInMs = events["connect-failed"][0]?.retryInMs;
      expect(retryInMs).toBeGreaterThanOrEqual(expected);
      // A body tells a turn in whole seconds.
      expect(retryInMs).toBeLessThanOrEqual(expected * 1.1 + (problem === "" ? 20 : 1000));
      client.stop();
      await starting;
    },
  );

  it.each([
    ["a header is no turn of this client's own", { "Retry-After": "7" }, "", false],
    ["a body of the plugin's is one", {}, body({ retryAfterInMs: 7000 }), true],
  ])("a pause that is told in %s", async (_, headers, problem, isTurn) => {
    const { url } = await serveNegotiate((res) => void res.writeHead(503, headers).end(problem), 9);
    const { client, events } = makeClient(url);
    const starting = client.start().catch(() => {});
    await until(() => events["connect-failed"].length);
    expect(events["connect-failed"][0]?.error).toMatchObject({ retryAfterInMs: 7000, isTurn });
    client.stop();
    await starting;
  });

  it("a refusal whose body never ends is read by its head", async () => {
    const { url } = await serveNegotiate((res) => {
      res.writeHead(503, { "Retry-After": "7" }).write('{"code":');
    }, 9);
    const { client, events } = makeClient(url, { negotiateTimeoutInMs: 3_600_000 });
    const starting = client.start().catch(() => {});
    await until(() => events["connect-failed"].length);
    expect(events["connect-failed"][0]?.error).toMatchObject({ status: 503, retryAfterInMs: 7000 });
    client.stop();
    await starting;
  });

  it.each([[200], [503]])(
    "an answer of %d that is longer than 256 kB is not read to its end",
    async (status) => {
      let isCancelled = false;
      const { url } = await serveNegotiate((res) => {
        res.writeHead(status).on("close", () => {
          isCancelled = true;
        });
        const write = (): unknown => isCancelled || res.write("x".repeat(64 * 1024), () => write());
        write();
      });
      const { client, events } = makeClient(url);
      await client.start();
      expect(events["connect-failed"][0]?.error).toMatchObject({
        code: "ERR_NEGOTIATE_FAILED",
        status,
      });
      await until(() => isCancelled);
    },
  );
});

describe("a negotiate function", () => {
  it("a negotiate function that never settles is given up after its deadline, and its signal is aborted", async () => {
    const service = await ScriptedService.start();
    const signals: AbortSignal[] = [];
    const { client, log } = makeClient(
      ({ signal }) => {
        signals.push(signal);
        return signals.length === 1 ? new Promise(() => {}) : { url: service.url };
      },
      { negotiateTimeoutInMs: 20 },
    );
    await client.start();
    expect(signals[0]?.aborted).toBe(true);
    expect(log).toContain("connect-failed ERR_NEGOTIATE_FAILED");
  });

  it("the signal of a negotiate function is aborted when the client is stopped", async () => {
    const signals: AbortSignal[] = [];
    const { client } = makeClient(({ signal }) => {
      signals.push(signal);
      return new Promise(() => {});
    });
    const starting = client.start().catch(() => {});
    client.stop();
    await starting;
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("a negotiate function that rejects long after its deadline causes no unhandled rejection", async () => {
    const service = await ScriptedService.start();
    let reject = (_: Error): void => {};
    let count = 0;
    const { client } = makeClient(
      () =>
        count++ === 0
          ? new Promise((_, no) => {
              reject = no;
            })
          : { url: service.url },
      { negotiateTimeoutInMs: 20 },
    );
    await client.start();
    reject(new Error("late"));
    expect(await client.joinGroup("g")).toMatchObject({ isDuplicated: false });
  });

  it.each<[string, () => unknown]>([
    [
      "an error",
      () => {
        throw new Error("no");
      },
    ],
    ["a rejection", () => Promise.reject(new Error("no"))],
    [
      "a word",
      () => {
        throw "no";
      },
    ],
    [
      "null",
      () => {
        throw null;
      },
    ],
    ["nothing", () => Promise.reject()],
    [
      "what is no text",
      () => {
        throw Object.create(null);
      },
    ],
    [
      "an odd status",
      () => {
        throw { status: "401" };
      },
    ],
    [
      "an odd time",
      () => {
        throw new NegotiateError("no", { retryAfterInMs: Number.NaN });
      },
    ],
  ])("a negotiate function that rejects with %s is called again", async (_, fail) => {
    const service = await ScriptedService.start();
    let count = 0;
    const { client, events } = makeClient((() =>
      count++ === 0 ? fail() : { url: service.url }) as never);
    await client.start();
    const [failure] = events["connect-failed"];
    expect(failure?.error).toBeInstanceOf(NegotiateError);
    expect(failure?.error.code).toBe("ERR_NEGOTIATE_FAILED");
    expect(failure?.retryInMs).toBeLessThan(20);
  });

  it.each([[401], [403]])(
    "a negotiate function that rejects with status %d stops the client",
    async (status) => {
      const { client } = makeClient(() =>
        Promise.reject(Object.assign(new Error("no"), { status })),
      );
      await expect(client.start()).rejects.toMatchObject({ code: "ERR_NEGOTIATE_REFUSED", status });
    },
  );

  it.each([[undefined], [""], [5]])(
    "a negotiate function may leave the endpoint unnamed: %p",
    async (endpoint) => {
      const service = await ScriptedService.start();
      const { client } = makeClient(() => ({ url: service.url, endpoint }) as never);
      await client.start();
      expect(client.endpoint).toBe(new URL(service.url).host);
    },
  );
});

it("an endpoint that lets nobody in is named as failed at once, and so are all others", async () => {
  const service = await ScriptedService.start();
  const refusing = await ScriptedService.start({ greet: (socket) => socket.close(1008) });
  const asked: string[] = [];
  const { client, log } = makeClient(({ failed }) => {
    asked.push(failed.join());
    const endpoint = ["a", "b", "c"][asked.length - 1] ?? "c";
    return { url: endpoint === "c" ? service.url : refusing.url, endpoint };
  });
  await client.start();
  expect(asked).toEqual(["", "a", "a,b"]);
  expect(log.slice(1, 3)).toEqual([
    "connect-failed a ERR_CONNECT_FAILED",
    "connect-failed b ERR_CONNECT_FAILED",
  ]);
});

it("an endpoint that lets nobody in after other failures is not left in a hurry", async () => {
  const random = jest.spyOn(Math, "random").mockReturnValue(0.5);
  const service = await ScriptedService.start();
  const answers = ["", "ws://127.0.0.1:9/", service.url];
  const { client, events } = makeClient(() => ({ url: answers.shift() ?? "" }));
  await client.start();
  random.mockRestore();
  expect(events["connect-failed"].map(({ retryInMs }) => retryInMs)).toEqual([0.5, 1]);
});

it("a service that never greets is given up after the deadline of the handshake", async () => {
  const mute = await ScriptedService.start({ greet: () => {} });
  const service = await ScriptedService.start();
  const { client, log } = makeClient(
    ({ failed }) =>
      failed.includes("mute") ? { url: service.url } : { url: mute.url, endpoint: "mute" },
    { handshakeTimeoutInMs: 50 },
  );
  await client.start();
  expect(log).toContain("connect-failed mute ERR_CONNECT_FAILED");
  await until(() => mute.latest?.closeCode);
});

it("the URL is asked with failed= beside its own query, and with what the application adds", async () => {
  const service = await ScriptedService.start();
  const asked: string[] = [];
  const { url } = closeAfterTest(
    await serve((req, res) => {
      asked.push(`${req.method} ${req.url} ${req.headers.authorization}`);
      const place = { url: "ws://127.0.0.1:9/", endpoint: "a&b" };
      res.end(JSON.stringify(asked.length === 1 ? place : { url: service.url }));
    }),
  );
  let count = 0;
  const { client } = makeClient(new URL(`${url}/negotiate?room=1`), {
    negotiateRequest: async () => ({ method: "POST", headers: { Authorization: `n${++count}` } }),
  });
  await client.start();
  expect(asked).toEqual(["POST /negotiate?room=1 n1", "POST /negotiate?room=1&failed=a%26b n2"]);
});
