import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import type { Diagnosis } from "express-resilient-pubsub/doctor";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { endpointsAt } from "../../support/endpoints-at.ts";

/** Options for these instances, the first of which is the primary. */
export function optionsFor(
  instances: Readonly<Record<string, Pick<Emulator, "connectionString">>>,
  more: Partial<ResilientPubSubOptions> = {},
): ResilientPubSubOptions {
  return {
    hub: "chat",
    endpoints: endpointsAt(instances),
    negotiate: { authenticate: () => null },
    ...more,
  };
}

/** A line for each finding of a status. */
export const linesOf = (diagnosis: Diagnosis, status: string): string[] =>
  diagnosis.findings
    .filter((finding) => finding.status === status)
    .map(({ check, subject, what }) => [check, subject, what].filter(Boolean).join(" "));
