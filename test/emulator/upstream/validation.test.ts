import { Validation } from "../../../src/emulator/upstream/validation.ts";
import { until } from "../../support/until.ts";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { createDeferred } from "../support/deferred.ts";
import { createScene } from "../support/scene.ts";
import { createUpstream, origin } from "../support/upstream-scene.ts";

const scene = createScene();

const text = { dataType: "text", text: "hi" } as const;
const yes: UpstreamAnswer = { headers: { "WebHook-Allowed-Origin": "*" } };
const no: UpstreamAnswer = { headers: { "WebHook-Allowed-Origin": "elsewhere.test" } };

async function setUp(settings = {}) {
  const appServer = await scene.appServer();
  const handlers = [{ urlTemplate: `${appServer.url}/{event}`, userEventPattern: "*" }];
  const world = createUpstream(handlers, settings);
  scene.defer(() => world.upstream.close());
  return { appServer, handlers, ...world };
}

describe("an app server", () => {
  test.each<[string, UpstreamAnswer, string]>([
    ["everybody", { headers: { "WebHook-Allowed-Origin": "*" } }, "handled"],
    ["us", { headers: { "WebHook-Allowed-Origin": origin } }, "handled"],
    ["us in capitals", { headers: { "WebHook-Allowed-Origin": origin.toUpperCase() } }, "handled"],
    ["us in a list", { headers: { "WebHook-Allowed-Origin": `a.test,${origin}` } }, "handled"],
    [
      "us in a second header",
      { headers: { "WebHook-Allowed-Origin": ["a.test", origin] } },
      "handled",
    ],
    ["us by 204", { status: 204, headers: { "WebHook-Allowed-Origin": origin } }, "handled"],
    [
      "our host at another port",
      { headers: { "WebHook-Allowed-Origin": "service.test" } },
      "failed",
    ],
    [
      "somebody whose name holds ours",
      { headers: { "WebHook-Allowed-Origin": `x${origin}` } },
      "failed",
    ],
    ["others", no, "failed"],
    ["nobody", {}, "failed"],
    ["us by a redirect", { status: 302, headers: { "WebHook-Allowed-Origin": "*" } }, "failed"],
    ["us by an error", { status: 405, headers: { "WebHook-Allowed-Origin": "*" } }, "failed"],
  ])(
    "an app server that allows %s, by the answer %j: the event is %s",
    async (_whom, answer, kind) => {
      const { appServer, open } = await setUp();
      appServer.answerValidation = () => answer;
      expect(await open().userEvent("e", text)).toMatchObject({ kind });
      expect(appServer.validations.map(({ method }) => method)).toEqual(["OPTIONS"]);
      expect(appServer.events.size).toBe(kind === "handled" ? 1 : 0);
    },
  );

  test("an app server that does not know OPTIONS is asked by GET, with the same headers", async () => {
    const { appServer, open } = await setUp();
    appServer.answerValidation = ({ method }) => (method === "GET" ? yes : { status: 404 });
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "handled" });
    const asked = { "webhook-request-origin": origin, "ce-awpsversion": "1.0" };
    expect(appServer.validations).toMatchObject([
      { method: "OPTIONS", url: "/validate", headers: asked },
      { method: "GET", url: "/validate", headers: asked },
    ]);
  });

  test("an app server that does not answer in time is sent no events", async () => {
    const { appServer, open } = await setUp({ validationTimeoutInMs: 100 });
    appServer.answerValidation = () => new Promise(() => {});
    expect(await open().userEvent("e", text)).toEqual({
      kind: "failed",
      message: "The app server does not allow our events.",
    });
  });

  test("an app server is validated once, however many events wait for the answer", async () => {
    const { appServer, open } = await setUp();
    await Promise.all(["a", "b", "c"].map((id) => open(id).userEvent("e", text)));
    expect(appServer.validations).toHaveLength(1);
    expect(appServer.events.size).toBe(3);
  });
});

