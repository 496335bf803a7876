import { BoundedMap } from "../../src/kit/bounded-map.ts";

it("a map that is full drops the entry that was set longest ago", () => {
  const map = new BoundedMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  map.set("c", 4);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([3, undefined, 4]);
});

it("an entry that is deleted makes room", () => {
  const map = new BoundedMap<string, number>(2);
  for (const key of ["a", "b"]) map.set(key, 1);
  map.delete("b");
  map.set("c", 1);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 1]);
});
