import { UnderWay } from "../../src/kit/under-way.ts";

it("nothing is under way at first, and nobody waits", async () => {
  await expect(new UnderWay().whenIdle()).resolves.toBeUndefined();
});

it("all who wait are told when the last thing under way has ended, and not before", async () => {
  const underWay = new UnderWay();
  let told = 0;
  underWay.begin();
  underWay.begin();
  for (const wait of [underWay.whenIdle(), underWay.whenIdle()]) {
    void wait.then(() => {
      told += 1;
    });
  }
  underWay.end();
  await new Promise(setImmediate);
  expect([told, underWay.count]).toEqual([0, 1]);
  underWay.end();
  await new Promise(setImmediate);
  expect([told, underWay.count]).toEqual([2, 0]);
});
