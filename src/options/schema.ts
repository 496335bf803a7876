import { z } from "zod";
import type { AuthorizeHistory, HistoryOptions } from "../contract/history-options.ts";
import type { HistoryStore } from "../contract/history-store.ts";
import type { Logger } from "../contract/logger.ts";
import type {
  AddOptions,
  Authenticate,
  CoordinationOptions,
  EndpointOptions,
  EvacuateOptions,
  FailbackOptions,
  FanOutOptions,
  HealthOptions,
  NegotiateOptions,
  RemoveOptions,
  Router,
  ServiceOptions,
} from "../contract/options.ts";
import type { CoordinationStore } from "../contract/store.ts";
import type { UpstreamOptions } from "../contract/upstream-options.ts";
import { PATH_PLACEHOLDERS, routePathProblem } from "../http/route-path.ts";
import { parseCron } from "../kit/cron.ts";
import { maxTimerInMs } from "../kit/max-timer.ts";
import {
  flag,
  func,
  integer,
  milliseconds,
  nonEmptyString,
  rule,
  section,
} from "../kit/option-schema.ts";
import { memoryHistory } from "../stores/memory-history/memory-history.ts";
import { memoryStore } from "../stores/memory-store.ts";
import { parseConnectionString } from "./connection-string.ts";

function path(placeholders: readonly string[] = []) {
  return z.string({ error: 'give a path that starts with "/"' }).check(({ value, issues }) => {
    const message = routePathProblem(value, placeholders);
    if (message) issues.push({ code: "custom", message, input: value });
  });
}

/** As many as the census of one server tells apart. */
const maxCountedClients = 1_000_000;

const URL_ERROR = 'give a URL such as "https://name.webpubsub.azure.com"';

const endpointUrl = z.string({ error: URL_ERROR }).check(({ value, issues }) => {
  const message = urlProblem(value);
  if (message) issues.push({ code: "custom", message, input: value });
});

function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return URL_ERROR;
  const { protocol, pathname, search, hash, username } = new URL(value);
  if (protocol !== "https:" && protocol !== "http:") return "give an https:// URL";
  if (pathname !== "/" || search || hash || username) {
    return "give scheme, host and port only, without path, query or user";
  }
  return undefined;
}

const connectionString = z
  .string({ error: 'give a connection string ("Endpoint=...;AccessKey=...;Version=1.0;")' })
  .check(({ value, issues }) => {
    const message = connectionStringProblem(value);
    if (message) issues.push({ code: "custom", message, input: value });
  });

function connectionStringProblem(value: string): string | undefined {
  try {
    const problem = urlProblem(parseConnectionString(value).endpoint);
    return problem && `its Endpoint part cannot be used: ${problem}`;
  } catch (error) {
    return `${(error as Error).message}; copy the whole connection string from the Azure portal`;
  }
}

export const endpointSchema = section({
  name: nonEmptyString("give a name, such as the region's"),
  role: z.enum(["primary", "secondary"], { error: 'give "primary" or "secondary"' }),
  weight: z
    .number({ error: "give a number above 0" })
    .positive({ error: "give a number above 0" })
    .optional(),
  maxClients: integer(1, maxCountedClients, "clients").optional(),
  connectionString: connectionString.optional(),
  endpoint: endpointUrl.optional(),
  credential: z
    .custom<NonNullable<EndpointOptions["credential"]>>(
      (value) => typeof (value as { getToken?: unknown })?.getToken === "function",
      { error: "give a TokenCredential, such as new DefaultAzureCredential()" },
    )
    .optional(),
  accessKeys: z
    .array(nonEmptyString("give a non-empty key"), { error: "give an array of keys" })
    .optional(),
  clientEndpoint: z
    .string({ error: URL_ERROR })
    .transform((url) => url.replace(/^ws/i, "http"))
    .pipe(endpointUrl)
    .optional(),
  reverseProxyEndpoint: endpointUrl.optional(),
}).refine(...rule(credentialProblem, "connectionString")) satisfies z.ZodType<EndpointOptions>;

function credentialProblem(options: EndpointOptions): string | undefined {
  const { connectionString, endpoint, credential } = options;
  if (connectionString !== undefined) {
    return endpoint !== undefined || credential !== undefined
      ? "has both a connectionString and endpoint/credential; give one of the two"
      : undefined;
  }
  return endpoint === undefined || credential === undefined
    ? "give a connectionString (is its environment variable set?), or endpoint and credential"
    : undefined;
}

const LIMIT_ERROR = "give false, or a number above 0";

const MIN_REVIEW_IN_MS = 100;
const REVIEW_ERROR = `give false, or a whole number of milliseconds from ${MIN_REVIEW_IN_MS} to ${maxTimerInMs}`;

