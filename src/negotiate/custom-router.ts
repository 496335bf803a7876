import type { Request } from "express";
import type { Router } from "../contract/options.ts";
import {
  type ClientCounts,
  fullBy,
  type RegisteredEndpoint,
} from "../endpoints/registered-endpoint.ts";
import { servingEndpoints } from "../endpoints/serving-order.ts";
import { withDeadline } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import type { InternalEvents } from "../kit/typed-events.ts";

interface RouterEnvironment {
  readonly census?: ClientCounts | undefined;
  readonly events: InternalEvents;
  readonly timeoutInMs: number;
}

/**
 * Asks the application's router. When it throws, takes longer than the deadline, or names none of the candidates, the default rule
 * decides and a `handlerError` tells: a bug there must not cost a client its connection.
 */
export async function askRouter(
  router: Router,
  req: Request,
  candidates: readonly RegisteredEndpoint[],
  { census, events, timeoutInMs }: RouterEnvironment,
): Promise<RegisteredEndpoint | undefined> {
  try {
    const serving = servingEndpoints(candidates, fullBy(census));
    const snapshots = candidates.map((candidate) =>
      candidate.snapshot(serving.includes(candidate), census),
    );
    const pending = router(req, snapshots);
    const answer =
      pending instanceof Promise
        ? await withDeadline(timeoutInMs, undefined, () => pending)
        : pending;
    if (answer === undefined || answer === null) return undefined;
    const name = typeof answer === "string" ? answer : answer.name;
    const chosen = candidates.find((candidate) => candidate.name === name);
    if (chosen) return chosen;
    const names = candidates.map((candidate) => candidate.name).join(", ");
    throw new ResilientPubSubError(
      "ERR_UNKNOWN_ENDPOINT",
      `router answered with ${JSON.stringify(name)}; the candidates were ${names}`,
    );
  } catch (error) {
    events.emit("handlerError", { handler: "router", error });
    return undefined;
  }
}
