import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

type Renamed = (url: string) => string;

const asGiven: Renamed = (url) => url;
const asLocalhost: Renamed = (url) => url.replace("127.0.0.1", "localhost");
const asIpv4: Renamed = (url) => url.replace("localhost", "127.0.0.1");

describe("an emulator that the plugin knows by another name of this machine", () => {
  it.each<[string, { host?: string }, Renamed]>([
    ["listens on 127.0.0.1 and is called localhost", {}, asLocalhost],
    ["listens on localhost and is called 127.0.0.1", { host: "localhost" }, asIpv4],
    ["listens on 0.0.0.0 and is called localhost", { host: "0.0.0.0" }, asLocalhost],
  ])("takes calls, clients and sends events: it %s", async (_, options, renamed) => {
    const emulator = closeAfterTest(await startEmulator(options));
    const heard: string[] = [];
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          {
            name: "local",
            role: "primary",
            connectionString: renamed(emulator.connectionString),
          },
        ],
        negotiate: { allowAnonymous: true },
        upstream: {
          onConnected: ({ context }) => void heard.push(`connected ${context.hub}`),
          handleUserEvent: ({ data }, res) => {
            heard.push(String(data));
            res.success();
          },
        },
      }),
    );
    const { url } = closeAfterTest(await serve(express().use(pubsub)));
    emulator.setHub("chat", {
      eventHandlers: [
        {
          urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
          systemEvents: ["connected"],
          userEventPattern: "*",
        },
      ],
    });
    await pubsub.ready();
    const { body } = await fetchAnswer(`${url}/negotiate`);
    const { client, received } = await connectClient(body.url);
    await client.sendEvent("greet", "hi", "text");
    await pubsub.broadcast("hello", { contentType: "text/plain" });
    await until(() => received.length > 0 && heard.length > 1);
    expect(received).toEqual(["hello"]);
    expect(heard.sort()).toEqual(["connected chat", "hi"]);
  });

  it("is one endpoint however it is called", async () => {
    const emulator = closeAfterTest(await startEmulator());
    const named = (name: string, renamed: Renamed) => ({
      name,
      role: "primary" as const,
      connectionString: renamed(emulator.connectionString),
    });
    const options = { hub: "chat", negotiate: { allowAnonymous: true } };
    const twins = [named("one", asGiven), named("other", asLocalhost)];
    expect(() => resilientPubSub({ ...options, endpoints: twins })).toThrow(
      /endpoints\[1\]: has the URL "http:\/\/localhost:\d+" of endpoints\[0\]/,
    );
    const pubsub = closeAfterTest(
      resilientPubSub({ ...options, endpoints: [named("one", asGiven)] }),
    );
    expect(() => pubsub.endpoints.add(named("other", asLocalhost))).toThrow(
      /URL is taken by "one"/,
    );
  });
});