const minSecretLength = 32;
const SECRET_ERROR = `give a text of ${minSecretLength} characters or more, such as openssl rand -base64 32 prints, or an array of such`;

const secret = z.string({ error: SECRET_ERROR }).min(minSecretLength, { error: SECRET_ERROR });

const negotiate = section({
  path: path().default("/negotiate"),
  authenticate: func<Authenticate>().optional(),
  allowAnonymous: flag().default(false),
  tokenLifetimeInMinutes: integer(1, 1440, "minutes").default(60),
  whenNoneHealthy: z
    .enum(["reject", "primary"], { error: 'give "reject" or "primary"' })
    .default("reject"),
  maxPerSecond: z
    .union([z.literal(false), z.number().positive({ error: LIMIT_ERROR })], { error: LIMIT_ERROR })
    .default(false),
  reviewAfterInMs: z
    .union([z.literal(false), milliseconds(MIN_REVIEW_IN_MS, REVIEW_ERROR)], {
      error: REVIEW_ERROR,
    })
    .default(20_000),
  secret: z
    .union([secret, z.array(secret).min(1, { error: SECRET_ERROR })], { error: SECRET_ERROR })
    .optional(),
  expectedClients: integer(1, 1_000_000_000, "clients").optional(),
  explain: func<NonNullable<NegotiateOptions["explain"]>>(
    "give a function (req) => boolean",
  ).optional(),
}).refine(...rule(identityProblem, "authenticate")) satisfies z.ZodType<NegotiateOptions>;

function identityProblem({ authenticate, allowAnonymous }: NegotiateOptions): string | undefined {
  return authenticate === undefined && !allowAnonymous
    ? "give authenticate: (req) => ({ userId }), or say allowAnonymous: true"
    : undefined;
}

const upstream = section({
  path: path(PATH_PLACEHOLDERS).default("/api/webpubsub/hubs/{hub}/"),
  handleConnect: func<UpstreamOptions["handleConnect"]>().optional(),
  handleUserEvent: func<UpstreamOptions["handleUserEvent"]>().optional(),
  onConnected: func<UpstreamOptions["onConnected"]>().optional(),
  onDisconnected: func<UpstreamOptions["onDisconnected"]>().optional(),
  onGroupJoined: func<UpstreamOptions["onGroupJoined"]>().optional(),
  onGroupLeft: func<UpstreamOptions["onGroupLeft"]>().optional(),
  allowedOrigins: z
    .array(
      z
        .string({ error: 'give a host such as "pubsub.example.com"' })
        .transform((origin) => (URL.canParse(origin) && new URL(origin).host) || origin)
        .refine((host) => /^[^\s/:,*]+(:\d+)?$/.test(host), {
          error: 'give a host such as "pubsub.example.com"',
        }),
      { error: "give an array of hosts" },
    )
    .default([]),
  authorize: func<NonNullable<UpstreamOptions["authorize"]>>().optional(),
  verifySignature: flag().default(true),
  maxBodyInBytes: integer(1024, 64 * 1024 * 1024, "bytes").default(1024 * 1024),
  handlerTimeoutInMs: milliseconds(1).default(30_000),
}) satisfies z.ZodType<UpstreamOptions>;

const health = section({
  schedule: z
    .custom<string | false>((value) => value === false || isCronExpression(value), {
      error:
        'give a cron expression such as "*/5 * * * * *" (seconds first), or false for checks on demand only',
    })
    .default("*/5 * * * * *"),
  timeoutInMs: milliseconds(1).default(2000),
  fall: integer(1, 100).default(2),
  rise: integer(1, 100).default(2),
  transitionIntervalInMs: milliseconds(1).default(250),
  onDemandMaxAgeInMs: milliseconds(0).default(1000),
  onDemandBudgetInMs: milliseconds(0).default(500),
  passive: flag().default(true),
}) satisfies z.ZodType<HealthOptions>;

const isCronExpression = (value: unknown): boolean =>
  typeof value === "string" && parseCron(value) !== undefined;

export const defaultMaxSockets = 64;

const service = section({
  allowInsecure: flag().default(false),
  maxSocketsPerEndpoint: integer(1, 65_535, "sockets").default(defaultMaxSockets),
}) satisfies z.ZodType<ServiceOptions>;

const fanOut = section({
  timeoutInMs: milliseconds(1).default(5000),
  endpointTimeoutInMs: milliseconds(1).optional(),
}) satisfies z.ZodType<FanOutOptions>;

const PACE_ERROR = "give the most connections to close in a second, a number above 0";

const pace = z.number({ error: PACE_ERROR }).positive({ error: PACE_ERROR });

