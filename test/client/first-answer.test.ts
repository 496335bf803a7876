import { firstAnswer } from "../../src/client/first-answer.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

interface Script {
  /** After how many milliseconds; never when left out. */
  readonly answers?: number;
  readonly fails?: number;
}

/** Asks servers that do as is written, each named by its place, and tells when what has happened. */
async function follow(scripts: readonly Script[]): Promise<string[]> {
  const ending = new AbortController();
  const log: string[] = [];
  const startedAt = performance.now();
  const say = (what: string) => log.push(`${performance.now() - startedAt} ${what}`);
  const ask = (name: number): Promise<string> => {
    say(`asks ${name}`);
    const { answers, fails } = scripts[name] ?? {};
    return new Promise((resolve, reject) => {
      if (answers !== undefined) setTimeout(() => resolve(`answer of ${name}`), answers);
      if (fails !== undefined) setTimeout(() => reject(name), fails);
    });
  };
  void firstAnswer([...scripts.keys()], ask, 300, ending)
    .then(say, (failures) => say(`failures ${failures}`))
    .finally(() => ending.abort());
  await jest.advanceTimersByTimeAsync(5000);
  ending.abort();
  return log;
}

it.each<[string, Script[], string[]]>([
  [
    "one that answers is the only one asked",
    [{ answers: 299 }, {}],
    ["0 asks 0", "299 answer of 0"],
  ],
  [
    "the next is asked as well while one is silent",
    [{}, { answers: 20 }],
    ["0 asks 0", "300 asks 1", "320 answer of 1"],
  ],
  [
    "the first may still answer before the others",
    [{ answers: 310 }, { answers: 20 }],
    ["0 asks 0", "300 asks 1", "310 answer of 0"],
  ],
  [
    "the next is asked at once when one fails",
    [{ fails: 5 }, { answers: 20 }],
    ["0 asks 0", "5 asks 1", "25 answer of 1"],
  ],
  [
    "the patience begins anew with each",
    [{ fails: 200 }, {}, { answers: 20 }],
    ["0 asks 0", "200 asks 1", "500 asks 2", "520 answer of 2"],
  ],
  [
    "a late failure makes the next one be asked sooner",
    [{ fails: 400 }, {}, { answers: 20 }],
    ["0 asks 0", "300 asks 1", "400 asks 2", "420 answer of 2"],
  ],
  [
    "when all have failed, all failures are told in the order in which they came",
    [{ fails: 900 }, { fails: 10 }, { fails: 20 }],
    ["0 asks 0", "300 asks 1", "310 asks 2", "900 failures 1,2,0"],
  ],
  ["one that is alone and silent is asked once", [{}], ["0 asks 0"]],
])("of several app servers, %s", async (_, scripts, expected) => {
  expect(await follow(scripts)).toEqual(expected);
});

it("nobody else is asked when it is over", async () => {
  const ending = new AbortController();
  const asked: string[] = [];
  const ask = (name: string) => {
    asked.push(name);
    return new Promise((_, reject) => ending.signal.addEventListener("abort", reject));
  };
  void firstAnswer(["a", "b", "c"], ask, 300, ending).catch(() => {});
  ending.abort();
  await jest.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual(["a"]);
});
