import type { PubSubEvents } from "express-resilient-pubsub";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { Refusals } from "../../src/upstream/refusals.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function refusals() {
  const events = new TypedEvents();
  const heard: PubSubEvents["upstreamRefused"][] = [];
  events.on("upstreamRefused", (event) => void heard.push(event));
  return { refusals: new Refusals(events), heard };
}

it("whoever makes a thousand bad requests a second is told once a second, with their number", () => {
  const { refusals: told, heard } = refusals();
  for (let request = 0; request < 2001; request += 1) {
    told.tell("ERR_INVALID_SIGNATURE", "evil.example");
    if (request % 1000 === 999) jest.advanceTimersByTime(1000);
  }
  expect(heard.map(({ count }) => count)).toEqual([1, 1000, 1000]);
});

it("one code does not hide another", () => {
  const { refusals: told, heard } = refusals();
  told.tell("ERR_INVALID_SIGNATURE", "a.example");
  told.tell("ERR_UNKNOWN_HUB", "a.example");
  expect(heard.map(({ code }) => code)).toEqual(["ERR_INVALID_SIGNATURE", "ERR_UNKNOWN_HUB"]);
});

it("what a handler of the application failed with is left to handlerError", () => {
  const { refusals: told, heard } = refusals();
  told.tell("ERR_HANDLER_FAILED", "a.example");
  expect(heard).toEqual([]);
});

it("the origin, which anybody may write, is one short line", () => {
  const { refusals: told, heard } = refusals();
  told.tell("ERR_UNKNOWN_HUB", `a\u001b[2J\n${"x".repeat(1000)}`);
  expect(heard[0]?.origin.length).toBeLessThanOrEqual(253);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there.
  expect(heard[0]?.origin).not.toMatch(/[\u0000-\u001f]/);
});
