import { movementsBetween } from "../../src/endpoints/movements.ts";
import {
  pickByWeight,
  type Routable,
  servingEndpoints,
} from "../../src/endpoints/serving-order.ts";

interface Given extends Routable {
  readonly isFull: boolean;
}

/** `p1` is a primary, `s1` a secondary; `s1*3` has the weight 3, `s1!` is forced, `s1=` is full. */
function endpoints(text: string): Given[] {
  return text
    .split(" ")
    .filter(Boolean)
    .map((word) => {
      const [name = "", weight] = word.replace(/[!=]/, "").split("*");
      const role = name.startsWith("p") ? "primary" : "secondary";
      const forced = word.endsWith("!");
      const isFull = word.endsWith("=");
      return {
        name,
        role,
        weight: weight === undefined ? undefined : Number(weight),
        forced,
        isFull,
      };
    });
}

function names(list: readonly Routable[]): string {
  return list.map(({ name }) => name).join(" ");
}

describe("of the usable endpoints, negotiate chooses among", () => {
  it.each([
    ["p1 s1", "p1"],
    ["s1 p1", "p1"],
    ["p1 p2 s1", "p1 p2"],
    ["s1 s2", "s1"],
    ["s2 s1", "s2"],
    ["s1*1 s2*3 s3", "s1 s2"],
    ["s3 s1*1 s2*3", "s3"],
    ["p1 s1!", "s1"],
    ["p1*3 p2! s1", "p2"],
    ["s1*1 s2*3! s3", "s2"],
    ["p1= p2 s1", "p2"],
    ["p1= p2= s1 s2", "s1"],
    ["p1= s1= s2", "s2"],
    ["p1= s1*1= s2*3 s3*1", "s2 s3"],
    ["p1= p2= s1=", "p1 p2"],
    ["s1= s2=", "s1"],
    ["", ""],
  ])("%s: %s", (usable, expected) => {
    expect(names(servingEndpoints(endpoints(usable), ({ isFull }) => isFull))).toBe(expected);
  });

  it("one that is forced, though it is full", () => {
    expect(names(servingEndpoints(endpoints("p1 s1!"), () => true))).toBe("s1");
  });
});

describe("a random number picks by weight", () => {
  it.each([
    ["p1 p2", 0, "p1"],
    ["p1 p2", 0.49, "p1"],
    ["p1 p2", 0.5, "p2"],
    ["p1*3 p2", 0.74, "p1"],
    ["p1*3 p2", 0.76, "p2"],
    ["p1*0.5 p2*0.5", 0.999999, "p2"],
    ["p1", 0.999999, "p1"],
  ])("%s, %d: %s", (candidates, random, expected) => {
    expect(pickByWeight(endpoints(candidates), random)?.name).toBe(expected);
  });
});

describe("a change of the serving endpoints, with these still usable, is", () => {
  it.each([
    ["p1", "s1", "s1 s2", "failover p1 -> s1"],
    ["s1", "p1", "p1 s1", "failback s1 -> p1"],
    ["s1", "s2", "s2", "failover s1 -> s2"],
    ["s2", "s1", "s1 s2", "failback s2 -> s1"],
    ["p1 p2", "p2", "p2 s1", "failover p1 -> p2"],
    ["p1 p2", "p1", "p1 s1", "failover p2 -> p1"],
    ["p2", "p1 p2", "p1 p2", "failback p2 -> p1"],
    ["s1", "p1", "p1", "failback s1 -> p1"],
    ["p1", "s1!", "p1 s1", "failover p1 -> s1"],
    ["p1 p2", "s1!", "p1 p2 s1", "failover p1 -> s1,failover p2 -> s1"],
    ["p1 p2", "p2!", "p1 p2", "failover p1 -> p2"],
    ["s1", "s2!", "s1 s2", "failover s1 -> s2"],
    ["s1", "p1!", "p1 s1", "failback s1 -> p1"],
    ["p1", "p1!", "p1 s1", ""],
    ["p1", "p1", "p1 s1", ""],
    ["p1", "", "", ""],
  ])("from %s to %s (%s): %s", (before, after, usable, expected) => {
    const movements = movementsBetween(endpoints(before), endpoints(after), endpoints(usable));
    expect(movements.map(({ kind, from, to }) => `${kind} ${from} -> ${to}`).join()).toBe(expected);
  });
});
