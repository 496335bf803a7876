import { until } from "../support/until.ts";
import { connectOverSlowLink, large, sockets, speed } from "./support/over-slow-link.ts";

jest.setTimeout(60_000);

describe.each(sockets)("over a slow link and a socket %s", (_, options) => {
  it("a large message to the client is delivered once through a cut", async () => {
    const { asked, heard, link, log, sendToAll } = await connectOverSlowLink(
      { down: speed },
      options,
    );
    await sendToAll(large);
    await until(() => link.bytesDown > 300_000);
    link.cut();
    await until(() => heard.length === 1, 40_000);
    await sendToAll("after");
    await until(() => heard.length === 2);
    expect(heard).toEqual([large, "after"]);
    expect(log).not.toContain("disconnected");
    expect(new Set(asked)).toEqual(new Set([""]));
  });
});
