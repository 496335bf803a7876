import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";

it("the health jobs of 60 plugins in one process wait for different moments", async () => {
  const waits: number[] = [];
  const original = setTimeout;
  const spy = jest.spyOn(globalThis, "setTimeout").mockImplementation(((
    callback: () => void,
    delay: number,
  ) => {
    waits.push(delay);
    return original(callback, delay);
  }) as never);
  const connectionString = "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;";
  const plugins = Array.from({ length: 60 }, (_, index) =>
    closeAfterTest(
      resilientPubSub({
        hub: `hub${index}`,
        endpoints: [{ name: "east", role: "primary", connectionString }],
        negotiate: { allowAnonymous: true },
      }),
    ),
  );
  spy.mockRestore();
  await Promise.all(plugins.map((plugin) => plugin.close()));
  // All were made within a moment, so they would differ by little if the schedule alone decided.
  const jobs = [...new Set(waits.map((wait) => Math.floor(wait / 45)))];
  expect(Math.max(...waits)).toBeLessThanOrEqual(5000);
  expect(jobs.length).toBeGreaterThan(20);
});
