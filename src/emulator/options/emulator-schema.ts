import { z } from "zod";
import { flag, func, milliseconds, nonEmptyString, section } from "../../kit/option-schema.ts";
import type { EmulatorOptions } from "../contract/emulator-options.ts";
import { hubName, hubSchema } from "./hub-schema.ts";
import { accessKey, count, port } from "./option-values.ts";

export type Limits = Readonly<z.output<typeof limitsSchema>>;

export type UpstreamSettings = Readonly<z.output<typeof upstreamSchema>>;

const MEBIBYTE = 1024 * 1024;

const limitsSchema = section({
  messageBytes: count.default(MEBIBYTE),
  connections: count.default(Number.MAX_SAFE_INTEGER),
  unacknowledgedMessages: count.default(1000),
  unacknowledgedBytes: count.default(16 * MEBIBYTE),
  waitingMessages: count.default(1000),
  waitingBytes: count.default(16 * MEBIBYTE),
  recoveryWindowInMs: milliseconds(0).default(30_000),
});

const upstreamSchema = section({
  eventTimeoutInMs: milliseconds(1).default(100_000),
  validationTimeoutInMs: milliseconds(1).default(10_000),
  validationLifetimeInMs: milliseconds(0).default(60_000),
  retryDelaysInMs: z
    .array(milliseconds(0), { error: "give a list of milliseconds, [] for none" })
    .max(10, { error: "give at most 10" })
    .readonly()
    .default([1000, 3000, 5000]),
});

const ORIGIN_ERROR = "give an http or https URL of a host, without a path";
const PEM_ERROR = "give a text in PEM";

const pem = z.string({ error: PEM_ERROR }).min(1, { error: PEM_ERROR });

export const emulatorSchema = section({
  port: port.default(0),
  // In brackets it stands in URLs, and those are what people copy.
  host: nonEmptyString('give an address such as "127.0.0.1"')
    .transform((host) => host.replace(/^\[(.*)\]$/, "$1"))
    .default("127.0.0.1"),
  publicEndpoint: z
    .string({ error: ORIGIN_ERROR })
    .refine(isOrigin, { error: ORIGIN_ERROR })
    .transform((url) => new URL(url).origin)
    .optional(),
  tls: z
    .union([flag(), section({ cert: pem, key: pem })], {
      error: "give true, false, or { cert, key } in PEM",
    })
    .default(false),
  accessKey: accessKey.optional(),
  secondaryAccessKey: accessKey.optional(),
  disableLocalAuth: flag().default(false),
  acceptEntraTokens: flag().default(false),
  metadata: flag().default(true),
  hubs: z
    .record(hubName, hubSchema, { error: "give an object of hubs by their names" })
    .default({}),
  limits: limitsSchema.prefault({}),
  upstream: upstreamSchema.prefault({}),
  admin: z
    .union([flag(), section({ port })], {
      error: "give true, false, or { port } with a whole number from 0 to 65535",
    })
    .default(false),
  seed: z.int({ error: "give a whole number" }).default(1),
  onActivity: func<NonNullable<EmulatorOptions["onActivity"]>>().optional(),
}) satisfies z.ZodType<unknown, EmulatorOptions>;

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === "/" && !search && !hash && !username;
}
