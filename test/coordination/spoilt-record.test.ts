import { coordinators, LEASE, POLL, west } from "./support/coordinators.ts";
import { faultyStore } from "./support/faulty-store.ts";
import { expectNoRejections } from "./support/rejections.ts";

expectNoRejections();

describe("a record that cannot be true", () => {
  const epochs = ["0", "-3", "2.5", "9007199254740991", "9007199254740992", "1e400", "null"];

  it.each(epochs)("is replaced by what the servers answer with: epoch %s", async (epoch) => {
    const { join, pass, stored } = coordinators();
    const [a, b] = [join("a"), join("b")];
    await pass(2 * POLL);
    await a.coordinator.switchTo(west, () => {});
    await pass(2 * POLL);
    const text = JSON.stringify(await stored.record());
    await stored.spoil(text.replace('"epoch":2', `"epoch":${epoch}`));
    await pass(2 * POLL);
    expect(await stored.record()).toMatchObject({ agreement: { epoch: 2, active: "west" } });
    for (const { log } of [a, b]) {
      expect(log.filter((line) => line.startsWith("agreed"))).toHaveLength(2);
      expect(log.filter((line) => line.startsWith("lost"))).toEqual([]);
    }
    expect([...a.log, ...b.log].filter((line) => line.startsWith("spoilt"))).not.toEqual([]);
    // Nor does it end failover.
    for (const { see } of [a, b]) see("east+ west-");
    await pass(LEASE);
    for (const { coordinator } of [a, b]) {
      expect(coordinator.agreement).toMatchObject({ epoch: 3, active: "east" });
    }
  });

  it.each(epochs)("is as good as none for servers that start: epoch %s", async (epoch) => {
    const { join, pass, within, stored } = coordinators();
    const agreement = { epoch: 0, active: "east", url: "https://east", since: 0, reason: "first" };
    const text = JSON.stringify({ format: 2, agreement, leader: "dead", renewals: 1 });
    await stored.spoil(text.replace('"epoch":0', `"epoch":${epoch}`));
    const [a, b] = [join("a"), join("b")];
    await pass(2 * POLL);
    for (const { coordinator } of [a, b]) expect(coordinator.agreement?.epoch).toBe(1);
    const order = b.coordinator.switchTo(west, () => {});
    expect(await within(POLL, order)).toMatchObject({ epoch: 2, active: "west" });
  });

  it("is replaced by an operator's order too, by compare-and-set", async () => {
    const store = faultyStore();
    const { join, pass, within, stored } = coordinators(store);
    const { coordinator } = join("a", "east? west?");
    const agreement = { epoch: -1, active: "east", url: "https://east", since: 0, reason: "first" };
    await stored.spoil(JSON.stringify({ format: 2, agreement, leader: null, renewals: 1 }));
    await pass(2 * POLL);
    expect(coordinator.agreement).toBeUndefined();
    const expected: unknown[] = [];
    store.faults.replaceRecord = (proceed, [version]) => {
      expected.push(version);
      return proceed();
    };
    const order = coordinator.switchTo(west, () => {});
    expect(await within(POLL, order)).toMatchObject({ epoch: 1, active: "west" });
    expect(expected).toEqual([expect.any(String)]);
  });
});
