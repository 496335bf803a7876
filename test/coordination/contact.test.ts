import { Contact } from "../../src/coordination/contact.ts";
import { virtualClock } from "./support/virtual-clock.ts";

const PATIENCE = 1000;

/** `0+ 500-` is an answer after 0 ms and a failure after 500. */
async function tale(events: string): Promise<{ told: string[]; contact: Contact }> {
  const { timeline, clock } = virtualClock();
  const told: string[] = [];
  const contact = new Contact(PATIENCE, clock, {
    lost: (error) => told.push(`lost at ${timeline.now}: ${error}`),
    restored: (afterInMs) => told.push(`restored after ${afterInMs}`),
  });
  for (const event of events.split(" ").filter(Boolean)) {
    await timeline.runUntil(Number.parseInt(event, 10));
    if (event.endsWith("+")) contact.heard();
    else contact.failed(`error ${timeline.now}`);
  }
  return { told, contact };
}

it.each([
  ["0+ 500+", []],
  ["0+ 999-", []],
  ["0+ 999- 1500+ 2400-", []],
  ["0+ 1000-", ["lost at 1000: error 1000"]],
  ["0+ 500- 1000- 1500- 9000-", ["lost at 1000: error 1000"]],
  ["0+ 1000- 1500+", ["lost at 1000: error 1000", "restored after 1500"]],
  ["0+ 1000- 1500+ 1600-", ["lost at 1000: error 1000", "restored after 1500"]],
  ["0-", ["lost at 0: error 0"]],
  ["0- 100- 300+", ["lost at 0: error 0", "restored after 300"]],
  ["", []],
])("%s: %j", async (events, expected) => {
  expect((await tale(events)).told).toEqual(expected);
});

it("the state tells when it was heard, and why the last attempt failed", async () => {
  const heardAt = 1_700_000_000_000;
  expect((await tale("")).contact.state).toEqual({
    isLost: false,
    error: undefined,
    heardAt: undefined,
  });
  expect((await tale("0+ 500-")).contact.state).toEqual({
    isLost: false,
    error: "error 500",
    heardAt,
  });
  expect((await tale("0+ 1000-")).contact.state).toMatchObject({
    isLost: true,
    error: "error 1000",
  });
  expect((await tale("0+ 1000- 1100+")).contact.state).toEqual({
    isLost: false,
    error: undefined,
    heardAt: heardAt + 1100,
  });
});
