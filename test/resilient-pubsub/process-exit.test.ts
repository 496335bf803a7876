import { run } from "./support/run-program.ts";

it("after close nothing is left behind, and the process exits by itself", async () => {
  const { code, output } = await run("open-and-close.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\[.*\]$/) });
  expect(JSON.parse(output).filter((name: string) => /Timeout|TCP/.test(name))).toEqual([]);
}, 40_000);

it("a plugin that is never closed does not keep a process alive", async () => {
  const { code, output } = await run("never-closed.ts");
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\ndone$/) });
  expect(output).toContain('[ERR_DOWN_AT_START] ResilientPubSubWarning: Endpoint "nowhere" of hub');
}, 40_000);
