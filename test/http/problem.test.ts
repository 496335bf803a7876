import { setImmediate } from "node:timers/promises";
import type { Response } from "express";
import {
  answerOrRefuse,
  type Problem,
  RequestRefused,
  sendProblem,
} from "../../src/http/problem.ts";

const problem: Problem = { status: 404, code: "ERR_UNKNOWN_HUB", detail: "This is another hub." };

/** As much of a response as is used, and what was sent. */
function fakeResponse({ headersSent = false, headers = {} as Record<string, unknown> } = {}) {
  const sent: unknown[] = [];
  const res = {
    headersSent,
    getHeader: (name: string) => headers[name],
    setHeader: (name: string, value: string) => void Object.assign(headers, { [name]: value }),
    status: (status: number) => void sent.push(status),
    set: (headers: object) => void sent.push(headers),
    type: (type: string) => void sent.push(type),
    end: (body: string) => void sent.push(JSON.parse(body)),
  };
  return { res: res as unknown as Response, sent };
}

const refuse = (): never => {
  throw new RequestRefused(problem);
};
const next = jest.fn();

afterEach(() => next.mockReset());

it.each<[string, () => void | Promise<void>]>([
  ["at once", refuse],
  ["later", async () => refuse()],
])(
  "a refusal that a handler throws %s is answered as problem+json that nobody may store",
  async (_, handler) => {
    const { res, sent } = fakeResponse();
    answerOrRefuse(res, next, handler);
    await setImmediate();
    const body = { type: "about:blank", title: "Not Found", ...problem };
    expect(sent).toEqual([404, { "Cache-Control": "no-store" }, "application/problem+json", body]);
  },
);

it("a refusal that comes after the answer has begun is not sent", () => {
  const { res, sent } = fakeResponse({ headersSent: true });
  answerOrRefuse(res, next, refuse);
  expect(sent).toEqual([]);
  expect(next).not.toHaveBeenCalled();
});

const boom = new Error("boom");

it.each<[string, Response, () => void | Promise<void>]>([
  [
    "what else a handler throws at once",
    fakeResponse().res,
    () => {
      throw boom;
    },
  ],
  ["what else it throws later", fakeResponse().res, () => Promise.reject(boom)],
  [
    "what the answering of a refusal fails with",
    {
      status: () => {
        throw boom;
      },
    } as unknown as Response,
    async () => refuse(),
  ],
])("%s is handed on to the app", async (_, res, handler) => {
  answerOrRefuse(res, next, handler);
  await setImmediate();
  expect(next.mock.calls).toEqual([[boom]]);
});

describe("a problem that says when to come back", () => {
  const later: Problem = { ...problem, headers: { "Retry-After": "7" } };
  const ORIGIN = "Access-Control-Allow-Origin";
  const EXPOSED = "Access-Control-Expose-Headers";

  it("says so in the body too, in milliseconds", () => {
    const { res, sent } = fakeResponse();
    sendProblem(res, later);
    expect(sent.at(-1)).toMatchObject({ status: 404, retryAfterInMs: 7000 });
    expect(sent[1]).toEqual({ "Cache-Control": "no-store", "Retry-After": "7" });
  });

  it.each<[string, Record<string, unknown>, unknown]>([
    ["no page of another origin", {}, undefined],
    ["a page that the app lets in", { [ORIGIN]: "https://app.example" }, "Retry-After"],
    ["besides what the app has told it", { [ORIGIN]: "*", [EXPOSED]: "X-Id" }, "X-Id, Retry-After"],
    ["in several headers", { [ORIGIN]: "*", [EXPOSED]: ["X-Id", "X-B"] }, "X-Id, X-B, Retry-After"],
    ["once", { [ORIGIN]: "*", [EXPOSED]: "X-Id,retry-after" }, "X-Id,retry-after"],
  ])("tells it to %s", (_, headers, exposed) => {
    const { res } = fakeResponse({ headers });
    sendProblem(res, later);
    expect(headers[EXPOSED]).toEqual(exposed);
  });

  it("and no other exposes anything", () => {
    const headers = { [ORIGIN]: "*" };
    sendProblem(fakeResponse({ headers }).res, problem);
    expect(headers).toEqual({ [ORIGIN]: "*" });
  });
});

it("text of others in a problem can neither move a cursor nor turn text around", () => {
  const { res, sent } = fakeResponse();
  sendProblem(res, { ...problem, detail: "a\u001b[2J\r\nb\u009bc\u202ed" });
  expect(sent.at(-1)).toMatchObject({ detail: "a\\u{1b}[2J\\u{d}\\u{a}b\\u{9b}c\\u{202e}d" });
});
