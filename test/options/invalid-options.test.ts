import { parseOptions } from "../../src/options/parse-options.ts";
import { credential, EAST, GOOD, KEY, messageOf, WEST } from "./support/good-options.ts";

describe("options that cannot be used are refused with path, value and remedy:", () => {
  it.each<[string, unknown, string]>([
    ["no options", undefined, "options: got undefined; give an object"],
    ["a string", "chat", 'options: got "chat"; give an object'],
    ["a hub that starts with a digit", { ...GOOD, hub: "1chat" }, 'hub: got "1chat"; give a hub'],
    ["no endpoint", { ...GOOD, endpoints: [] }, "endpoints: got an empty array; give at least one"],
    [
      "endpoints that are no array",
      { ...GOOD, endpoints: {} },
      "endpoints: got an object; give an",
    ],
    ["no primary", { ...GOOD, endpoints: [WEST] }, "endpoints: got 1 without a primary; give one"],
    [
      "two endpoints with one name",
      { ...GOOD, endpoints: [EAST, { ...WEST, name: "eastus" }] },
      'endpoints[1]: has the name "eastus" of endpoints[0]; give each endpoint its own',
    ],
    [
      "two endpoints whose names differ by white space",
      { ...GOOD, endpoints: [EAST, { ...WEST, name: "eastus " }] },
      'endpoints[1]: has the name "eastus" of endpoints[0]',
    ],
    [
      "two endpoints with one URL, however it is written",
      {
        ...GOOD,
        endpoints: [
          EAST,
          { ...WEST, connectionString: `AccessKey=${KEY};endpoint=EAST.example:443` },
        ],
      },
      'endpoints[1]: has the URL "https://east.example" of endpoints[0]; give each endpoint its own',
    ],
    [
      "a connection string whose variable is not set",
      { ...GOOD, endpoints: [{ ...EAST, connectionString: undefined }] },
      "endpoints[0].connectionString: got undefined; give a connectionString (is its environment",
    ],
    [
      "a connection string without endpoint",
      { ...GOOD, endpoints: [{ ...EAST, connectionString: `AccessKey=${KEY}` }] },
      "endpoints[0].connectionString: got a string of 42 characters; it has no Endpoint part",
    ],
    [
      "a connection string without key",
      { ...GOOD, endpoints: [{ ...EAST, connectionString: "Endpoint=https://east.example;" }] },
      "it has no AccessKey part; copy the whole connection string from the Azure portal",
    ],
    [
      "a connection string with a bad port",
      {
        ...GOOD,
        endpoints: [
          { ...EAST, connectionString: `Endpoint=https://e;Port=99999;AccessKey=${KEY}` },
        ],
      },
      "its Port part is not a port number",
    ],
    [
      "an http:// endpoint that is not loopback",
      {
        ...GOOD,
        endpoints: [{ ...EAST, connectionString: `Endpoint=http://east.example;AccessKey=${KEY}` }],
      },
      "http:// is allowed on loopback hosts only; use https://",
    ],
    [
      "a credential over http:// that is not loopback",
      {
        ...GOOD,
        endpoints: [{ name: "a", role: "primary", endpoint: "http://a.example", credential }],
      },
      'endpoints[0].endpoint: got "http://a.example"; the tokens of a credential go over https:// only',
    ],
    [
      "an endpoint URL with a path",
      {
        ...GOOD,
        endpoints: [{ name: "a", role: "primary", endpoint: "https://a.example/x", credential }],
      },
      'endpoints[0].endpoint: got "https://a.example/..."; give scheme, host and port only',
    ],
    [
      "connection string and credential together",
      { ...GOOD, endpoints: [{ ...EAST, credential }] },
      "has both a connectionString and endpoint/credential; give one of the two",
    ],
    [
      "a role that does not exist",
      { ...GOOD, endpoints: [{ ...EAST, role: "backup" }] },
      'endpoints[0].role: got "backup"; give "primary" or "secondary"',
    ],
    [
      "a weight of nothing",
      { ...GOOD, endpoints: [{ ...EAST, weight: 0 }] },
      "endpoints[0].weight: got 0; give a number above 0",
    ],
    ...[0, 2.5, -1, 1_000_001, "1000", null].map((maxClients): [string, unknown, string] => [
      `room for ${JSON.stringify(maxClients)} clients`,
      { ...GOOD, endpoints: [{ ...EAST, maxClients }] },
      "give a whole number of clients from 1 to 1000000",
    ]),
    [
      "room for so many clients where nobody counts them",
      {
        ...GOOD,
        endpoints: [{ ...EAST, maxClients: 1000 }],
        negotiate: { allowAnonymous: true, reviewAfterInMs: false },
      },
      "endpoints[0].maxClients: is counted by reviews, which negotiate.reviewAfterInMs: false turns off; leave one of them out",
    ],
    [
      "room for so many clients where all are on one endpoint",
      { ...GOOD, endpoints: [{ ...EAST, maxClients: 1000 }], topology: "client-client" },
      'endpoints[0].maxClients: cannot hold in topology: "client-client", where all clients are on one endpoint; leave it out',
    ],
    [
      "neither authenticate nor allowAnonymous",
      { ...GOOD, negotiate: {} },
      "negotiate.authenticate: got undefined; give authenticate: (req) => ({ userId }), or say allowAnonymous: true",
    ],
    [
      "no negotiate section",
      { ...GOOD, negotiate: undefined },
      "negotiate.authenticate: got undefined; give authenticate",
    ],
    [
      "a relative negotiate path",
      { ...GOOD, negotiate: { allowAnonymous: true, path: "negotiate" } },
      'negotiate.path: got "negotiate"; give a path that starts with "/"',
    ],
    [
      "a negotiate path that is a pattern",
      { ...GOOD, negotiate: { allowAnonymous: true, path: "/:tenant/negotiate" } },
      'negotiate.path: got "/:tenant/negotiate"; it is no pattern and has no placeholders; write it out',
    ],
    [
      "a negotiate path with a placeholder, which is for event handlers",
      { ...GOOD, negotiate: { allowAnonymous: true, path: "/negotiate/{hub}" } },
      'negotiate.path: got "/negotiate/{hub}"; it is no pattern and has no placeholders; write it out',
    ],
    [
      "an upstream path that is a pattern",
      { ...GOOD, upstream: { path: "/hooks/:hub" } },
      'upstream.path: got "/hooks/:hub"; it is no pattern; write it out',
    ],
    [
      "an upstream path with an unknown placeholder",
      { ...GOOD, upstream: { path: "/hooks/{user}" } },
      "{hub} and {event} for what differs",
    ],
    [
      "one path for negotiate and upstream events",
      {
        ...GOOD,
        negotiate: { allowAnonymous: true, path: "/Realtime" },
        upstream: { path: "/realtime/" },
      },
      'negotiate.path: got "/Realtime", which is upstream.path as well; give each a path of its own',
    ],
    [
      "a negotiate path that an event may be sent to",
      {
        ...GOOD,
        negotiate: { allowAnonymous: true, path: "/hooks/chat/negotiate" },
        upstream: { path: "/hooks/{hub}/{event}" },
      },
      "negotiate.path: got ",
    ],
    [
      "a token that never expires",
      { ...GOOD, negotiate: { allowAnonymous: true, tokenLifetimeInMinutes: Infinity } },
      "negotiate.tokenLifetimeInMinutes: got Infinity; give a whole number of minutes from 1 to 1440",
    ],
    [
      "a bad cron expression",
      { ...GOOD, health: { schedule: "every 5 s" } },
      'health.schedule: got "every 5 s"; give a cron expression such as "*/5 * * * * *"',
    ],
    [
      "a cron expression of a day that never comes",
      { ...GOOD, health: { schedule: "0 0 0 30 2 *" } },
      'health.schedule: got "0 0 0 30 2 *"; give a cron expression',
    ],
    [
      "a duration in text",
      { ...GOOD, health: { timeoutInMs: "2s" } },
      'health.timeoutInMs: got "2s"; give a whole number of milliseconds from 1 to 2147483647',
    ],
    ["a fall of zero", { ...GOOD, health: { fall: 0 } }, "health.fall: got 0; give a whole number"],
    [
      "an unknown option",
      { ...GOOD, heath: {} },
      "heath: unknown option; the options here are hub, endpoints, negotiate, topology, coordination",
    ],
    [
      "an unknown option of a section",
      { ...GOOD, health: { interval: 5 } },
      "health.interval: unknown option; the options here are schedule, timeoutInMs",
    ],
    [
      "a handler that is no function",
      { ...GOOD, upstream: { handleConnect: "yes" } },
      'upstream.handleConnect: got "yes"; give a function',
    ],
    [
      "an allowed origin that is a wildcard",
      { ...GOOD, upstream: { allowedOrigins: ["*"] } },
      'upstream.allowedOrigins[0]: got "*"; give a host such as',
    ],
    [
      "upstream for a credential without a way to verify events",
      {
        ...GOOD,
        endpoints: [{ name: "a", role: "primary", endpoint: "https://a.example", credential }],
        upstream: {},
      },
      "endpoints[0].accessKeys: is missing, and upstream events of an endpoint given by credential cannot be verified without; give accessKeys, upstream.authorize, or say upstream.verifySignature: false",
    ],
    ...[0, -1, true, "100", Number.POSITIVE_INFINITY].map(
      (maxPerSecond): [string, unknown, string] => [
        `a limit of ${maxPerSecond} clients a second`,
        { ...GOOD, negotiate: { allowAnonymous: true, maxPerSecond } },
        "give false, or a number above 0",
      ],
    ),
    ...[0, 99, 1.5, true, "20s", 2 ** 31].map((reviewAfterInMs): [string, unknown, string] => [
      `reviews after ${reviewAfterInMs}`,
      { ...GOOD, negotiate: { allowAnonymous: true, reviewAfterInMs } },
      "give false, or a whole number of milliseconds from 100 to 2147483647",
    ]),
    ...[0, 1.5, "many", 2e9].map((expectedClients): [string, unknown, string] => [
      `${expectedClients} expected clients`,
      { ...GOOD, negotiate: { allowAnonymous: true, expectedClients } },
      "give a whole number of clients from 1 to 1000000000",
    ]),
    ...(
      [
        ["a short text", "hunter2", ": got a string of 7 characters"],
        ["nothing", "", ": got a string of 0 characters"],
        ["no text", 1, ": got 1"],
        ["no secret at all", [], ": got an array of 0"],
        [
          "a list with a short one",
          ["s".repeat(32), "hunter2"],
          "[1]: got a string of 7 characters",
        ],
      ] as const
    ).map(([what, secret, shown]): [string, unknown, string] => [
      `a secret that is ${what}`,
      { ...GOOD, negotiate: { allowAnonymous: true, secret } },
      `negotiate.secret${shown}; give a text of 32 characters or more, such as`,
    ]),
    [
      "an upstream path where reviews are answered",
      { ...GOOD, upstream: { path: "/negotiate/place" } },
      'negotiate.path: got "/negotiate", below which reviews are answered, at upstream.path as well',
    ],
    [
      "a pace that is no number",
      { ...GOOD, failback: { close: { connectionsPerSecond: "50" } } },
      "failback.close: got an object; give false, or { connectionsPerSecond } with a number above 0",
    ],
    [
      "an unknown topology",
      { ...GOOD, topology: "mesh" },
      'topology: got "mesh"; give "client-server" or "client-client"',
    ],
    [
      "coordination where nothing is agreed",
      { ...GOOD, coordination: { pollIntervalInMs: 500 } },
      'coordination: is for topology: "client-client" only; give that, or leave it out',
    ],
    [
      "a router where servers agree",
      { ...GOOD, topology: "client-client", router: () => "east" },
      'router: cannot choose in topology: "client-client"',
    ],
    [
      "calling home one by one where servers agree",
      { ...GOOD, topology: "client-client", failback: { close: { connectionsPerSecond: 1 } } },
      "failback.close: cannot call clients home one by one",
    ],
    [
      "something else than a store",
      { ...GOOD, topology: "client-client", coordination: { store: "redis://localhost" } },
      'coordination.store: got "redis://localhost"; give a store, such as memoryStore()',
    ],
    [
      "a lease in which no poll may be missed",
      { ...GOOD, topology: "client-client", coordination: { leaseInMs: 3999 } },
      "coordination.leaseInMs: got 3999; give at least four times pollIntervalInMs (1000)",
    ],
    [
      "a poll without a pause",
      { ...GOOD, topology: "client-client", coordination: { pollIntervalInMs: 0 } },
      "coordination.pollIntervalInMs: got 0; give a whole number of milliseconds from 50",
    ],
  ])("%s", (_, options, expected) => {
    expect(messageOf(options)).toContain(expected);
  });

  it("all of them at once, in one error", () => {
    const options = {
      hub: "",
      endpoints: [{ name: "", role: "primary", endpoint: "nonsense" }, WEST, WEST],
      negotiate: { path: "x" },
      health: { fall: 0, rise: "2", nope: 1 },
      nope: true,
    };
    const error = expect.objectContaining({
      code: "ERR_INVALID_OPTIONS",
      problems: expect.arrayContaining(
        [
          "hub",
          "endpoints[0].name",
          "endpoints[0].endpoint",
          "endpoints[0].connectionString",
          "endpoints[2]",
          "negotiate.path",
          "negotiate.authenticate",
          "health.fall",
          "health.rise",
          "health.nope",
          "nope",
        ].map((path) => expect.objectContaining({ path })),
      ),
    });
    expect(() => parseOptions(options)).toThrow(error);
  });
});
