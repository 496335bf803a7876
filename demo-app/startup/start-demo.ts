import type { RequestListener } from "node:http";
import type { RequestHandler } from "express";
import type { EndpointOptions } from "express-resilient-pubsub";
import type { LiveStage } from "../contract/environment.ts";
import { ControlRoom } from "../control-server/control-server.ts";
import { startAzureStage } from "../environment/azure-environment.ts";
import { startEmulatedStage } from "../environment/emulated-environment.ts";
import { GuidedDrill, type GuidedDrillOptions } from "../guided-drill/guided-drill.ts";
import { listenOnLoopback } from "../http/listen.ts";
import { openAll } from "../kit/open-all.ts";

export interface DemoOptions {
  /** Where to look for free ports: first for the control room; 0 takes any. Default 0. */
  readonly firstPort?: number;
  /** Real instances; without any, two are emulated. */
  readonly endpoints?: readonly EndpointOptions[];
  /** What serves the page; without it the control room has none. */
  readonly page?: RequestHandler;
  readonly drill?: GuidedDrillOptions;
}

export interface Demo {
  readonly url: string;
  readonly stage: LiveStage;
  readonly drill: GuidedDrill;
  readonly room: ControlRoom;
  /** Ends every process, server, socket and timer. Idempotent. */
  close(): Promise<void>;
}

/** The stage, the guided drill, and the control room of both. */
export function startDemo({
  firstPort = 0,
  endpoints = [],
  page,
  drill: drillOptions,
}: DemoOptions = {}): Promise<Demo> {
  return openAll(async (opened) => {
    const listening = opened.add(await listenOnLoopback(firstPort));
    listening.server.on("request", askAgain);
    const options = { firstPort: firstPort === 0 ? 0 : listening.port + 1 };
    const stage = opened.add(
      endpoints.length > 0
        ? await startAzureStage(endpoints, options)
        : await startEmulatedStage(options),
    );
    listening.server.off("request", askAgain);
    const drill = new GuidedDrill(stage, drillOptions);
    const room = opened.add(new ControlRoom({ listening, stage, drill, page }));
    return { url: room.url, stage, drill, room, close: () => opened.close() };
  });
}

/** A tab of the last demo may ask before this one is there. */
const askAgain: RequestListener = (_req, res) => {
  res.writeHead(503, { "Retry-After": "1" }).end();
};