const failback = section({
  holdDownInMs: milliseconds(0).default(60_000),
  close: z
    .union([z.literal(false), z.strictObject({ connectionsPerSecond: pace })], {
      error: "give false, or { connectionsPerSecond } with a number above 0",
    })
    .default(false),
}) satisfies z.ZodType<FailbackOptions>;

const STORE_ERROR = "give a store, such as memoryStore(), azureBlobStore(...) or redisStore(...)";

const isStore = (value: unknown): boolean =>
  typeof (value as { open?: unknown } | null)?.open === "function";

const coordination = section({
  store: z.custom<CoordinationStore>(isStore, { error: STORE_ERROR }).default(memoryStore),
  pollIntervalInMs: milliseconds(50).default(1000),
  leaseInMs: milliseconds(200).default(10_000),
  failback: flag().default(false),
}).refine(...rule(leaseProblem, "leaseInMs")) satisfies z.ZodType<CoordinationOptions>;

function leaseProblem({ pollIntervalInMs, leaseInMs }: CoordinationOptions): string | undefined {
  return Number(leaseInMs) < 4 * Number(pollIntervalInMs)
    ? `give at least four times pollIntervalInMs (${pollIntervalInMs}), so that a server may miss a poll`
    : undefined;
}

const HISTORY_STORE_ERROR = "give a store, such as memoryHistory() or redisHistory(...)";
const GROUPS_ERROR = "give a function (name) => boolean";
const REPLAY_ERROR =
  "give a whole number of messages from 0 to 100, or a function (group) => number";

const historySection = section({
  store: z.custom<HistoryStore>(isStore, { error: HISTORY_STORE_ERROR }).default(memoryHistory),
  maxMessages: integer(1, 100_000, "messages").default(1000),
  ttlInMs: integer(1000, 86_400_000, "milliseconds").default(300_000),
  maxBytesPerStream: integer(16_384, 1024 ** 3, "bytes").default(8 * 1024 * 1024),
  appendTimeoutInMs: integer(1, 60_000, "milliseconds").default(100),
  groups: func<(name: string) => boolean>(GROUPS_ERROR).default(() => () => true),
  carrier: z.enum(["metadata", "data"], { error: 'give "metadata" or "data"' }).default("metadata"),
  authorize: func<AuthorizeHistory>(
    "give a function (req, { userId, group }) => boolean",
  ).optional(),
  replayOnJoin: z
    .union([integer(0, 100, "messages"), func<(group: string) => number>()], {
      error: REPLAY_ERROR,
    })
    .default(0),
}) satisfies z.ZodType<HistoryOptions>;

/** `true` is the section with nothing but defaults. */
const history = z
  .preprocess((value) => (value === true ? {} : value), historySection.optional())
  .optional();

const LOGGER_ERROR = "give a logger with the methods error and warn, or false";

/** Of a class or not, with methods of its own or inherited ones. */
function isLogger(value: unknown): boolean {
  const { error, warn, info, debug } = (value ?? {}) as Record<string, unknown>;
  const isMethod = (member: unknown): boolean => typeof member === "function";
  const mayBeMethod = (member: unknown): boolean => member === undefined || isMethod(member);
  return isMethod(error) && isMethod(warn) && mayBeMethod(info) && mayBeMethod(debug);
}

const HUB_ERROR =
  "give a hub name: a letter, then up to 127 letters, digits and any of _ ` , . [ ]";

export const optionsSchema = section({
  hub: z.string({ error: HUB_ERROR }).regex(/^[A-Za-z][\w`,.[\]]{0,127}$/, { error: HUB_ERROR }),
  endpoints: z.array(endpointSchema, { error: "give an array of endpoints" }),
  negotiate: negotiate.prefault({}),
  topology: z
    .enum(["client-server", "client-client"], { error: 'give "client-server" or "client-client"' })
    .default("client-server"),
  coordination: coordination.prefault({}),
  router: func<Router>("give a function (req, candidates) => endpoint").optional(),
  upstream: upstream.prefault({}),
  health: health.prefault({}),
  service: service.prefault({}),
  fanOut: fanOut.prefault({}),
  failback: failback.prefault({}),
  history,
  logger: z
    .custom<Logger | false>((value) => value === false || isLogger(value), {
      error: LOGGER_ERROR,
    })
    .optional(),
});

export const addOptionsSchema = section({
  drained: flag().default(false),
}).prefault({}) satisfies z.ZodType<AddOptions>;

export const removeOptionsSchema = section({
  fanOutForInMs: milliseconds(0).default(10_000),
}).prefault({}) satisfies z.ZodType<RemoveOptions>;

export const evacuateOptionsSchema = section({
  connectionsPerSecond: pace,
}) satisfies z.ZodType<EvacuateOptions>;
