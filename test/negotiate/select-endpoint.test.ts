import type { Request } from "express";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime({ mayLeaveTimers: true });

/** One endpoint whose last check took so long, and whose next is not answered. */
function setUp(lastDurationInMs: number) {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: [
      { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
    ],
    negotiate: { allowAnonymous: true },
    health: { schedule: false, onDemandMaxAgeInMs: 0 },
  });
  const context = assemble(configuration);
  const { registry } = context;
  const timing = { at: 0, durationInMs: lastDurationInMs };
  registry.recordProbe(registry.get("a"), 1, { ok: true }, timing);
  return selectEndpoint(context, {} as Request, new Set(), performance.now() + 500);
}

it("selection waits for a health check, but no longer than the budget", async () => {
  const settled = jest.fn();
  void setUp(20).then(settled);
  await jest.advanceTimersByTimeAsync(499);
  expect(settled).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalledWith(expect.objectContaining({ name: "a" }));
});

it("selection does not wait for an endpoint that is known to answer later than the budget", async () => {
  expect((await setUp(900))?.name).toBe("a");
});
