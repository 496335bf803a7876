import { SerialQueue } from "../../src/kit/serial-queue.ts";

test("tasks run one at a time, in order, and one that fails stops no other", async () => {
  const serial = new SerialQueue();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
    if (name === "b") throw new Error("b");
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c"].map((it) => serial.run(task(it))));
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});
