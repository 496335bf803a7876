import { z } from "zod";
import { integer, milliseconds, section } from "../../kit/option-schema.ts";
import type { Fault, FaultKind, RequestType } from "../contract/fault.ts";
import { share } from "../options/option-values.ts";
import { invalidOptions, parseWith } from "../options/parse-with.ts";

/** A fault with every default filled in; two that look the same are still two. */
export type ActiveFault = Readonly<z.output<typeof faultSchema>>;

export type ActiveFaultOf<Kind extends FaultKind> = Extract<ActiveFault, { kind: Kind }>;

const REQUEST_TYPES = ["RESTAPI", "ClientConnection", "Health"] as const;

const status = integer(400, 599);
const retryAfterInSeconds = integer(0, Number.MAX_SAFE_INTEGER, "seconds").optional();
const duration = { durationInMs: milliseconds(1).optional() };

const REQUEST_TYPE_ERROR = 'give "RESTAPI", "ClientConnection" or "Health"';
const REQUEST_TYPES_ERROR = "give an array of request types, one at least";

const scope = (...defaults: RequestType[]) => ({
  ...duration,
  requestTypes: z
    .array(z.enum(REQUEST_TYPES, { error: REQUEST_TYPE_ERROR }), { error: REQUEST_TYPES_ERROR })
    .min(1, { error: REQUEST_TYPES_ERROR })
    .default(defaults),
  share: share.default(1),
});

const bytesPerSecond = integer(1, Number.MAX_SAFE_INTEGER, "bytes");

const SPEED_ERROR = "give whole bytes from 1: one figure, or { up, down } with one at least";

const speed = z.union(
  [
    bytesPerSecond.transform((figure) => ({ up: figure, down: figure })),
    section({ up: bytesPerSecond.optional(), down: bytesPerSecond.optional() }).refine(
      ({ up, down }) => up !== undefined || down !== undefined,
    ),
  ],
  { error: SPEED_ERROR },
);

const TEXT_ERROR = "give a text of 1 to 1024 characters";

const faultSchema = z.discriminatedUnion(
  "kind",
  [
    section({ kind: z.literal("crash"), ...duration }),
    section({ kind: z.literal("blackhole"), ...scope(...REQUEST_TYPES) }),
    section({
      kind: z.literal("unhealthy"),
      ...scope(...REQUEST_TYPES),
      status: status.default(503),
      retryAfterInSeconds,
    }),
    section({
      kind: z.literal("throttle"),
      ...scope("RESTAPI", "ClientConnection"),
      retryAfterInSeconds,
    }),
    section({ kind: z.literal("accessDenied"), ...scope("RESTAPI", "ClientConnection") }),
    section({
      kind: z.literal("latency"),
      ...scope(...REQUEST_TYPES),
      delayInMs: milliseconds(0),
      jitterInMs: milliseconds(0).default(0),
    }),
    section({
      kind: z.literal("gray"),
      ...scope("RESTAPI"),
      status: status.default(500),
    }),
    section({
      kind: z.literal("slow-link"),
      ...duration,
      bytesPerSecond: speed,
      share: share.default(1),
    }),
    section({ kind: z.literal("half-open"), ...scope(...REQUEST_TYPES) }),
    section({
      kind: z.literal("tls"),
      ...duration,
      certificate: z.enum(["wrong", "expired"], { error: 'give "wrong" or "expired"' }),
    }),
    section({
      kind: z.literal("dns"),
      ...duration,
      answer: z
        .enum(["ENOTFOUND", "EAI_AGAIN", "none"], {
          error: 'give "ENOTFOUND", "EAI_AGAIN" or "none"',
        })
        .default("ENOTFOUND"),
      share: share.default(1),
    }),
    section({
      kind: z.literal("poison"),
      ...scope("RESTAPI", "ClientConnection"),
      text: z
        .string({ error: TEXT_ERROR })
        .min(1, { error: TEXT_ERROR })
        .max(1024, { error: TEXT_ERROR }),
      status: status.default(403),
    }),
  ],
  {
    error:
      "give a fault, whose kind is crash, blackhole, unhealthy, throttle, accessDenied, latency, gray, " +
      "slow-link, half-open, tls, dns or poison",
  },
) satisfies z.ZodType<unknown, Fault>;

export const faultsSchema = z
  .array(faultSchema)
  .min(1, { error: "name a fault; clear() takes all away" })
  .refine((faults) => faults.length === 1 || faults.every(({ kind }) => kind !== "crash"), {
    error: "let crash stand alone; nothing else can be broken meanwhile",
  });

/**
 * @param emulator What they are for; a fault of TLS needs TLS. Default: any.
 * @throws EmulatorError `ERR_INVALID_OPTIONS`, naming everything that is wrong.
 */
export function parseFaults(
  input: Fault | readonly Fault[],
  emulator = { speaksTls: true },
): readonly ActiveFault[] {
  const faults = Array.isArray(input)
    ? parseWith(faultsSchema, input, "inject")
    : [parseWith(faultSchema, input, "inject")];
  if (!emulator.speaksTls && faults.some(({ kind }) => kind === "tls")) {
    const message = 'got "tls", and there is no TLS; start the emulator with tls: true, or --tls';
    throw invalidOptions("inject", [{ path: "kind", message }]);
  }
  return faults;
}
