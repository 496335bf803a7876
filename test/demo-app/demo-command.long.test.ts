import { once } from "node:events";
import { until } from "../support/until.ts";
import { get } from "./support/http.ts";
import { startInTerminal } from "./support/start-in-terminal.ts";

jest.setTimeout(60_000);

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
