import type { UpstreamOptions } from "express-resilient-pubsub";
import { resilientPubSub } from "express-resilient-pubsub";
import { AnswerDeadlines } from "../../src/upstream/answer-deadline.ts";
import { useFakeTime } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import type { EventRequest } from "../support/upstream-request.ts";
import { setUp } from "./support/upstream-regions.ts";

const connect: EventRequest = {
  type: "sys.connect",
  contentType: "application/json",
  body: "{}",
};

type Respond = { success: () => void; fail: (code: 500) => void };

/** Handlers that answer only when they are told to, or never. */
function forgetful() {
  const responses: Respond[] = [];
  const forget = (_req: unknown, res: Respond): void => void responses.push(res);
  const wait = async (_req: unknown, res: Respond) => {
    responses.push(res);
    await new Promise(() => {});
  };
  return { responses, forget, wait };
}

describe("a handler that does not answer in time is answered for with 500, and named with the remedy:", () => {
  it.each<[string, "handleConnect" | "handleUserEvent", "forget" | "wait", EventRequest]>([
    ["a connect handler that returns", "handleConnect", "forget", connect],
    ["a connect handler that waits for ever", "handleConnect", "wait", connect],
    ["a user event handler that returns", "handleUserEvent", "forget", {}],
    ["a user event handler that waits for ever", "handleUserEvent", "wait", {}],
  ])("%s", async (_, name, how, event) => {
    const upstream = { [name]: forgetful()[how], handlerTimeoutInMs: 20 } as UpstreamOptions;
    const { post, errors } = await setUp(upstream);
    expect(await post(event)).toMatchObject({ status: 500, body: { code: "ERR_HANDLER_FAILED" } });
    expect(errors).toEqual([
      {
        handler: `upstream.${name}`,
        error: expect.objectContaining({
          code: "ERR_HANDLER_TIMED_OUT",
          message: expect.stringMatching(
            /not answered within 20 ms.*success or fail.*handlerTimeoutInMs/,
          ),
        }),
      },
    ]);
  });

  it("and an answer that comes after all is told once, however often it comes", async () => {
    const { responses, forget } = forgetful();
    const { post, errors } = await setUp({
      handleUserEvent: forget as UpstreamOptions["handleUserEvent"],
      handlerTimeoutInMs: 20,
    });
    expect((await post()).status).toBe(500);
    for (let times = 0; times < 3; times += 1) {
      responses[0]?.success();
      responses[0]?.fail(500);
    }
    await until(() => errors.length === 2);
    expect(
      (await post({ type: "sys.connected", contentType: "application/json", body: "{}" })).status,
    ).toBe(200);
    expect(errors).toHaveLength(2);
    expect(errors[1]?.error).toMatchObject({
      code: "ERR_HANDLER_TIMED_OUT",
      message: expect.stringContaining("had failed already"),
    });
  });

  it("and one that fails after that is told with what it threw", async () => {
    let fail = (): void => {};
    const { post, errors } = await setUp({
      handleUserEvent: () =>
        new Promise((_, reject) => {
          fail = () => reject(new Error("at last"));
        }),
      handlerTimeoutInMs: 20,
    });
    expect((await post()).status).toBe(500);
    fail();
    await until(() => errors.length === 2);
    expect(errors[1]).toMatchObject({
      handler: "upstream.handleUserEvent",
      error: { message: "at last" },
    });
  });

  it("but one that answers is not bound, whatever it does after that", async () => {
    const { post, errors } = await setUp({
      handleUserEvent: async (_req, res) => {
        res.success("fine", "text");
        await new Promise(() => {});
      },
      handlerTimeoutInMs: 20,
    });
    expect(await post()).toMatchObject({ status: 200, body: "fine" });
    expect(errors).toEqual([]);
  });
});

it("close ends the time of a handler that hangs", async () => {
  const { responses, forget } = forgetful();
  const handlerTimeoutInMs = 24_681;
  const { post, errors, pubsub } = await setUp({
    handleUserEvent: forget as UpstreamOptions["handleUserEvent"],
    handlerTimeoutInMs,
  });
  const [set, clear] = [
    jest.spyOn(globalThis, "setTimeout"),
    jest.spyOn(globalThis, "clearTimeout"),
  ];
  const answer = post();
  await until(() => responses.length === 1);
  const begun = set.mock.calls.findIndex(([, delayInMs]) => delayInMs === handlerTimeoutInMs);
  await pubsub.close({ drainInMs: 20 });
  expect(clear).toHaveBeenCalledWith(set.mock.results[begun]?.value);
  expect(await answer).toMatchObject({ status: 503, body: { code: "ERR_CLOSED" } });
  expect(errors).toEqual([]);
  for (const spy of [set, clear]) spy.mockRestore();
});

describe("the time for an answer", () => {
  useFakeTime();

  const inTime = (
    answering: Promise<string>,
    told: unknown[] = [],
    deadlines = new AnswerDeadlines(),
  ) =>
    deadlines.answerInTime(answering, {
      handler: "upstream.handleConnect",
      timeoutInMs: 30_000,
      onTimeout: (error) => {
        throw error;
      },
      onLateAnswer: (error) => void told.push(error),
    });

  it("is not up before it is", async () => {
    const result = inTime(new Promise((resolve) => setTimeout(resolve, 29_999, "well")));
    await jest.advanceTimersByTimeAsync(29_999);
    expect(await result).toBe("well");
  });

  it.each<[string, () => Promise<string>]>([
    ["an answer", () => Promise.resolve("well")],
    ["a failure", () => Promise.reject(new Error("badly"))],
  ])("leaves no timer behind %s", async (_, answer) => {
    await inTime(answer()).catch(() => {});
    expect(jest.getTimerCount()).toBe(0);
  });

  it("is no longer measured once the plugin is closed, for handlers that hang or begin then", async () => {
    const deadlines = new AnswerDeadlines();
    const hang = () => new Promise<string>(() => {});
    void inTime(hang(), [], deadlines);
    deadlines.close();
    void inTime(hang(), [], deadlines);
    expect(jest.getTimerCount()).toBe(0);
    expect(await inTime(Promise.resolve("well"), [], deadlines)).toBe("well");
  });

  it("is up after that", async () => {
    const told: unknown[] = [];
    const result = inTime(new Promise((resolve) => setTimeout(resolve, 30_001, "late")), told);
    const failing = expect(result).rejects.toMatchObject({ code: "ERR_HANDLER_TIMED_OUT" });
    await jest.advanceTimersByTimeAsync(30_001);
    await failing;
    expect(told).toEqual([expect.objectContaining({ code: "ERR_HANDLER_TIMED_OUT" })]);
  });
});

it.each([[0], [1.5], ["30s"], [2 ** 31]])("upstream.handlerTimeoutInMs cannot be %s", (value) => {
  const upstream = { handlerTimeoutInMs: value as number };
  const endpoint = {
    name: "a",
    role: "primary",
    connectionString: "Endpoint=https://a;AccessKey=k",
  } as const;
  expect(() =>
    resilientPubSub({
      hub: "chat",
      endpoints: [endpoint],
      negotiate: { allowAnonymous: true },
      upstream,
    }),
  ).toThrow("upstream.handlerTimeoutInMs");
});
