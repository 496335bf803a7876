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
  it("a large message to the client is delivered once", async () => {
    const connected = await connectOverSlowLink({ down: speed }, options);
    const { heard, sendToAll } = connected;
    await sendToAll(large);
    await until(() => heard.length === 1, 40_000);
    await sendToAll("after");
    await until(() => heard.length === 2);
    expectBothOnce(connected);
  });

  it("a blackhole is found out and blamed at once, whatever the link was before", async () => {
    const { asked, heard, link, sendToAll } = await connectOverSlowLink({ down: speed }, options);
    await sendToAll("x".repeat(100_000));
    await until(() => heard.length === 1);
    link.blackhole();
    await until(() => asked.length === 2);
    expect(asked).toEqual(["", "east"]);
  });
});

it.each([
  ["whole", Number.POSITIVE_INFINITY],
  ["through a cut", 300_000],
])(
  "a large message from the client over a slow link is delivered once, %s",
  async (_how, cutAfter) => {
    const connected = await connectOverSlowLink({ up: speed });
    const { client, heard, link } = connected;
    const sending = client.sendToGroup("g", large, "text");
    if (Number.isFinite(cutAfter)) {
      await until(() => link.bytesUp > cutAfter);
      link.cut();
    }
    await sending;
    await client.sendToGroup("g", "after", "text");
    await until(() => heard.length === 2);
    expectBothOnce(connected);
  },
);
