import { SplitTime } from "../../../demo-app/client-client-drill/split-time.ts";

describe("the time in which clients are on more than one endpoint", () => {
  it("counts only while at least two endpoints have clients", () => {
    const split = new SplitTime();
    split.moved(undefined, "east", 0);
    split.moved(undefined, "east", 0);
    split.moved("east", "west", 100);
    split.moved("east", undefined, 150);
    split.moved(undefined, "west", 900);
    expect(split.take(1000)).toBe(50);
    expect(split.take(2000)).toBe(0);
  });

  it("can be taken while it lasts, and then starts from zero", () => {
    const split = new SplitTime();
    split.moved(undefined, "east", 0);
    split.moved(undefined, "west", 100);
    expect([split.take(300), split.take(350)]).toEqual([200, 50]);
  });
});
