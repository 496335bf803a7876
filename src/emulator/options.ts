import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Activity } from "./activity.ts";
import { EmulatorError } from "./errors.ts";
import { canonicalHub, isHubName } from "./names.ts";

export type SystemEvent = "connect" | "connected" | "disconnected";

export type GroupEvent = "joined" | "left";

/** How the service proves itself to an app server; a `?code=` can stand in the URL as well. */
export type EventHandlerAuth =
  | { type: "none" }
  /** Sends a bearer token for this resource, unsigned by any authority, as Entra would issue it. */
  | { type: "managedIdentity"; resource: string };

/** Where the events of a hub go; the first handler that wants an event gets it, no other does. */
export interface EventHandlerOptions {
  /** An http(s) URL; `{hub}` and `{event}` are filled in, but not in the host. */
  urlTemplate: string;
  /** The system events to send. Defaults to none. */
  systemEvents?: readonly SystemEvent[];
  /** `*` for every user event, or names and patterns with commas between. Defaults to none. */
  userEventPattern?: string;
  /** The group events to send. Defaults to none. */
  groupEvents?: readonly GroupEvent[];
  /** Defaults to `{ type: "none" }`. */
  auth?: EventHandlerAuth;
}

export interface HubOptions {
  /** Whether clients without a token may connect. Defaults to `deny`. */
  anonymousConnectPolicy?: "deny" | "allow";
  /** In order of precedence. Defaults to none. */
  eventHandlers?: readonly EventHandlerOptions[];
  /** How often clients are pinged; one that has not answered by the next ping is cut. Defaults to 20. */
  webSocketKeepAliveIntervalInSeconds?: number;
  /**
   * What a client of a PubSub protocol gets for an event that failed or that nobody wanted: a
   * failing ack, or its connection is closed. Defaults to `acknowledge`.
   */
  failedEvents?: "acknowledge" | "close";
}

/** The bounds of the service; those of Azure by default, smaller ones make them easy to reach. */
export interface EmulatorLimits {
  /** The size of one frame of a client, and of a REST body. Defaults to 1 MiB. */
  messageBytes?: number;
  /** Open connections, over all hubs; more are refused with 429. Defaults to no limit. */
  connections?: number;
  /** What a reliable client may leave without `sequenceAck`. Defaults to 1000. */
  unacknowledgedMessages?: number;
  /** As `unacknowledgedMessages`, in bytes. Defaults to 16 MiB. */
  unacknowledgedBytes?: number;
  /** What may wait for a client that reads too slowly. Defaults to 1000. */
  waitingMessages?: number;
  /** As `waitingMessages`, in bytes. Defaults to 16 MiB. */
  waitingBytes?: number;
  /** How long a reliable client may take to come back. Defaults to 30 000. */
  recoveryWindowInMs?: number;
}

/** How long app servers may take. */
export interface UpstreamTimeouts {
  /** For the answer to an event. Defaults to 100 000. */
  eventTimeoutInMs?: number;
  /** For the answer to a validation. Defaults to 10 000. */
  validationTimeoutInMs?: number;
  /** How long a validation that succeeded holds. Defaults to 60 000. */
  validationLifetimeInMs?: number;
}

/** A certificate and its private key, both in PEM. */
export interface TlsCertificate {
  cert: string;
  key: string;
}

export interface EmulatorOptions {
  /** The port to listen on. Defaults to 0: any free one. */
  port?: number;
  /** The address to listen on. Defaults to `127.0.0.1`. */
  host?: string;
  /**
   * The URL that others know the service by, when it is not the one listened on: tokens must name
   * it. Defaults to scheme, host and port listened on.
   */
  publicEndpoint?: string;
  /** Speaks https and wss: `true` makes a self-signed certificate. Defaults to `false`. */
  tls?: boolean | TlsCertificate;
  /** Signs tokens and events. Defaults to a fresh random key. */
  accessKey?: string;
  /** The second key, as valid as the first. Defaults to a fresh random key. */
  secondaryAccessKey?: string;
  /** Refuses every token signed with an access key. Defaults to `false`. */
  disableLocalAuth?: boolean;
  /**
   * Takes any unexpired token for `https://webpubsub.azure.com` as a Microsoft Entra one on REST
   * calls, whoever signed it. Defaults to `false`.
   */
  acceptEntraTokens?: boolean;
  /** Settings by hub name. Every valid hub name works without any. */
  hubs?: Readonly<Record<string, HubOptions>>;
  limits?: EmulatorLimits;
  upstream?: UpstreamTimeouts;
  /**
   * Opens `/_emulator` to this machine: with `true` on the service's own port, with `{ port }` on
   * one of its own, which also answers during a crash. Defaults to `false`.
   */
  admin?: boolean | { port: number };
  /** Where the dice of faults start; the same seed throws the same dice. Defaults to 1. */
  seed?: number;
  /** Told of everything that happens; what it throws is a warning. Defaults to nobody. */
  onActivity?: (activity: Activity) => void;
}

/** Hub settings with every default filled in. */
export type HubSettings = Readonly<z.output<typeof hubSchema>>;

export type EventHandlerSettings = HubSettings["eventHandlers"][number];

export type Limits = Readonly<z.output<typeof limitsSchema>>;

export type UpstreamSettings = Readonly<z.output<typeof upstreamSchema>>;

