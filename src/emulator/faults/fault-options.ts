import { z } from "zod";
import { integer, milliseconds, section } from "../../kit/option-schema.ts";
import type { Fault, RequestType } from "../contract/fault.ts";
import { share } from "../options/option-values.ts";
import { parseWith } from "../options/parse-with.ts";

/** A fault with every default filled in; two that look the same are still two. */
export type ActiveFault = Readonly<z.output<typeof faultSchema>>;

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
  ],
  {
    error:
      "give a fault, whose kind is crash, blackhole, unhealthy, throttle, accessDenied, latency or gray",
  },
) satisfies z.ZodType<unknown, Fault>;

const faultsSchema = z
  .array(faultSchema)
  .min(1, { error: "name a fault; clear() takes all away" })
  .refine((faults) => faults.length === 1 || faults.every(({ kind }) => kind !== "crash"), {
    error: "let crash stand alone; nothing else can be broken meanwhile",
  });

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming everything that is wrong. */
export function parseFaults(input: Fault | readonly Fault[]): readonly ActiveFault[] {
  return Array.isArray(input)
    ? parseWith(faultsSchema, input, "inject")
    : [parseWith(faultSchema, input, "inject")];
}
