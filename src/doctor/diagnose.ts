import { randomBytes } from "node:crypto";
import type { ResilientPubSubOptions } from "../contract/options.ts";
import { reasonOf } from "../kit/deadline.ts";
import { InvalidOptionsError } from "../kit/errors.ts";
import { safeText } from "../kit/safe-text.ts";
import { MARKER_PREFIX } from "../marker-groups/marker.ts";
import { type Configuration, parseOptions } from "../options/parse-options.ts";
import { createEndpoint } from "../service/endpoint.ts";
import type { DoctorContext } from "./check.ts";
import { chosenChecks } from "./checks.ts";
import type { DiagnoseOptions, Diagnosis, Finding, FindingStatus } from "./contract.ts";
import { type ParsedDiagnoseOptions, parseDiagnoseOptions } from "./diagnose-options.ts";
import { type NegotiateFinding, negotiateWith } from "./negotiate.ts";
import { runChecks } from "./run-checks.ts";

/**
 * Looks at the options of a plugin and at the world that they name, and tells what will not work: before
 * a deploy, in CI, or while something is wrong. It is safe against production: all that it sends goes to
 * connections of its own, and nobody else is sent to, moved or closed.
 *
 * @param options As `resilientPubSub` is given; bad ones are findings.
 * @param given Where the running app is, and what else is to be looked at.
 * @returns What was found; a failing check is no rejection.
 * @throws InvalidOptionsError for what `given` has wrong, or the reason of its `abortSignal`
 *
 * @example
 * ```ts
 * const { ok, findings } = await diagnose(options, { publicUrl: "https://app.example.com" });
 * for (const { status, check, what, remedy } of findings) {
 *   if (status === "fail") console.error(check, what, remedy);
 * }
 * ```
 */
export async function diagnose(
  options: ResilientPubSubOptions,
  given: DiagnoseOptions = {},
): Promise<Diagnosis> {
  const parsed = parseDiagnoseOptions(given);
  const startedAt = new Date();
  const beganAt = performance.now();
  const found = configurationOf(options);
  const findings = Array.isArray(found) ? found : await examine(found, parsed);
  return {
    hub: Array.isArray(found) ? hubOf(options) : found.hub,
    startedAt: startedAt.toISOString(),
    durationInMs: Math.round(performance.now() - beganAt),
    findings,
    counts: countsOf(findings),
    ok: findings.every(({ status }) => status !== "fail"),
  };
}

/** @returns The findings, for options that cannot be used. */
function configurationOf(options: unknown): Configuration | Finding[] {
  try {
    return parseOptions(options);
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    return error.problems.map(({ path, message }) => {
      const [what = "", ...remedy] = message.split("; ");
      return {
        check: "options",
        subject: path,
        status: "fail",
        what: safeText(what),
        remedy: safeText(remedy.join("; ") || "correct it, as docs/reference.md says"),
      };
    });
  }
}

async function examine(
  configuration: Configuration,
  given: ParsedDiagnoseOptions,
): Promise<Finding[]> {
  const signal = given.abortSignal ?? new AbortController().signal;
  if (signal.aborted) throw reasonOf(signal);
  const endpoints = configuration.endpoints.map((one) => createEndpoint(one, configuration.hub));
  const findings: Finding[] = [];
  const { timeoutInMs } = given;
  let negotiating: Promise<NegotiateFinding | undefined> | undefined;
  const context: DoctorContext = {
    configuration,
    endpoints,
    given,
    signal,
    timeoutInMs,
    group: `${MARKER_PREFIX}doctor.${randomBytes(12).toString("hex")}`,
    findings,
    negotiate: () => {
      negotiating ??= negotiateWith({ configuration, given, signal, timeoutInMs });
      return negotiating;
    },
  };
  try {
    await runChecks(chosenChecks(given.checks), context, findings);
    return findings;
  } finally {
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}

function countsOf(findings: readonly Finding[]): Record<FindingStatus, number> {
  const counts = { pass: 0, warn: 0, fail: 0, skipped: 0 };
  for (const { status } of findings) counts[status] += 1;
  return counts;
}

function hubOf(options: unknown): string {
  const { hub } = (options ?? {}) as { hub?: unknown };
  return typeof hub === "string" ? safeText(hub) : "";
}
