import { run } from "./support/run-program.ts";

it("after close nothing is left behind, and the process exits by itself", async () => {
  const { code, output } = await run("open-and-close.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\[.*\]$/m) });
  expect(
    JSON.parse(output.split("\n").at(-1) ?? "").filter((name: string) => /Timeout|TCP/.test(name)),
  ).toEqual([]);
}, 40_000);

it("a plugin that is never closed does not keep a process alive", async () => {
  const { code, output } = await run("never-closed.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\ndone$/) });
  expect(output).toContain(
    'azure:express-resilient-pubsub:warning [hub "chat"] "nowhere" is down (refused)',
  );
}, 40_000);
