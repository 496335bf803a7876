import { resilientPubSub } from "express-resilient-pubsub";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { collectedLines, linesOnStderr } from "../support/collected-log.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

/*
 * What an on-call engineer sees on stderr of an app that has nothing but `resilientPubSub(options)`:
 * what has happened, and what to do about it.
 */
const line = (pattern: RegExp) => until(() => linesOnStderr().find((text) => pattern.test(text)));

beforeEach(() => {
  collectedLines.length = 0;
});

it("a crash of a region: that it is down, that clients go elsewhere, and that it is back", async () => {
  const { eastus, pubsub, negotiate } = await startRegions();
  await pubsub.ready();
  expect(linesOnStderr()).toEqual([]);
  await eastus.inject({ kind: "crash" });
  await until(async () => (await negotiate()).body.endpoint === "westus");
  await line(
    /"eastus" is down \(refused\).*ECONN.*it was up for .*look whether the instance exists/,
  );
  await line(/clients of "eastus" are sent to "westus" from now on \(refused\)/);
  await eastus.clear();
  await until(async () => (await negotiate()).body.endpoint === "eastus");
  await line(/"eastus" is up again; it was down for .* \(refused\)/);
  await line(/clients are sent to "eastus" again, and no longer to "westus"/);
});

it("a gray region, green and failing: that its calls fail, with the status", async () => {
  const { eastus, pubsub } = await startRegions();
  await pubsub.ready();
  await eastus.inject({ kind: "gray" });
  await until(async () => {
    const { failed, skipped } = await pubsub.broadcast("hi");
    return failed.length === 0 && skipped.length > 0;
  });
  await line(/broadcast to "eastus" was answered 5\d\d, so its clients miss it/);
  await line(
    /"eastus" is down \(failing-calls\): \w+ was answered 5\d\d.*its health check is green all the same, so ask for support/,
  );
});

it("a wrong key at the start: which endpoint, and where the right one is", async () => {
  const eastus = closeAfterTest(await startEmulator());
  const wrong = eastus.connectionString.replace(/AccessKey=[^;]+/, "AccessKey=of-another-instance");
  const endpoint = { name: "eastus", role: "primary", connectionString: wrong } as const;
  const negotiate = { allowAnonymous: true };
  const pubsub = closeAfterTest(resilientPubSub({ hub: "chat", endpoints: [endpoint], negotiate }));
  await pubsub.ready();
  await line(/"eastus" refuses the credentials, so it is not used; give it a key that it has now/);
  await line(/no endpoint is left that clients can be sent to \("eastus": credentials-rejected\)/);
  expect(linesOnStderr()).toHaveLength(2);
});

it("a wall in front of the webhook that takes away the signature: who was refused, and what to look at", async () => {
  const { eastus, pubsub, negotiate, url } = await startRegions({
    prepare: (app) =>
      app.use((req, _res, next) => {
        delete req.headers["ce-signature"];
        next();
      }),
    upstream: { onConnected: () => {} },
  });
  await pubsub.ready();
  eastus.setHub("chat", {
    eventHandlers: [
      { urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`, systemEvents: ["connected"] },
    ],
  });
  await connectClient((await negotiate()).body.url, { autoReconnect: false });
  await line(
    /a call of the upstream route was refused with ERR_\w+, from "127\.0\.0\.1:\d+"; if that is your service: look /,
  );
});

it("a wall in front of the webhook that answers in its place: that no event arrives, and where to look", async () => {
  const { pubsub, negotiate } = await startRegions({
    prepare: (app) => app.use("/api", (_req, res) => void res.sendStatus(403)),
    upstream: { onConnected: () => {} },
  });
  await pubsub.ready();
  await Promise.all(Array.from({ length: 20 }, () => negotiate()));
  expect(linesOnStderr()).toEqual([]);
  const now = performance.now.bind(performance);
  const later = jest.spyOn(performance, "now").mockImplementation(() => now() + 11_000);
  afterTest(() => later.mockRestore());
  await negotiate();
  await line(/no event of the service has arrived at the upstream route; .*look for a guard/);
});

it("a throttled region: one line for many broadcasts, with their number, and that it is at its limits", async () => {
  const { eastus, pubsub } = await startRegions();
  await pubsub.ready();
  await eastus.inject({ kind: "throttle", retryAfterInSeconds: 60 });
  for (let time = 0; time < 5; time += 1) await pubsub.broadcast("hi");
  expect(linesOnStderr()).toEqual([
    '[hub "chat"] broadcast to "eastus" was answered 429, so its clients miss it; it is at its limits: add units, or send less',
  ]);
  await pubsub.close();
  expect(linesOnStderr()[1]).toContain("miss it, and 3 more like it; it is at its limits");
});
