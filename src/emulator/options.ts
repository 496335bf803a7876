import { randomBytes } from "node:crypto";
import { z } from "zod";
import { EmulatorError } from "./errors.ts";
import { canonicalHub, isHubName } from "./names.ts";

export type SystemEvent = "connect" | "connected" | "disconnected";

/** Where the events of a hub go; the first handler that wants an event gets it, no other does. */
export interface EventHandlerOptions {
  /** An http(s) URL; `{hub}` and `{event}` are filled in, but not in the host. */
  urlTemplate: string;
  /** The system events to send. Defaults to none. */
  systemEvents?: readonly SystemEvent[];
  /** `*` for every user event, or names and patterns with commas between. Defaults to none. */
  userEventPattern?: string;
}

export interface HubOptions {
  /** Whether clients without a token may connect. Defaults to `deny`. */
  anonymousConnectPolicy?: "deny" | "allow";
  /** In order of precedence. Defaults to none. */
  eventHandlers?: readonly EventHandlerOptions[];
}

export interface EmulatorOptions {
  /** The port to listen on. Defaults to 0: any free one. */
  port?: number;
  /** The address to listen on. Defaults to `127.0.0.1`. */
  host?: string;
  /** Signs tokens and events. Defaults to a fresh random key. */
  accessKey?: string;
  /** The second key, as valid as the first. Defaults to a fresh random key. */
  secondaryAccessKey?: string;
  /** Settings by hub name. Every valid hub name works without any. */
  hubs?: Readonly<Record<string, HubOptions>>;
}

export interface RestartOptions {
  /** Whether sessions survive, so that reliable clients can recover them. */
  keepState: boolean;
}

/** Hub settings with every default filled in. */
export type HubSettings = Readonly<z.output<typeof hubSchema>>;

export type EventHandlerSettings = HubSettings["eventHandlers"][number];

/** The options with every default filled in; hub names are canonical. */
export interface EmulatorConfiguration {
  readonly port: number;
  readonly host: string;
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
      }),
    )
    .default([]),
});

const hubName = z.string().refine(isHubName, {
  error: "is not a hub name: a letter, then up to 127 letters, digits or any of _ ` , . [ ]",
});

// A semicolon would end the key in the connection string.
const accessKey = z
  .string()
  .regex(/^[^;\s]+$/, { error: "must be text without spaces and semicolons" });

const emulatorSchema = z.strictObject({
  port: z.int().min(0).max(65535).default(0),
  host: z.string().min(1).default("127.0.0.1"),
  accessKey: accessKey.optional(),
  secondaryAccessKey: accessKey.optional(),
  hubs: z.record(hubName, hubSchema).default({}),
});

/** @throws EmulatorError `ERR_INVALID_OPTIONS`, naming every bad option. */
export function parseEmulatorOptions(options: EmulatorOptions): EmulatorConfiguration {
  const parsed = parseWith(emulatorSchema, options, "startEmulator");
  const hubs = new Map<string, HubSettings>();
  for (const [name, settings] of Object.entries(parsed.hubs)) {
    if (hubs.has(canonicalHub(name))) {
      throw invalid("startEmulator", [`hubs.${name}: is there twice, hub names ignore case`]);
    }
    hubs.set(canonicalHub(name), settings);
  }
  return {
    port: parsed.port,
    host: parsed.host,
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

/** @throws EmulatorError `ERR_INVALID_OPTIONS`. */
export const parseRestartOptions = (options: RestartOptions): RestartOptions =>
  parseWith(z.strictObject({ keepState: z.boolean() }), options, "restart");

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
      [issue.path.join("."), describe(issue)].filter(Boolean).join(": "),
    ),
  );
}

// A bad record key hides its reason one level down.
const describe = (issue: z.core.$ZodIssue): string =>
  issue.code === "invalid_key" ? (issue.issues[0]?.message ?? issue.message) : issue.message;

const invalid = (what: string, problems: string[]): EmulatorError =>
  new EmulatorError("ERR_INVALID_OPTIONS", `Invalid options for ${what}: ${problems.join("; ")}.`);

const generateKey = (): string => randomBytes(32).toString("base64");

function isUrlTemplate(template: string): boolean {
  const [, host] = /^https?:\/\/([^/?#]*)/i.exec(template) ?? [];
  return host !== undefined && !/[{}]/.test(host) && URL.canParse(template);
}
