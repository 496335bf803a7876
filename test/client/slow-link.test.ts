import { until } from "../support/until.ts";
import {
  connectOverSlowLink,
  expectBothOnce,
  large,
  sockets,
  speed,
} from "./support/over-slow-link.ts";

jest.setTimeout(60_000);

describe.each(sockets)("over a slow link and a socket %s", (_, options) => {
  it("a large message to the client is delivered once through a cut", async () => {
    const connected = await connectOverSlowLink({ down: speed }, options);
    const { heard, link, sendToAll } = connected;
    await sendToAll(large);
    await until(() => link.bytesDown > 300_000);
    link.cut();
    await until(() => heard.length === 1, 40_000);
    await sendToAll("after");
    await until(() => heard.length === 2);
    expectBothOnce(connected);
  });
});
