import { createSecretKey, type KeyObject } from "node:crypto";
import { IncomingMessage } from "node:http";
import type { TokenCredential } from "@azure/core-auth";
import type { z } from "zod";
import type { EndpointRole } from "../contract/endpoint.ts";
import type { HistoryOptions } from "../contract/history-options.ts";
import type { Logger } from "../contract/logger.ts";
import type {
  AddOptions,
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
  Topology,
} from "../contract/options.ts";
import type { UpstreamOptions } from "../contract/upstream-options.ts";
import { InvalidOptionsError, type OptionProblem } from "../kit/errors.ts";
import { problemsOf } from "../kit/option-schema.ts";
import { parseConnectionString } from "./connection-string.ts";
import { plainHttpProblems } from "./plain-http.ts";
import {
  capacityProblems,
  endpointSetProblems,
  insecureProblems,
  routeProblems,
  topologyProblems,
  verificationProblems,
} from "./rules.ts";
import {
  addOptionsSchema,
  endpointSchema,
  evacuateOptionsSchema,
  optionsSchema,
  removeOptionsSchema,
} from "./schema.ts";

const SECRET_OPTIONS = ["connectionString", "accessKeys", "credential", "secret"];

/** An endpoint after parsing. Secrets are held as `KeyObject`, which no serialiser prints. */
export interface EndpointConfiguration {
  readonly name: string;
  readonly role: EndpointRole;
  readonly weight: number | undefined;
  /** Clients that this server may send there; undefined: as many as come. */
  readonly maxClients: number | undefined;
  /** Origin of the instance; what tokens are issued for. */
  readonly url: string;
  readonly credential: KeyObject | TokenCredential;
  /** Keys that verify upstream signatures; empty when none is known. */
  readonly verificationKeys: readonly KeyObject[];
  readonly clientEndpoint: string | undefined;
  readonly reverseProxyEndpoint: string | undefined;
}

export interface UpstreamConfiguration extends Readonly<Omit<UpstreamOptions, "allowedOrigins">> {
  readonly path: string;
  /** In lower case. */
  readonly allowedOrigins: readonly string[];
  readonly verifySignature: boolean;
  readonly maxBodyInBytes: number;
  readonly handlerTimeoutInMs: number;
}

type OptionalInNegotiate = "authenticate" | "expectedClients" | "explain";

export type NegotiateConfiguration = Readonly<
  Required<Omit<NegotiateOptions, OptionalInNegotiate | "secret">> &
    Pick<NegotiateOptions, OptionalInNegotiate>
> & {
  /** The first one signs, all verify; none when keys are derived from the endpoints. */
  readonly secret: readonly KeyObject[];
};

export type CoordinationConfiguration = Readonly<Required<CoordinationOptions>>;

export type HealthConfiguration = Readonly<Required<HealthOptions>>;

export type HistoryConfiguration = Readonly<
  Required<Omit<HistoryOptions, "authorize">> & Pick<HistoryOptions, "authorize">
>;

/** Everything the parts of the plugin are told: complete, checked and frozen. */
export interface Configuration {
  readonly hub: string;
  readonly endpoints: readonly EndpointConfiguration[];
  readonly negotiate: NegotiateConfiguration;
  readonly topology: Topology;
  readonly coordination: CoordinationConfiguration;
  readonly router?: Router | undefined;
  readonly upstream: UpstreamConfiguration;
  readonly health: HealthConfiguration;
  readonly service: Readonly<Required<ServiceOptions>>;
  readonly fanOut: Readonly<FanOutOptions & Required<Pick<FanOutOptions, "timeoutInMs">>>;
  readonly failback: Readonly<Required<FailbackOptions>>;
  /** Absent where nothing is kept. */
  readonly history?: HistoryConfiguration | undefined;
  /** Where log lines go; undefined where everybody's go, false for nowhere. */
  readonly logger: Logger | false | undefined;
}

/**
 * Turns the public options into the configuration.
 *
 * @throws InvalidOptionsError that lists every problem with its path, value and remedy.
 */
