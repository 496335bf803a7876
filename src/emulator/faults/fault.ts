import { z } from "zod";
import { EmulatorError } from "../errors.ts";
import { parseWith } from "../options.ts";

/** A way to be broken. Built so far: `crash`, `blackhole` and `unhealthy`. */
export type Fault =
  /** Every socket is destroyed and the port refuses; all state is lost. */
  | { kind: "crash" }
  /** TCP connects, nothing is ever answered; open sockets stay open and silent. */
  | { kind: "blackhole" }
  /** Health, REST and new clients get `status` (default 503); open sockets stay. */
  | { kind: "unhealthy"; status?: number; retryAfterInSeconds?: number }
  /** REST and new clients get 429. */
  | { kind: "throttle"; retryAfterInSeconds?: number }
  /** The request types named get 403, as with public network access disabled. */
  | { kind: "accessDenied"; requestTypes: ("RESTAPI" | "ClientConnection")[] }
  /** Every answer is late. */
  | { kind: "latency"; delayInMs: number; jitterInMs?: number }
  /** Health is fine, sends fail. */
  | { kind: "gray" };

export type FaultKind = Fault["kind"];

/** A fault that is built, with every default filled in. */
export type ActiveFault = Extract<z.output<typeof faultSchema>, { kind: BuiltKind }>;

const seconds = z.int().min(0);
const milliseconds = z.number().min(0);

const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("crash") }),
  z.strictObject({ kind: z.literal("blackhole") }),
  z.strictObject({
    kind: z.literal("unhealthy"),
    status: z.int().min(400).max(599).default(503),
    retryAfterInSeconds: seconds.optional(),
  }),
  z.strictObject({ kind: z.literal("throttle"), retryAfterInSeconds: seconds.optional() }),
  z.strictObject({
    kind: z.literal("accessDenied"),
    requestTypes: z.array(z.enum(["RESTAPI", "ClientConnection"])).min(1),
  }),
  z.strictObject({
    kind: z.literal("latency"),
    delayInMs: milliseconds,
    jitterInMs: milliseconds.default(0),
  }),
  z.strictObject({ kind: z.literal("gray") }),
]) satisfies z.ZodType<unknown, Fault>;

const builtKinds = ["crash", "blackhole", "unhealthy"] as const;
type BuiltKind = (typeof builtKinds)[number];

/** @throws EmulatorError `ERR_INVALID_OPTIONS` or `ERR_NOT_IMPLEMENTED`. */
export function parseFault(input: Fault): ActiveFault {
  const fault = parseWith(faultSchema, input, "inject");
  if (isBuilt(fault)) return fault;
  throw new EmulatorError(
    "ERR_NOT_IMPLEMENTED",
    `The fault "${fault.kind}" is not built yet; these are: ${builtKinds.join(", ")}.`,
  );
}

const isBuilt = (fault: z.output<typeof faultSchema>): fault is ActiveFault =>
  (builtKinds as readonly string[]).includes(fault.kind);
