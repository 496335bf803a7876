import express from "express";
import { type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import { continuity } from "express-resilient-pubsub/client";
import type { Emulator, EmulatorOptions } from "express-resilient-pubsub/emulator";
import type { HistoryOptions } from "../../../src/contract/history-options.ts";
import { type MadeClient, makeClient } from "../../client/support/make-client.ts";
import { afterTest, closeAfterTest } from "../../support/clean-up.ts";
import { startEmulator } from "../../support/emulator.ts";
import { serve } from "../../support/serve.ts";
import { authenticate } from "./catching-up.ts";

export const ROLES = ["news", "other"]
  .flatMap((group) => [`webpubsub.joinLeaveGroup.${group}`, `webpubsub.sendToGroup.${group}`])
  .map((role) => `role=${role}`)
  .join("&");

export interface ContinuityWorld {
  readonly eastus: Emulator;
  readonly westus: Emulator;
  readonly servers: readonly [ResilientPubSub, ResilientPubSub];
  readonly urls: readonly string[];
  /** A client that is in the group "news", of any app server; not started. */
  client(query?: string, options?: Parameters<typeof continuity>[0]): MadeClient;
}

/** Two emulated regions, and two app servers that share a history, each the event handler of one region. */
export async function startContinuityWorld(
  history: HistoryOptions,
  emulatorOptions: EmulatorOptions = {},
): Promise<ContinuityWorld> {
  const eastus = closeAfterTest(await startEmulator(emulatorOptions));
  const westus = closeAfterTest(await startEmulator(emulatorOptions));
  const serveOne = async (): Promise<[ResilientPubSub, string]> => {
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [
          { name: "eastus", role: "primary", connectionString: eastus.connectionString },
          { name: "westus", role: "secondary", connectionString: westus.connectionString },
        ],
        negotiate: { authenticate, allowAnonymous: true, reviewAfterInMs: 200 },
        fanOut: { timeoutInMs: 1000 },
        health: { schedule: "* * * * * *", timeoutInMs: 1000, fall: 1, rise: 1 },
        history: { appendTimeoutInMs: 5000, ...history },
      }),
    );
    const app = express().use(pubsub);
    const { url } = closeAfterTest(await serve(app));
    return [pubsub, url];
  };
  const [[first, firstUrl], [second, secondUrl]] = [await serveOne(), await serveOne()];
  const regions = [
    [eastus, firstUrl],
    [westus, secondUrl],
  ] as const;
  for (const [region, url] of regions) {
    const urlTemplate = `${url}/api/webpubsub/hubs/{hub}/`;
    region.setHub("chat", { eventHandlers: [{ urlTemplate, userEventPattern: "*" }] });
  }
  await Promise.all([first.ready(), second.ready()]);
  const urls = [firstUrl, secondUrl];
  return {
    eastus,
    westus,
    servers: [first, second],
    urls,
    client: (query = "user=ada&group=news", options = {}) =>
      makeClient(
        urls.map((url) => `${url}/negotiate?${query}&${ROLES}`),
        {
          continuity: continuity(options),
          keepAliveIntervalInMs: 100,
          keepAliveTimeoutInMs: 400,
        },
      ),
  };
}

/** Sends numbers to the group "news", one after the other, until it is told to stop. */
export function keepSending(
  send: (number: number) => Promise<unknown>,
  pauseInMs = 15,
): { readonly count: number; stop(): Promise<number> } {
  let count = 0;
  let isOver = false;
  const sending = (async () => {
    while (!isOver) {
      // That an endpoint did not take it is what these tests are about.
      await send(count).catch(() => {});
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, pauseInMs));
    }
  })();
  const stop = async (): Promise<number> => {
    isOver = true;
    await sending;
    return count;
  };
  afterTest(stop);
  return {
    get count() {
      return count;
    },
    stop,
  };
}
