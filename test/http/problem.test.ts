import type { Response } from "express";
import { answerOrRefuse, type Problem, RequestRefused } from "../../src/http/problem.ts";

const problem: Problem = { status: 404, code: "ERR_UNKNOWN_HUB", detail: "This is another hub." };

/** As much of a response as is used, and what was sent. */
function fakeResponse({ headersSent = false } = {}) {
  const sent: unknown[] = [];
  const res = {
    headersSent,
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
