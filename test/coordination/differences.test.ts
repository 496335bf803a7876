import { differencesFrom } from "../../src/coordination/differences.ts";
import { observation } from "./support/observations.ts";

describe("a server that knows these, of one that knows east and west", () => {
  it.each([
    ["east+ west+", "nothing"],
    ["west- east?", "nothing"],
    ["east+", "misses west"],
    ["east+ west+ north+", "knows north as well"],
    ["east'+ west+", "misses east, knows east as well"],
    ["", "misses east west"],
  ])("%s: %s", (other, expected) => {
    const others = new Map([["a", observation(other)]]);
    const told = differencesFrom(observation("east+ west+"), others).map(
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
