import { endpointsDifferences } from "../../src/coordination/endpoints-difference.ts";
import { observation } from "./support/observations.ts";

describe("compared with a server that knows east and west, a peer that knows", () => {
  it.each([
    ["east+ west+", "nothing"],
    ["west- east?", "nothing"],
    ["east+", "misses west"],
    ["east+ west+ north+", "knows north as well"],
    ["east'+ west+", "misses east, knows east as well"],
    ["", "misses east west"],
  ])("%s: %s", (known, expected) => {
    const peers = new Map([["a", observation(known)]]);
    const told = endpointsDifferences(observation("east+ west+"), peers).map(
      ({ server, missing, unknown }) => {
        expect(server).toBe("a");
        const parts = [
          missing.length > 0 && `misses ${missing.join(" ")}`,
          unknown.length > 0 && `knows ${unknown.join(" ")} as well`,
        ];
        return parts.filter(Boolean).join(", ");
      },
    );
    expect(told[0] ?? "nothing").toBe(expected);
  });
});
