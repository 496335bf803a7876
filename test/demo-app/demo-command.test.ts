import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { get } from "./support/http.ts";

jest.setTimeout(60_000);

const root = path.join(__dirname, "../..");

/** The leader of a process group of its own, as a command in a terminal is. */
function startInTerminal(): { child: ChildProcess; said: () => string; signal: Signal } {
  const child = spawn(process.execPath, ["--import", "tsx", "demo-app/main.ts"], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk) => {
      said += chunk;
    });
  }
  const signal: Signal = (name) => {
    try {
      return process.kill(-(child.pid ?? 0), name);
    } catch {
      return false;
    }
  };
  closeAfterTest({ close: () => signal("SIGKILL") });
  return { child, said: () => said, signal };
}

/** To every process of the terminal. @returns whether there was one */
type Signal = (name: NodeJS.Signals | 0) => boolean;

describe("npm run demo", () => {
  it("prints the address of its page, and ends every process it has started on Ctrl-C", async () => {
    const { child, said, signal } = startInTerminal();
    const ended = once(child, "exit");
    const [, url = ""] = await until(() => /Open (http:\S+)/.exec(said()), 40_000);

    const page = await get(url);
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining("<!doctype html>") });
    await until(async () => (await get(`${url}/api/clients/60`)).body.endpoint);
    signal("SIGINT");

    expect(await ended).toEqual([0, null]);
    await until(() => !signal(0));
    expect(said()).not.toMatch(/Error|has ended/);
  });

  it("leaves no process and no error output behind when it is killed", async () => {
    const { child, said, signal } = startInTerminal();
    const [, url = ""] = await until(() => /Open (http:\S+)/.exec(said()), 40_000);
    await until(async () => (await get(`${url}/api/clients/60`)).body.endpoint);

    child.kill("SIGKILL");

    await until(() => !signal(0));
    expect(said()).not.toMatch(/Error/);
  });
});
