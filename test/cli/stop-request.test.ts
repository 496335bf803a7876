import { StopRequest } from "../../src/cli/stop-request.ts";

function createInterruption() {
  const clock = { now: 1000 };
  const interruption = new StopRequest(() => clock.now);
  return {
    interruption,
    receiveAfter(delayInMs: number) {
      clock.now += delayInMs;
      return interruption.receive();
    },
  };
}

test("without a signal nothing is interrupted", () => {
  expect(createInterruption().interruption.signal.aborted).toBe(false);
});

test("the first signal stops", () => {
  const { interruption, receiveAfter } = createInterruption();
  expect(receiveAfter(0)).toBe("stop");
  expect(interruption.signal.aborted).toBe(true);
});

test("one Ctrl-C that npm passes on again counts once", () => {
  const { receiveAfter } = createInterruption();
  expect([0, 0, 20, 400].map(receiveAfter)).toEqual(["stop", "stop", "stop", "stop"]);
});

test("a second signal ends at once, however often the first was passed on", () => {
  const { receiveAfter } = createInterruption();
  expect([0, 300, 300].map(receiveAfter)).toEqual(["stop", "stop", "exit"]);
});
