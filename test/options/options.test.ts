import { inspect } from "node:util";
import express from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { parseOptions } from "../../src/options/parse-options.ts";
import { serve } from "../support/serve.ts";
import { credential, EAST, GOOD, KEY, messageOf, WEST } from "./support/good-options.ts";

describe("an access key never appears in a message,", () => {
  const connectionString = `Endpoint=ftp://east.example;AccessKey=${KEY}`;
  it.each<[string, unknown]>([
    ["when its connection string is bad", { ...GOOD, endpoints: [{ ...EAST, connectionString }] }],
    ["when endpoints are given as bare strings", { ...GOOD, endpoints: [EAST.connectionString] }],
    ["when it stands in the wrong option", { ...GOOD, hub: EAST.connectionString }],
    [
      "when it stands in an endpoint's URL",
      {
        ...GOOD,
        endpoints: [{ ...EAST, endpoint: EAST.connectionString, connectionString: undefined }],
      },
    ],
    [
      "when it is pasted as a URL",
      { ...GOOD, endpoints: [{ name: "a", role: "primary", endpoint: KEY, credential }] },
    ],
    [
      "when it is given as a credential",
      {
        ...GOOD,
        endpoints: [{ name: "a", role: "primary", endpoint: "https://a.example", credential: KEY }],
      },
    ],
    ["when it is given as a role", { ...GOOD, endpoints: [{ ...EAST, role: KEY }] }],
    [
      "when it is a query of a URL",
      {
        ...GOOD,
        endpoints: [
          { name: "a", role: "primary", endpoint: `https://a.example/?code=${KEY}`, credential },
        ],
      },
    ],
    [
      "when it is a name that is given twice",
      {
        ...GOOD,
        endpoints: [
          { ...EAST, name: KEY },
          { ...WEST, name: KEY },
        ],
      },
    ],
    ["when it is the name of an option", { ...GOOD, [KEY]: true }],
    ["when it is an unknown option", { ...GOOD, accessKey: KEY }],
    ["when access keys are malformed", { ...GOOD, endpoints: [{ ...EAST, accessKeys: KEY }] }],
    ["when an endpoint repeats another", { ...GOOD, endpoints: [EAST, EAST] }],
  ])("%s", (_, options) => {
    expect(messageOf(options)).not.toContain(KEY);
  });

  it("nor when the configuration is printed", () => {
    const secret = "a secret of the application, which is long";
    const configuration = parseOptions({
      ...GOOD,
      negotiate: { allowAnonymous: true, secret: [secret] },
    });
    for (const printed of [
      inspect(configuration, { depth: null }),
      JSON.stringify(configuration),
    ]) {
      expect(printed).not.toContain(KEY);
      expect(printed).not.toContain(secret);
    }
  });
});

describe("options that can be used", () => {
  it("get the documented defaults", () => {
    expect(parseOptions(GOOD)).toMatchObject({
      negotiate: {
        path: "/negotiate",
        tokenLifetimeInMinutes: 60,
        whenNoneHealthy: "reject",
        reviewAfterInMs: 20_000,
        secret: [],
      },
      upstream: {
        path: "/api/webpubsub/hubs/{hub}/",
        allowedOrigins: [],
        verifySignature: true,
        maxBodyInBytes: 1_048_576,
      },
      health: {
        schedule: "*/5 * * * * *",
        timeoutInMs: 2000,
        fall: 2,
        rise: 2,
        transitionIntervalInMs: 250,
        onDemandMaxAgeInMs: 1000,
        onDemandBudgetInMs: 500,
        passive: true,
      },
      fanOut: { timeoutInMs: 5000 },
      failback: { holdDownInMs: 60_000, close: false },
      topology: "client-server",
      coordination: {
        store: expect.objectContaining({ description: "memory" }),
        pollIntervalInMs: 1000,
        leaseInMs: 10_000,
        failback: false,
      },
    });
  });

  it("do not change when the caller's object does, nor by themselves", () => {
    const options = { ...GOOD, endpoints: [EAST, WEST], health: { fall: 3 } };
    const configuration = parseOptions(options);
    options.health.fall = 9;
    options.endpoints.pop();
    expect(configuration.health.fall).toBe(3);
    expect(configuration.endpoints).toHaveLength(2);
    for (const part of [
      configuration,
      ...Object.values(configuration),
      ...configuration.endpoints,
    ]) {
      expect(typeof part === "object" && !Object.isFrozen(part)).toBe(false);
    }
  });

  it.each(["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"])(
    "may name %s, since it is loopback",
    (endpoint) => {
      const connectionString = `Endpoint=${endpoint};AccessKey=${KEY}`;
      const [first] = parseOptions({
        ...GOOD,
        endpoints: [{ ...EAST, connectionString }],
      }).endpoints;
      expect(first?.url).toBe(endpoint);
    },
  );

  it("may leave out upstream for a credential: its events are refused then, not the construction", () => {
    const endpoints = [{ name: "a", role: "primary", endpoint: "https://a.example/", credential }];
    expect(parseOptions({ ...GOOD, endpoints }).endpoints[0]).toMatchObject({
      url: "https://a.example",
      verificationKeys: [],
    });
  });

  it.each<[string, object]>([
    ["accessKeys", { endpoint: { accessKeys: [KEY] }, upstream: {} }],
    ["upstream.authorize", { upstream: { authorize: () => true } }],
    ["verifySignature: false", { upstream: { verifySignature: false } }],
  ])("may verify the events of a credential's endpoint by %s", (_, extra) => {
    const { endpoint, upstream } = extra as { endpoint?: object; upstream: object };
    const endpoints = [
      { name: "a", role: "primary", endpoint: "https://a.example", credential, ...endpoint },
    ];
    expect(() => parseOptions({ ...GOOD, endpoints, upstream })).not.toThrow();
  });
});

it("app.use(resilientPubSub) without the call answers every request with what to write instead", async () => {
  const app = express();
  app.use(resilientPubSub as never);
  const problems: unknown[] = [];
  app.use(((error, _req, res, _next) => {
    problems.push(error);
    res.sendStatus(500);
  }) as express.ErrorRequestHandler);
  const server = await serve(app);
  await fetch(server.url);
  await server.close();
  expect(problems).toEqual([
    expect.objectContaining({
      code: "ERR_INVALID_OPTIONS",
      message: expect.stringContaining("write app.use(resilientPubSub({ ... })), with the call"),
    }),
  ]);
});
