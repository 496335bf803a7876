import { NumberSet } from "./number-set.ts";

it("a set of numbers has those that were added, also after it was written down and read again", () => {
  const set = new NumberSet();
  const numbers = [0, 1, 7, 8, 255, 256, 4000];
  for (const number of numbers) expect(set.add(number)).toBe(false);
  expect(set.add(256)).toBe(true);
  const copy = NumberSet.fromText(set.toText());
  const found = Array.from({ length: 5000 }, (_, number) => number).filter((each) =>
    copy.has(each),
  );
  expect(found).toEqual(numbers);
});
