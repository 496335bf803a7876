import type { RequestListener } from "node:http";
import type { RequestHandler } from "express";
import type { EndpointOptions } from "express-resilient-pubsub";
import type { MonitoredEnvironment } from "../contract/environment.ts";
import { ControlServer } from "../control-server/control-server.ts";
import { startAzureEnvironment } from "../environment/azure-environment.ts";
import { startEmulatedEnvironment } from "../environment/emulated-environment.ts";
import { GuidedDrill, type GuidedDrillOptions } from "../guided-drill/guided-drill.ts";
import { listenOnLoopback } from "../http/listen.ts";
import { openAll } from "../kit/open-all.ts";

export interface DemoOptions {
  /** Where to look for free ports: first for the control server; 0 takes any. Default 0. */
  readonly firstPort?: number;
  /** Real instances; without any, two are emulated. */
  readonly endpoints?: readonly EndpointOptions[];
  /** What serves the page; without it the control server has none. */
  readonly page?: RequestHandler;
  readonly drill?: GuidedDrillOptions;
}

export interface Demo {
  readonly url: string;
  readonly environment: MonitoredEnvironment;
  readonly drill: GuidedDrill;
  readonly controlServer: ControlServer;
  /** Ends every process, server, socket and timer. Idempotent. */
  close(): Promise<void>;
}

/** The environment, the guided drill, and the control server of both. */
export function startDemo({
  firstPort = 0,
  endpoints = [],
  page,
  drill: drillOptions,
}: DemoOptions = {}): Promise<Demo> {
  return openAll(async (opened) => {
    const listening = opened.add(await listenOnLoopback(firstPort));
    listening.server.on("request", answerRetryLater);
    const options = { firstPort: firstPort === 0 ? 0 : listening.port + 1 };
    const environment = opened.add(
      endpoints.length > 0
        ? await startAzureEnvironment(endpoints, options)
        : await startEmulatedEnvironment(options),
    );
    listening.server.off("request", answerRetryLater);
    const drill = new GuidedDrill(environment, drillOptions);
    const controlServer = opened.add(new ControlServer({ listening, environment, drill, page }));
    return {
      url: controlServer.url,
      environment,
      drill,
      controlServer,
      close: () => opened.close(),
    };
  });
}

/** A tab of the last demo may ask before this one is there. */
const answerRetryLater: RequestListener = (_req, res) => {
  res.writeHead(503, { "Retry-After": "1" }).end();
};
