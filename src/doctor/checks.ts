import type { Check } from "./check.ts";
import { callsCheck } from "./checks/calls.ts";
import { clockCheck } from "./checks/clock.ts";
import { corsCheck } from "./checks/cors.ts";
import { cspCheck } from "./checks/csp.ts";
import { dnsCheck } from "./checks/dns.ts";
import { firewallCheck } from "./checks/firewall.ts";
import { healthCheck } from "./checks/health.ts";
import { latencyCheck } from "./checks/latency.ts";
import { metadataCheck } from "./checks/metadata.ts";
import { negotiateCheck } from "./checks/negotiate.ts";
import { optionsCheck } from "./checks/options.ts";
import { rolesCheck } from "./checks/roles.ts";
import { roundTripCheck } from "./checks/round-trip.ts";
import { signatureCheck } from "./checks/signature.ts";
import { storesCheck } from "./checks/stores.ts";
import { tlsCheck } from "./checks/tls.ts";
import { versionsCheck } from "./checks/versions.ts";
import { webhookCheck } from "./checks/webhook.ts";
import type { CheckId } from "./contract.ts";

/** In the order in which they are made: each rests on those before it. */
const CHECKS: readonly Check[] = [
  versionsCheck,
  optionsCheck,
  dnsCheck,
  tlsCheck,
  healthCheck,
  latencyCheck,
  clockCheck,
  callsCheck,
  firewallCheck,
  roundTripCheck,
  metadataCheck,
  webhookCheck,
  signatureCheck,
  negotiateCheck,
  rolesCheck,
  cspCheck,
  corsCheck,
  storesCheck,
];

/** The checks that were asked for, and those that they rest on. */
export function chosenChecks(ids: readonly CheckId[] | undefined): readonly Check[] {
  if (ids === undefined) return CHECKS;
  const wanted = new Set<CheckId>(ids);
  // What is needed stands before what needs it, so one look from the end is enough.
  for (const check of CHECKS.toReversed()) {
    if (wanted.has(check.id)) for (const needed of check.needs ?? []) wanted.add(needed);
  }
  return CHECKS.filter(({ id }) => wanted.has(id));
}