describe("what is told of a validation", () => {
  const missing = (what: string) => expect.stringContaining(what);

  test.each<[string, UpstreamAnswer, object]>([
    ["an agreement with everybody", yes, { allowedOrigins: ["*"], problem: undefined }],
    [
      "an agreement with us and others",
      { status: 204, headers: { "WebHook-Allowed-Origin": ["a.test, b.test", origin] } },
      { status: 204, allowedOrigins: ["a.test", "b.test", origin], problem: undefined },
    ],
    [
      "no header",
      {},
      {
        allowedOrigins: [],
        problem: `The header WebHook-Allowed-Origin is missing: answer OPTIONS with WebHook-Allowed-Origin: ${origin}, or *.`,
      },
    ],
    [
      "an empty header",
      { headers: { "WebHook-Allowed-Origin": " , " } },
      { allowedOrigins: [], problem: missing("The header WebHook-Allowed-Origin is missing") },
    ],
    [
      "other origins",
      no,
      {
        allowedOrigins: ["elsewhere.test"],
        problem: missing(`${origin} is missing in WebHook-Allowed-Origin: name this endpoint in`),
      },
    ],
    [
      "an error, whatever its header",
      { status: 500, headers: { "WebHook-Allowed-Origin": "*" } },
      { status: 500, allowedOrigins: ["*"], problem: missing("The status 200 is missing") },
    ],
    ["a wrong path", { status: 404 }, { status: 404, problem: missing("correct the urlTemplate") }],
    ["a refusal", { status: 403 }, { status: 403, problem: missing("allowedEndpoints") }],
    ["a login", { status: 401 }, { status: 401, problem: missing("no login") }],
    ["a redirect", { status: 302 }, { status: 302, problem: missing("The status 200 is missing") }],
  ])("%s: status, origins, and what is missing", async (_what, answer, told) => {
    const { appServer, open, activities } = await setUp();
    appServer.answerValidation = () => answer;
    await open().userEvent("e", text);
    const url = `${appServer.url}/validate`;
    expect(activities[0]).toMatchObject({ kind: "validation", url, status: 200, ...told });
  });

  test("an app server that is not there: that it is to be started", async () => {
    const { appServer, open, activities } = await setUp();
    await appServer.close();
    await open().userEvent("e", text);
    const problem = missing("Start it, or correct the urlTemplate.");
    expect(activities).toMatchObject([
      { kind: "validation", status: undefined, allowedOrigins: [], problem },
      {
        kind: "event",
        event: "e",
        status: undefined,
        failure: "The app server does not allow our events. Its validation says what is missing.",
      },
    ]);
  });

  test("an app server that is too slow: which option says how slow it may be", async () => {
    const { appServer, open, activities } = await setUp({ validationTimeoutInMs: 50 });
    appServer.answerValidation = () => new Promise(() => {});
    await open().userEvent("e", text);
    const problem = missing("raise the timeouts of the option upstream");
    expect(activities[0]).toMatchObject({ kind: "validation", status: undefined, problem });
  });

  test("of many and long origins the first, each with its beginning and without controls", async () => {
    const { appServer, open, activities } = await setUp();
    const long = `\u009b${"x".repeat(1000)}`;
    appServer.answerValidation = () => ({
      headers: { "WebHook-Allowed-Origin": [long, ...Array(50).fill("a.test")] },
    });
    await open().userEvent("e", text);
    const [first] = activities;
    if (first?.kind !== "validation") throw new Error("no validation");
    expect(first.allowedOrigins).toHaveLength(20);
    expect(first.allowedOrigins[0]).toMatch(/^\\u\{9b\}x{80,}\.\.\.$/);
    expect(first.allowedOrigins[0]?.length).toBeLessThanOrEqual(100);
  });

  test("each handshake once, however many events wait, and the renewal of one too", async () => {
    const { open, activities } = await setUp({ validationLifetimeInMs: 0 });
    const told = () => activities.filter(({ kind }) => kind === "validation").length;
    await Promise.all(["a", "b", "c"].map((id) => open(id).userEvent("e", text)));
    expect(told()).toBe(1);
    await open().userEvent("e", text);
    await until(() => told() === 2);
  });
});

