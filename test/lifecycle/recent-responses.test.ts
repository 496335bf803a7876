import type { Response } from "express";
import { RecentResponses } from "../../src/lifecycle/recent-responses.ts";

const response = (state: Partial<Response> = {}): Response =>
  ({ headersSent: false, writableEnded: false, destroyed: false, ...state }) as Response;

/** One that tells when it is looked at. */
function watched(hasBegun: boolean, onLook: () => void): Response {
  const res = response();
  Object.defineProperty(res, "headersSent", {
    get: () => {
      onLook();
      return hasBegun;
    },
  });
  return res;
}

it("only responses that have not begun, and whose clients are still there, are unanswered", () => {
  const recent = new RecentResponses();
  const waiting = response();
  const others = [{ headersSent: true }, { writableEnded: true }, { destroyed: true }];
  for (const res of [waiting, ...others.map(response)]) recent.add(res);
  expect(recent.unanswered()).toEqual([waiting]);
});

it("however many come by, only a few of those that have been answered are held", () => {
  const recent = new RecentResponses();
  let looks = 0;
  for (let index = 0; index < 1000; index += 1) {
    recent.add(watched(true, () => void looks++));
  }
  // Each is looked at once, and then forgotten.
  expect(looks).toBeGreaterThan(980);
  expect(looks).toBeLessThanOrEqual(1000);
  expect(recent.unanswered()).toEqual([]);
});

it("many that wait are not looked at again and again", () => {
  const recent = new RecentResponses();
  let looks = 0;
  for (let index = 0; index < 10_000; index += 1) {
    recent.add(watched(false, () => void looks++));
  }
  expect(recent.unanswered()).toHaveLength(10_000);
  expect(looks).toBeLessThan(50_000);
});

it("of many that have waited, those that come after them leave few", () => {
  const recent = new RecentResponses();
  const waited = Array.from({ length: 1000 }, () => response());
  for (const res of waited) recent.add(res);
  for (const res of waited) Object.assign(res, { headersSent: true });
  let looks = 0;
  for (let index = 0; index < 1100; index += 1) {
    recent.add(watched(true, () => void looks++));
  }
  looks = 0;
  expect(recent.unanswered()).toEqual([]);
  expect(looks).toBeLessThan(5);
});