export function parseOptions(options: unknown): Configuration {
  if (options instanceof IncomingMessage) {
    throw invalid(
      "resilientPubSub",
      "was given a request instead of options; write app.use(resilientPubSub({ ... })), with the call",
    );
  }
  const parsed = optionsSchema.safeParse(options);
  const problems = [
    ...(parsed.success
      ? []
      : problemsOf(parsed.error, options, { root: "options", secrets: SECRET_OPTIONS })),
    ...endpointSetProblems(options),
    ...insecureProblems(options),
    ...verificationProblems(options),
    ...topologyProblems(options),
    ...capacityProblems(options),
    ...(parsed.success ? routeProblems(parsed.data) : []),
  ];
  if (!parsed.success || problems.length > 0) throw new InvalidOptionsError(problems);
  const { endpoints, logger, negotiate, upstream, ...rest } = parsed.data;
  return Object.freeze({
    ...freezeSections(rest),
    // It is the application's, which goes on to use it as it likes.
    logger,
    endpoints: Object.freeze(endpoints.map(toConfiguration)),
    negotiate: Object.freeze({
      ...negotiate,
      secret: Object.freeze([negotiate.secret ?? []].flat().map(toSecretKey)),
    }),
    upstream: Object.freeze({
      ...upstream,
      allowedOrigins: Object.freeze(upstream.allowedOrigins.map((host) => host.toLowerCase())),
    }),
  });
}

/**
 * Parses one endpoint that is added at run time, by the rules of the plugin that it is added to.
 *
 * @throws InvalidOptionsError
 */
export function parseEndpoint(
  endpoint: unknown,
  service: Pick<Configuration["service"], "allowInsecure"> = { allowInsecure: false },
): EndpointConfiguration {
  const options = parse(endpointSchema, endpoint, "endpoint");
  const problems = plainHttpProblems({ ...options }, "endpoint.", service);
  if (problems.length > 0) throw new InvalidOptionsError(problems);
  return toConfiguration(options);
}

/** @throws InvalidOptionsError */
export function parseAddOptions(options: unknown): Required<AddOptions> {
  return parse(addOptionsSchema, options, "options");
}

/** @throws InvalidOptionsError */
export function parseRemoveOptions(options: unknown): Required<RemoveOptions> {
  return parse(removeOptionsSchema, options, "options");
}

/** @throws InvalidOptionsError */
export function parseEvacuateOptions(options: unknown): EvacuateOptions {
  return parse(evacuateOptionsSchema, options, "options");
}

function parse<T>(schema: z.ZodType<T>, input: unknown, root: string): T {
  const parsed = schema.safeParse(input);
  if (!parsed.success)
    throw new InvalidOptionsError(
      problemsOf(parsed.error, input, { root, secrets: SECRET_OPTIONS }),
    );
  return parsed.data;
}

function toConfiguration(options: EndpointOptions): EndpointConfiguration {
  const { name, role, weight, maxClients, connectionString, credential } = options;
  const common = {
    name,
    role,
    weight,
    maxClients,
    clientEndpoint: options.clientEndpoint && new URL(options.clientEndpoint).origin,
    reverseProxyEndpoint:
      options.reverseProxyEndpoint && new URL(options.reverseProxyEndpoint).origin,
  };
  const accessKeys = (options.accessKeys ?? []).map(toSecretKey);
  if (connectionString !== undefined) {
    const { endpoint, accessKey } = parseConnectionString(connectionString);
    const key = toSecretKey(accessKey);
    return Object.freeze({
      ...common,
      url: endpoint,
      credential: key,
      verificationKeys: Object.freeze([key, ...accessKeys]),
    });
  }
  if (options.endpoint === undefined || credential === undefined) {
    throw invalid(
      `endpoint ${name}`,
      "has neither a connection string nor endpoint and credential",
    );
  }
  return Object.freeze({
    ...common,
    url: new URL(options.endpoint).origin,
    credential,
    verificationKeys: Object.freeze(accessKeys),
  });
}

function toSecretKey(accessKey: string): KeyObject {
  return createSecretKey(accessKey, "utf8");
}

function freezeSections<T extends object>(sections: T): T {
  for (const section of Object.values(sections)) Object.freeze(section);
  return sections;
}

function invalid(path: string, message: string): InvalidOptionsError {
  const problem: OptionProblem = { path, message };
  return new InvalidOptionsError([problem]);
}
