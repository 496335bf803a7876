import { writeHeartbeat } from "../../src/coordination/heartbeat.ts";
import { coordinators, LEASE, POLL } from "./support/coordinators.ts";
import { observation } from "./support/observations.ts";
import { expectNoRejections } from "./support/rejections.ts";

expectNoRejections();

describe("an endpoint that nobody knows", () => {
  const renamed = "eastus2+ west+";

  it("is left at once by servers that all know another one, when those before have left in good order", async () => {
    const { join, pass } = coordinators();
    const before = join("a");
    await pass(2 * POLL);
    await before.coordinator.close();
    const servers = [join("b", renamed), join("c", renamed)];
    await pass(3 * POLL);
    for (const { coordinator } of servers) {
      expect(coordinator.agreement).toMatchObject({
        epoch: 2,
        active: "eastus2",
        reason: "active-unhealthy",
      });
    }
  });

  it("is not left while somebody may know it, who has only not been heard of for less than a lease", async () => {
    const { join, pass, stored } = coordinators();
    const before = join("a");
    await pass(2 * POLL);
    // It dies without a word.
    const heartbeat = writeHeartbeat({ sequence: 9, endpoints: observation("east+ west+") });
    await before.coordinator.close();
    await stored.heartbeat("dead", heartbeat);
    const servers = [join("b", renamed), join("c", renamed)];
    await pass(LEASE - POLL);
    for (const { coordinator } of servers) expect(coordinator.agreement?.epoch).toBe(1);
    await pass(3 * POLL);
    for (const { coordinator } of servers) expect(coordinator.agreement?.active).toBe("eastus2");
  });

  it("is not left during a deploy, one by one, that ends where it began", async () => {
    const { join, pass } = coordinators();
    const [a, b] = [join("a"), join("b")];
    await pass(2 * POLL);
    await a.coordinator.close();
    join("c", renamed);
    await pass(3 * LEASE);
    expect(b.coordinator.agreement).toMatchObject({ epoch: 1, active: "east" });
  });
});
