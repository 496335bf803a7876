import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { Configuration } from "../options/parse-options.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { CheckId, Finding } from "./contract.ts";
import type { ParsedDiagnoseOptions } from "./diagnose-options.ts";
import type { NegotiateFinding } from "./negotiate.ts";

/** What all checks of one diagnosis share. */
export interface DoctorContext {
  readonly configuration: Configuration;
  readonly endpoints: readonly Endpoint[];
  readonly given: ParsedDiagnoseOptions;
  /** Ends everything. */
  readonly signal: AbortSignalLike;
  /** The longest that one call may take, milliseconds. */
  readonly timeoutInMs: number;
  /** The group of this diagnosis: nobody else is in it, and all messages go there. */
  readonly group: string;
  /** What the checks before have found. */
  readonly findings: readonly Finding[];
  /** Negotiates with the running app, once for all who ask; undefined where its URL is not known. */
  negotiate(): Promise<NegotiateFinding | undefined>;
}

/** A finding of a check, which is known anyway. */
export type Found = Omit<Finding, "check">;

/** Looks at one thing. It ends when the signal does, and leaves nothing behind. */
export interface Check {
  readonly id: CheckId;
  /** What it looks at, in a few words. */
  readonly title: string;
  /** Checks that must not have failed for an endpoint before this one looks at it. */
  readonly needs?: readonly CheckId[];
  run(context: DoctorContext): Promise<readonly Found[]>;
}

type EndpointCheck = Omit<Check, "run"> & {
  runFor(context: DoctorContext, endpoint: Endpoint): Promise<Found | readonly Found[]>;
};

/** A check that looks at each endpoint by itself, at all of them at once. */
export function forEachEndpoint({ runFor, ...check }: EndpointCheck): Check {
  return {
    ...check,
    async run(context) {
      const each = context.endpoints.map(async (endpoint) => {
        const failed = failedBefore(check.needs ?? [], context.findings, endpoint.name);
        if (failed)
          return [skipped(`not looked at, since the check ${failed} fails`, endpoint.name)];
        const found = await runFor(context, endpoint);
        return [found].flat().map((one) => ({ subject: endpoint.name, ...one }));
      });
      return (await Promise.all(each)).flat();
    },
  };
}

function failedBefore(
  needs: readonly CheckId[],
  findings: readonly Finding[],
  endpoint: string,
): CheckId | undefined {
  return findings.find(
    ({ check, status, subject }) =>
      status === "fail" && subject === endpoint && needs.includes(check),
  )?.check;
}

export const pass = (what: string, subject?: string): Found => found("pass", what, { subject });
export const skipped = (what: string, subject?: string): Found =>
  found("skipped", what, { subject });
export const warn = (what: string, remedy: string, subject?: string): Found =>
  found("warn", what, { remedy, subject });
export const fail = (what: string, remedy: string, subject?: string): Found =>
  found("fail", what, { remedy, subject });

function found(
  status: Found["status"],
  what: string,
  { remedy, subject }: { remedy?: string; subject?: string | undefined },
): Found {
  return { status, what, ...(subject !== undefined && { subject }), ...(remedy && { remedy }) };
}
