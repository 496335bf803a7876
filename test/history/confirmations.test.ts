import type { StreamPosition } from "../../src/contract/history-store.ts";
import { Confirmations } from "../../src/history/confirmations.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

/** A store that answers when it is told to. */
function slowStore() {
  const calls: { streams: readonly string[]; answer(offset: number): void; fail(): void }[] = [];
  const confirmations = new Confirmations(
    (streams) =>
      new Promise<StreamPosition[]>((resolve, reject) => {
        calls.push({
          streams,
          answer: (offset) => resolve(streams.map(() => ({ epoch: "A", offset }))),
          fail: () => reject(new Error("away")),
        });
      }),
  );
  const ask = (...streams: string[]) => {
    const asked: { offset?: number | undefined; error?: string } = {};
    confirmations.confirm(streams).then(
      (tops) => {
        asked.offset = tops.get(streams[0] ?? "")?.offset;
      },
      (error) => {
        asked.error = error.code ?? error.message;
      },
    );
    return asked;
  };
  return { calls, ask, confirmations };
}

const turn = () => jest.advanceTimersByTimeAsync(0);

it("those who come in one turn share a call, that names each stream once", async () => {
  const { calls, ask } = slowStore();
  const [one, other] = [ask("a", "u:ada"), ask("a", "u:bob")];
  await turn();
  expect(calls.map(({ streams }) => streams)).toEqual([["a", "u:ada", "u:bob"]]);
  calls[0]?.answer(7);
  await turn();
  expect([one, other]).toEqual([{ offset: 7 }, { offset: 7 }]);
});

it("rule 10: who comes while a call is under way gets the answer of a later one", async () => {
  const { calls, ask } = slowStore();
  ask("a");
  await turn();
  const late = ask("a");
  calls[0]?.answer(7);
  await turn();
  expect(late).toEqual({});
  calls[1]?.answer(8);
  await turn();
  expect(late).toEqual({ offset: 8 });
});

it("who comes while a call is under way waits for that no longer than 3 ms", async () => {
  const { calls, ask } = slowStore();
  ask("a");
  await turn();
  const [first, second] = [ask("a"), ask("a")];
  await jest.advanceTimersByTimeAsync(2);
  expect(calls).toHaveLength(1);
  await jest.advanceTimersByTimeAsync(1);
  expect(calls).toHaveLength(2);
  calls[1]?.answer(9);
  await turn();
  expect([first, second]).toEqual([{ offset: 9 }, { offset: 9 }]);
});

it("more streams than one call takes are asked about in several", async () => {
  const { calls, ask } = slowStore();
  const asked = ask(...Array.from({ length: 600 }, (_, index) => `g:${index}`));
  await turn();
  expect(calls.map(({ streams }) => streams.length)).toEqual([256, 256, 88]);
  for (const call of calls) call.answer(1);
  await turn();
  expect(asked).toEqual({ offset: 1 });
});

it("a call that fails fails for those who shared it, and nobody else", async () => {
  const { calls, ask } = slowStore();
  const one = ask("a");
  await turn();
  const other = ask("a");
  calls[0]?.fail();
  await turn();
  calls[1]?.answer(1);
  await turn();
  expect([one, other]).toEqual([{ error: "away" }, { offset: 1 }]);
});

it("close refuses those who wait for a call, and those who come later", async () => {
  const { calls, ask, confirmations } = slowStore();
  ask("a");
  await turn();
  const waiting = ask("a");
  confirmations.close();
  const late = ask("a");
  calls[0]?.answer(1);
  await jest.advanceTimersByTimeAsync(10);
  expect([waiting, late]).toEqual([{ error: "ERR_CLOSED" }, { error: "ERR_CLOSED" }]);
  expect(calls).toHaveLength(1);
});
