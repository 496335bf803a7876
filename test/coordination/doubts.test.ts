import { coordinators, LEASE, POLL } from "./support/coordinators.ts";
import { expectNoRejections } from "./support/rejections.ts";

expectNoRejections();

describe("a doubt about the active endpoint", () => {
  const doubtsOf = ({ log }: { log: string[] }) => log.filter((line) => line === "doubted").length;

  it.each([0, 1, 2])("of server %d reaches all others within two polls", async (index) => {
    const { join, pass } = coordinators();
    const servers = [join("a"), join("b"), join("c"), join("d")];
    await pass(3 * POLL);
    servers[index]?.see("east- west+");
    await pass(2.5 * POLL);
    for (const [at, server] of servers.entries())
      if (at !== index) expect(doubtsOf(server)).toBe(1);
    expect(servers.map(({ coordinator }) => coordinator.agreement?.epoch)).toEqual([1, 1, 1, 1]);
  });

  it("is told again when one more server has it, and not while it only stays", async () => {
    const { join, pass, stored } = coordinators();
    const servers = ["a", "b", "c", "d", "e"].map((name) => join(name));
    const [, b, c, d] = servers as [
      object,
      (typeof servers)[0],
      (typeof servers)[0],
      (typeof servers)[0],
    ];
    await pass(3 * POLL);
    b.see("east- west+");
    await pass(3 * LEASE);
    expect(doubtsOf(d)).toBe(1);
    expect(await stored.record()).toMatchObject({ doubts: 1 });
    c.see("east- west+");
    await pass(3 * POLL);
    expect(doubtsOf(d)).toBe(2);
    for (const { see } of [b, c]) see("east+ west+");
    await pass(3 * POLL);
    expect(await stored.record()).toMatchObject({ doubts: 0 });
    expect(doubtsOf(d)).toBe(2);
    b.see("east- west+");
    await pass(3 * POLL);
    expect(doubtsOf(d)).toBe(3);
  });

  it("makes a move as quick as the looks of those who are told", async () => {
    const { join, pass } = coordinators();
    const servers = ["a", "b", "c"].map((name) => join(name));
    await pass(3 * POLL);
    servers[1]?.see("east- west+");
    for (let count = 0; count < 8; count += 1) {
      await pass(POLL / 4);
      for (const server of servers) if (doubtsOf(server) > 0) server.see("east- west+");
    }
    await pass(POLL);
    for (const { coordinator } of servers) expect(coordinator.agreement?.active).toBe("west");
  });

  it("is of no endpoint but the active one", async () => {
    const { join, pass } = coordinators();
    const servers = ["a", "b", "c"].map((name) => join(name));
    await pass(3 * POLL);
    servers[1]?.see("east+ west-");
    await pass(3 * POLL);
    expect(servers.map(doubtsOf)).toEqual([0, 0, 0]);
  });
});
