import { until } from "../support/until.ts";
import { get } from "./support/http.ts";
import { startInTerminal } from "./support/start-in-terminal.ts";

jest.setTimeout(60_000);

describe("npm run demo", () => {
  it("leaves no process and no error output behind when it is killed", async () => {
    const { child, said, signal } = startInTerminal();
    const [, url = ""] = await until(() => /Open (http:\S+)/.exec(said()), 40_000);
    await until(async () => (await get(`${url}/api/clients/60`)).body.endpoint);

    child.kill("SIGKILL");

    await until(() => !signal(0));
    expect(said()).not.toMatch(/Error/);
  });
});
