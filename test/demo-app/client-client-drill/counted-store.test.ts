import { CountedStore } from "../../../demo-app/client-client-drill/counted-store.ts";
import { memoryStore } from "../../../src/stores/memory-store.ts";

it("a counted store counts polls, calls by operation, and the most calls in one poll", async () => {
  const store = new CountedStore(memoryStore());
  const options = { signal: new AbortController().signal };
  const connection = await store.open("chat", options);
  await connection.readRecord(options);
  await connection.readObservations(options);
  await connection.replaceRecord(undefined, "text", options);
  await connection.readRecord(options);
  expect(store.calls).toEqual({
    polls: 2,
    calls: 4,
    mostInOnePoll: 3,
    byOperation: { readRecord: 2, readObservations: 1, replaceRecord: 1 },
  });
});
