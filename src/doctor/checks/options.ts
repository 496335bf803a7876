import { isLoopbackHostname } from "../../kit/loopback.ts";
import type { Configuration } from "../../options/parse-options.ts";
import { type Check, pass, warn } from "../check.ts";

interface Rule {
  /** Whether the configuration can be used and does something that should be known. */
  readonly applies: (configuration: Configuration) => boolean;
  readonly what: string;
  readonly remedy: string;
}

const isByMemory = (store: { readonly description: string } | undefined): boolean =>
  store?.description.startsWith("memory") ?? false;

const urlsOf = ({ endpoints }: Configuration): URL[] =>
  endpoints.flatMap(({ url, clientEndpoint, reverseProxyEndpoint }) =>
    [url, clientEndpoint, reverseProxyEndpoint].flatMap((one) => (one ? new URL(one) : [])),
  );

/** Nothing is known of one without a limit. */
function isTooSmallForOneLess(endpoints: Configuration["endpoints"]): boolean {
  const rooms = endpoints.flatMap(({ maxClients }) => maxClients ?? []);
  if (rooms.length < endpoints.length) return false;
  const [largest = 0, ...others] = rooms.sort((a, b) => b - a);
  return others.reduce((sum, room) => sum + room, 0) < largest;
}

const RULES: readonly Rule[] = [
  {
    applies: ({ endpoints }) => endpoints.length === 1,
    what: "there is one endpoint only, so that there is nowhere to go when it fails",
    remedy: "give a secondary in another region",
  },
  {
    applies: (it) =>
      urlsOf(it).some(
        ({ protocol, hostname }) => protocol === "http:" && !isLoopbackHostname(hostname),
      ),
    what: "endpoints are reached by http://, so that whoever is on the way reads all, tokens included",
    remedy: "give https://, and leave service.allowInsecure to containers on one machine",
  },
  {
    applies: ({ endpoints, negotiate }) =>
      negotiate.reviewAfterInMs !== false &&
      negotiate.secret.length === 0 &&
      endpoints.every(({ verificationKeys }) => verificationKeys.length === 0),
    what: "no endpoint has an access key, and there is no negotiate.secret: grants of one server are not good for another, nor after a restart",
    remedy: "give all servers the same negotiate.secret, of 32 characters or more",
  },
  {
    applies: ({ topology, coordination }) =>
      topology === "client-client" && isByMemory(coordination.store),
    what: "servers agree in the memory of one process: two servers would not know of each other",
    remedy:
      "give coordination.store: redisStore({ url }) or azureBlobStore({ ... }), unless there is one server",
  },
  {
    applies: ({ history }) => isByMemory(history?.store),
    what: "the history is in the memory of one process: what another server has sent is not in it",
    remedy: "give history.store: redisHistory({ url }), unless there is one server",
  },
  {
    applies: ({ upstream }) => !upstream.verifySignature && upstream.authorize === undefined,
    what: "events are taken from anybody (upstream.verifySignature: false)",
    remedy:
      "leave it out, and give accessKeys to endpoints that have a credential; or give upstream.authorize",
  },
  {
    applies: ({ negotiate }) => negotiate.authenticate === undefined,
    what: "anybody gets a token (negotiate.allowAnonymous without authenticate)",
    remedy: "give negotiate.authenticate, unless that is meant",
  },
  {
    applies: ({ endpoints }) => endpoints.length > 1 && isTooSmallForOneLess(endpoints),
    what: "when the endpoint with most room dies full, the others have not room for its clients, even if they are empty (maxClients)",
    remedy: "scale the others, or add one, and raise their maxClients",
  },
  {
    applies: ({ health, negotiate }) =>
      health.schedule === false && negotiate.reviewAfterInMs === false,
    what: "nothing looks at the endpoints but negotiates (health.schedule: false, reviewAfterInMs: false)",
    remedy: "leave one of them at its default",
  },
];

/** What can be read off the options alone. Those that cannot be used have ended the diagnosis already. */
export const optionsCheck: Check = {
  id: "options",
  title: "options can be used, and are safe",
  run: async ({ configuration }) => {
    const { hub, endpoints } = configuration;
    const names = endpoints.map(({ name, role }) => `${name} (${role})`).join(", ");
    return [
      pass(`hub ${hub}, endpoints ${names}`),
      ...RULES.filter(({ applies }) => applies(configuration)).map(({ what, remedy }) =>
        warn(what, remedy),
      ),
    ];
  },
};
