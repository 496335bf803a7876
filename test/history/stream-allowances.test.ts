import { StreamAllowances } from "../../src/history/stream-allowances.ts";
import { systemClock } from "../../src/kit/clock.ts";
import { startHistory } from "./support/catching-up.ts";

function start(known: readonly string[] = []) {
  let now = 0;
  const clock = { ...systemClock, now: () => now };
  const allowances = new StreamAllowances((stream) => known.includes(stream), clock);
  const name = (count: number, userId = "ada") =>
    Array.from({ length: count }, (_, index) => allowances.admits(userId, `g:${index}`)).filter(
      Boolean,
    ).length;
  const pass = (inMs: number): void => {
    now += inMs;
  };
  return { name, pass };
}

it("a user may name 1,000 new streams at once, and one more each second", () => {
  const { name, pass } = start();
  expect(name(1500)).toBe(1000);
  expect(name(1)).toBe(0);
  pass(5000);
  expect(name(10)).toBe(5);
  expect(name(1, "bob")).toBe(1);
});

it("naming a stream that this server knows costs nothing", () => {
  const { name } = start(["g:0"]);
  for (let count = 0; count < 2000; count += 1) name(1);
  expect(name(1001)).toBe(1001);
});

it("a client that names ever more groups, as its role allows, begins no more streams than that", async () => {
  const { negotiate, catchUp, pubsub } = await startHistory();
  const ada = await negotiate("user=ada&role=webpubsub.joinLeaveGroup&group=news");
  const reasons: unknown[] = [];
  for (let batch = 0; batch < 17; batch += 1) {
    const names = Array.from({ length: 63 }, (_, index) => `g:${batch}-${index}`);
    const since = Object.fromEntries([...names, "g:news"].map((name) => [name, ""]));
    const { body } = await catchUp(ada, { since });
    reasons.push(...names.map((name) => body.streams[name].reason));
    expect(body.streams["g:news"].recovered).toBe(true);
  }
  const refused = reasons.filter((reason) => reason === "forbidden").length;
  expect(refused).toBeGreaterThan(17 * 63 - 1000 - 60);
  expect(refused).toBeLessThan(17 * 63 - 999);
  await pubsub.group("0-0").sendToAll(1);
  const { body } = await catchUp(ada, { since: { "g:0-0": "" } });
  expect(body.streams["g:0-0"].position).toMatch(/:1$/);
});