describe("expired successes", () => {
  test("an expired success counts while the app server is validated again, once", async () => {
    const { appServer, open } = await setUp({ validationLifetimeInMs: 0 });
    const events = open();
    await events.userEvent("e", text);
    const asked = createDeferred<void>();
    appServer.answerValidation = () => {
      asked.resolve();
      return new Promise(() => {});
    };
    expect(await events.userEvent("e", text)).toMatchObject({ kind: "handled" });
    await asked.promise;
    expect(await events.userEvent("e", text)).toMatchObject({ kind: "handled" });
    expect(appServer.validations).toHaveLength(2);
  });

  test("an expired success does not count once the app server has refused", async () => {
    const { appServer, open } = await setUp({ validationLifetimeInMs: 0 });
    const events = open();
    await events.userEvent("e", text);
    appServer.answerValidation = () => no;
    expect(await events.userEvent("e", text)).toMatchObject({ kind: "handled" });
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== "failed") outcomes.push((await events.userEvent("e", text)).kind);
    expect(appServer.validations).toHaveLength(2);
  });
});

describe("new settings", () => {
  test("new settings lead to a new validation", async () => {
    const { appServer, handlers, open, setHandlers } = await setUp();
    appServer.answerValidation = () => no;
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "failed" });
    appServer.answerValidation = () => yes;
    setHandlers(handlers);
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "handled" });
  });

  test("new settings do not wait for a validation of the old ones", async () => {
    const { appServer, handlers, open, setHandlers } = await setUp();
    const asked = createDeferred<void>();
    const late = createDeferred<UpstreamAnswer>();
    appServer.answerValidation = () => {
      asked.resolve();
      return late.promise;
    };
    const old = open().userEvent("e", text);
    await asked.promise;
    appServer.answerValidation = () => yes;
    setHandlers(handlers);
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "handled" });
    late.resolve(no);
    expect(await old).toMatchObject({ kind: "failed" });
    expect(await open().userEvent("e", text)).toMatchObject({ kind: "handled" });
  });
});

describe("a failure", () => {
  const request = { url: "http://a.test/", origin, authorization: undefined };

  /** A validation whose clock and answers the test holds. */
  function setClock() {
    const state = { now: 0, asked: 0, answer: no };
    const now = jest.spyOn(Date, "now").mockImplementation(() => state.now);
    scene.defer(() => now.mockRestore());
    const validation = new Validation(
      {
        async call() {
          state.asked += 1;
          const { status = 200, headers } = state.answer;
          return {
            status,
            headers: {},
            headersDistinct: lowerCase(headers),
            body: Buffer.alloc(0),
          };
        },
      },
      {
        eventTimeoutInMs: 1,
        validationTimeoutInMs: 1,
        validationLifetimeInMs: 60_000,
        retryDelaysInMs: [],
      },
      () => {},
    );
    return { state, validation };
  }

  const lowerCase = (headers: UpstreamAnswer["headers"] = {}): NodeJS.Dict<string[]> =>
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [value].flat()]),
    );

  test("a failed validation is remembered for longer each time", async () => {
    const { state, validation } = setClock();
    const waits: number[] = [];
    for (let last = 0; waits.length < 8; state.now += 500) {
      const { asked } = state;
      expect(await validation.allows(request)).toBe(false);
      if (state.asked > asked) {
        if (asked > 0) waits.push(state.now - last);
        last = state.now;
      }
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  });

  test("an expired failure does not count: the new answer is waited for", async () => {
    const { state, validation } = setClock();
    expect(await validation.allows(request)).toBe(false);
    state.answer = yes;
    state.now = 999;
    expect(await validation.allows(request)).toBe(false);
    state.now = 1000;
    expect(await validation.allows(request)).toBe(true);
    state.now = 60_999;
    expect(await validation.allows(request)).toBe(true);
    expect(state.asked).toBe(2);
  });
});
