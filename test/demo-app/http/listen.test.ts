import { listenOnLoopback } from "../../../demo-app/http/listen.ts";
import { closeAfterTest } from "../../support/clean-up.ts";

describe("an HTTP server of the demo", () => {
  it("takes a later port when the one that it prefers is taken", async () => {
    const first = closeAfterTest(await listenOnLoopback(0));
    const second = closeAfterTest(await listenOnLoopback(first.port));

    expect(second.port).toBeGreaterThan(first.port);
    expect(second.url).toBe(`http://127.0.0.1:${second.port}`);
  });

  it("listens on the loopback address only", async () => {
    const { server } = closeAfterTest(await listenOnLoopback(0));

    expect(server.address()).toMatchObject({ address: "127.0.0.1" });
  });
});
