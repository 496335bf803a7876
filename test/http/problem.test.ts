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

const refuse = async (): Promise<void> => {
  throw new RequestRefused(problem);
};

it("a refusal that a handler throws is answered as problem+json that nobody may store", async () => {
  const { res, sent } = fakeResponse();
  await answerOrRefuse(res, refuse);
  const body = { type: "about:blank", title: "Not Found", ...problem };
  expect(sent).toEqual([404, { "Cache-Control": "no-store" }, "application/problem+json", body]);
});

it("a refusal that comes after the answer has begun is not sent", async () => {
  const { res, sent } = fakeResponse({ headersSent: true });
  await answerOrRefuse(res, refuse);
  expect(sent).toEqual([]);
});

it("whatever else a handler throws is passed on", async () => {
  const { res } = fakeResponse();
  const error = new Error("boom");
  await expect(answerOrRefuse(res, () => Promise.reject(error))).rejects.toBe(error);
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