/** The options with every default filled in; hub names are canonical. */
export interface EmulatorConfiguration
  extends Readonly<
    Omit<z.output<typeof emulatorSchema>, "accessKey" | "secondaryAccessKey" | "hubs">
  > {
  readonly accessKey: string;
  readonly secondaryAccessKey: string;
  readonly hubs: ReadonlyMap<string, HubSettings>;
}

const urlTemplate = z.string().refine(isUrlTemplate, {
  error: "must be an http or https URL, with {hub} and {event} only after the host",
});

const hubSchema = z.strictObject({
  anonymousConnectPolicy: z.enum(["deny", "allow"]).default("deny"),
  eventHandlers: z
    .array(
      z.strictObject({
        urlTemplate,
        systemEvents: z.array(z.enum(["connect", "connected", "disconnected"])).default([]),
        userEventPattern: z.string().max(1024).default(""),
        groupEvents: z.array(z.enum(["joined", "left"])).default([]),
        auth: z
          .discriminatedUnion("type", [
            z.strictObject({ type: z.literal("none") }),
            z.strictObject({ type: z.literal("managedIdentity"), resource: z.string().min(1) }),
          ])
          .default({ type: "none" }),
      }),
    )
    .default([]),
  webSocketKeepAliveIntervalInSeconds: z.int().min(1).max(120).default(20),
  failedEvents: z.enum(["acknowledge", "close"]).default("acknowledge"),
});

const hubName = z.string().refine(isHubName, {
  error: "is not a hub name: a letter, then up to 127 letters, digits or any of _ ` , . [ ]",
});

// A semicolon would end the key in the connection string.
export const accessKey = z
  .string()
  .regex(/^[^;\s]+$/, { error: "must be text without spaces and semicolons" });

const port = z.int().min(0).max(65535);
const count = z.int().min(1);
// A timer cannot wait for longer.
export const durationInMs = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);
const mebibyte = 1024 * 1024;

const limitsSchema = z.strictObject({
  messageBytes: count.default(mebibyte),
  connections: count.default(Number.MAX_SAFE_INTEGER),
  unacknowledgedMessages: count.default(1000),
  unacknowledgedBytes: count.default(16 * mebibyte),
  waitingMessages: count.default(1000),
  waitingBytes: count.default(16 * mebibyte),
  recoveryWindowInMs: durationInMs.default(30_000),
});

const upstreamSchema = z.strictObject({
  eventTimeoutInMs: durationInMs.min(1).default(100_000),
  validationTimeoutInMs: durationInMs.min(1).default(10_000),
  validationLifetimeInMs: durationInMs.default(60_000),
});

export const emulatorSchema = z.strictObject({
  port: port.default(0),
  host: z.string().min(1).default("127.0.0.1"),
  publicEndpoint: z
    .string()
    .refine(isOrigin, { error: "must be an http or https URL of a host, without a path" })
    .transform((url) => new URL(url).origin)
    .optional(),
  tls: z
    .union([z.boolean(), z.strictObject({ cert: z.string().min(1), key: z.string().min(1) })])
    .default(false),
  accessKey: accessKey.optional(),
  secondaryAccessKey: accessKey.optional(),
  disableLocalAuth: z.boolean().default(false),
  acceptEntraTokens: z.boolean().default(false),
  hubs: z.record(hubName, hubSchema).default({}),
  limits: limitsSchema.prefault({}),
  upstream: upstreamSchema.prefault({}),
  admin: z.union([z.boolean(), z.strictObject({ port })]).default(false),
  seed: z.int().default(1),
  onActivity: z
    .custom<(activity: Activity) => void>((value) => typeof value === "function", {
      error: "must be a function",
    })
    .optional(),
});

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming every bad option. */
export function parseEmulatorOptions(
  options: EmulatorOptions,
  what = "startEmulator",
): EmulatorConfiguration {
  const parsed = parseWith(emulatorSchema, options, what);
  const hubs = new Map<string, HubSettings>();
  for (const [name, settings] of Object.entries(parsed.hubs)) {
    if (hubs.has(canonicalHub(name))) {
      throw invalid(what, [`hubs.${name}: is there twice, hub names ignore case`]);
    }
    hubs.set(canonicalHub(name), settings);
  }
  return {
    ...parsed,
    accessKey: parsed.accessKey ?? generateKey(),
    secondaryAccessKey: parsed.secondaryAccessKey ?? generateKey(),
    hubs,
  };
}

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming every bad option. */
export function parseHubOptions(name: string, options: HubOptions): [string, HubSettings] {
  return [
    canonicalHub(parseWith(hubName, name, "setHub")),
    parseWith(hubSchema, options, "setHub"),
  ];
}

export const defaultHubSettings: HubSettings = hubSchema.parse({});

/**
 * Names each bad option by its path and what is wrong; never a value, which could be a key.
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS`.
 */
export function parseWith<S extends z.ZodType>(
  schema: S,
  input: unknown,
  what: string,
): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalid(
    what,
    result.error.issues.map((issue) =>
      [issue.path.join("."), describeIssue(issue)].filter(Boolean).join(": "),
    ),
  );
}

// A bad record key hides its reason one level down.
export const describeIssue = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;

const invalid = (what: string, problems: string[]): EmulatorError =>
  new EmulatorError("ERR_INVALID_OPTIONS", `Invalid options for ${what}: ${problems.join("; ")}.`);

export const generateKey = (): string => randomBytes(32).toString("base64");

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname, search, hash, username } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === "/" && !search && !hash && !username;
}

function isUrlTemplate(template: string): boolean {
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(template) ?? [];
  return host !== undefined && !/[{}]/.test(host) && URL.canParse(template);
}
