import { ClientRegistry } from "../../../demo-app/simulated-clients/client-registry.ts";
import { PendingUpdate } from "../../../demo-app/simulated-clients/pending-update.ts";

type Place = string | null;

/** Endpoints whose connection is told as lost, after one client's update for each list of its places. */
function lostIn(updates: readonly (readonly Place[])[], isClosedByServer = false): string[] {
  const lost: string[] = [];
  const registry = new ClientRegistry(["eastus", "westus"], ["eastus", "westus"], {
    lost: (endpoint) => lost.push(endpoint),
    moved: () => {},
  });
  const pending = new PendingUpdate();
  for (const places of updates) {
    for (const place of places) pending.setEndpoint(1, place);
    if (isClosedByServer) pending.markClosedByServer(1);
    const update = pending.take({ withHistory: 0, withoutHistory: 0 });
    if (update) registry.update(update);
  }
  return lost;
}

describe("a client's connection is told as lost", () => {
  it.each<[string, Place[][], string[]]>([
    ["once, when it is gone", [["eastus"], [null]], ["eastus"]],
    ["once, when another follows later", [["eastus"], [null], ["westus"]], ["eastus"]],
    ["when another follows before that was told", [["eastus"], [null, "westus"]], ["eastus"]],
    ["not when it is back before that was told", [["eastus"], [null, "eastus"]], []],
    ["not when there was none", [[null], ["eastus"]], []],
  ])("%s", (_, updates, expected) => {
    expect(lostIn(updates)).toEqual(expected);
  });

  it("not when a server has closed it", () => {
    expect(lostIn([["eastus"], [null, "westus"]], true)).toEqual([]);
  });
});
