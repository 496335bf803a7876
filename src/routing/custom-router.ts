import type { Request } from "express";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { ResilientPubSubError } from "../errors.ts";
import type { TypedEvents } from "../events.ts";
import type { Router } from "../option-types.ts";

/**
 * Asks the application's router. When it throws, or names none of the candidates, the default rule
 * decides and a `handlerError` tells: a bug there must not cost a client its connection.
 */
export async function askRouter(
  router: Router,
  req: Request,
  candidates: readonly RegisteredEndpoint[],
  events: TypedEvents,
): Promise<RegisteredEndpoint | undefined> {
  try {
    const answer = await router(
      req,
      candidates.map((candidate) => candidate.snapshot()),
    );
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
