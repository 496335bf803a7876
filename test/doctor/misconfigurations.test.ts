import express, { type RequestHandler } from "express";
import type { ResilientPubSubOptions } from "express-resilient-pubsub";
import { resilientPubSub } from "express-resilient-pubsub";
import { type DiagnoseOptions, diagnose } from "express-resilient-pubsub/doctor";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";
import { linesOf, optionsFor } from "./support/two-endpoints.ts";

jest.setTimeout(30_000);

let eastus: Emulator;
let westus: Emulator;
beforeAll(async () => {
  eastus = closeAfterFile(await startEmulator());
  westus = closeAfterFile(await startEmulator());
});

const keyOf = ({ connectionString }: Emulator): string =>
  /AccessKey=([^;]+)/.exec(connectionString)?.[1] ?? "";
const withKey = ({ endpoint }: Emulator, key: string) => ({
  connectionString: `Endpoint=${endpoint};AccessKey=${key};Version=1.0;`,
});

/** Endpoints that nobody calls, with so much room each. */
const roomFor = (...rooms: number[]) =>
  rooms.map((maxClients, index) => ({
    name: `region-${index}`,
    role: "primary" as const,
    maxClients,
    connectionString: `Endpoint=http://127.0.0.1:${index + 1};AccessKey=k`,
  }));

/** An app as it is deployed. @returns Where it is. */
async function deploy(options: Partial<ResilientPubSubOptions> = {}): Promise<string> {
  const negotiate = { allowAnonymous: true };
  const pubsub = closeAfterTest(
    resilientPubSub({ ...optionsFor({ eastus, westus }), negotiate, ...options }),
  );
  return closeAfterTest(await serve(express().use(pubsub))).url;
}

/** What stands where the app should be, or in front of it. */
const serveInstead = async (answer: RequestHandler): Promise<string> =>
  closeAfterTest(await serve(express().use(answer))).url;

const failing = async (options: ResilientPubSubOptions, given: DiagnoseOptions) => {
  const diagnosis = await diagnose(options, given);
  for (const { status, remedy } of diagnosis.findings) {
    if (status === "fail" || status === "warn") expect(remedy).toBeTruthy();
  }
  return linesOf(diagnosis, "fail");
};

describe("diagnose finds in the options", () => {
  it("what resilientPubSub would refuse, and looks no further", async () => {
    const options = { ...optionsFor({ eastus, westus }), hub: "1chat", unknown: 1 };
    const diagnosis = await diagnose(options as never);
    expect(diagnosis.ok).toBe(false);
    expect(
      diagnosis.findings.map(({ check, subject, status }) => [check, subject, status]),
    ).toEqual(
      expect.arrayContaining([
        ["options", "hub", "fail"],
        ["options", "unknown", "fail"],
      ]),
    );
    expect(diagnosis.findings.every(({ check }) => check === "options")).toBe(true);
    expect(JSON.stringify(diagnosis)).not.toContain(keyOf(eastus));
  });

  it.each<[string, Partial<ResilientPubSubOptions>, RegExp]>([
    ["a single endpoint", { endpoints: [] }, /one endpoint only/],
    ["anonymous clients", { negotiate: { allowAnonymous: true } }, /anybody gets a token/],
    ["unverified events", { upstream: { verifySignature: false } }, /from anybody/],
    ["a history in memory", { history: true }, /history is in the memory/],
    ["an agreement in memory", { topology: "client-client" }, /agree in the memory/],
    [
      "too little room for the clients of the largest endpoint",
      { endpoints: roomFor(40_000, 30_000) },
      /have not room for its clients/,
    ],
    [
      "nobody who looks",
      {
        health: { schedule: false },
        negotiate: { authenticate: () => null, reviewAfterInMs: false },
      },
      /nothing looks at the endpoints/,
    ],
    [
      "identities without a secret",
      {
        endpoints: [
          {
            name: "eastus",
            role: "primary",
            endpoint: "https://a.webpubsub.azure.com",
            credential: { getToken: async () => null },
          },
        ],
      },
      /no negotiate\.secret/,
    ],
    [
      "plain http beyond this machine",
      {
        service: { allowInsecure: true },
        endpoints: [
          {
            name: "eastus",
            role: "primary",
            connectionString: "Endpoint=http://eastus:8080;AccessKey=k;Version=1.0;",
          },
        ],
      },
      /reached by http:\/\//,
    ],
  ])("%s", async (_, more, what) => {
    const options = optionsFor({ eastus, westus }, more);
    if (options.endpoints.length === 0) options.endpoints = optionsFor({ eastus }).endpoints;
    const diagnosis = await diagnose(options, { checks: ["options"] });
    expect(linesOf(diagnosis, "warn")).toContainEqual(expect.stringMatching(what));
  });
});

describe("diagnose finds", () => {
  it("a wrong key, of that endpoint alone", async () => {
    const wrong = withKey(eastus, keyOf(westus));
    expect(await failing(optionsFor({ eastus: wrong, westus }), { checks: ["calls"] })).toEqual([
      "calls eastus 6 of 6 test messages: was answered status 401",
    ]);
  });

  it("an endpoint that is something else", async () => {
    const url = await serveInstead((_, res) => void res.send("<h1>hello</h1>"));
    const other = { connectionString: `Endpoint=${url};AccessKey=k;Version=1.0;` };
    expect(await failing(optionsFor({ eastus: other, westus }), { checks: ["calls"] })).toEqual([
      expect.stringMatching(/^calls eastus 6 of 6 test messages: was answered unexpected answer/),
    ]);
  });

  it("a client endpoint that leads elsewhere", async () => {
    const options = optionsFor({ eastus, westus });
    Object.assign(options.endpoints[0] as object, { clientEndpoint: westus.endpoint });
    const lines = await failing(options, { checks: ["round-trip"] });
    expect(lines).toHaveLength(5);
    expect(lines[0]).toBe(
      "round-trip eastus simple: could not connect, the handshake was answered 401",
    );
  });

  it("an endpoint that drops metadata, where history needs it", async () => {
    const dropping = closeAfterTest(await startEmulator({ metadata: false }));
    const options = optionsFor({ eastus: dropping, westus }, { history: true });
    expect(await failing(options, { checks: ["metadata"] })).toEqual([
      "metadata eastus the endpoint drops the metadata of messages, in which history keeps its positions",
    ]);
    const without = await diagnose(optionsFor({ dropping, westus }), { checks: ["metadata"] });
    expect(linesOf(without, "warn")).toHaveLength(1);
  });

  it("a client that an event handler refuses to let in", async () => {
    const url = await serveInstead((req, res) => {
      res.set("WebHook-Allowed-Origin", "*").sendStatus(req.method === "POST" ? 403 : 200);
    });
    const guarded = closeAfterTest(await startEmulator());
    guarded.setHub("chat", {
      eventHandlers: [{ urlTemplate: url, systemEvents: ["connect"] }],
    });
    const lines = await failing(optionsFor({ guarded, westus }), { checks: ["round-trip"] });
    expect(lines[0]).toMatch(/simple: could not connect, the handshake was answered 403$/);
  });

  it("an app with other keys, another hub and other endpoints", async () => {
    const checks = ["webhook", "signature", "negotiate"] as const;
    const publicUrl = await deploy({
      endpoints: optionsFor({ eastus: withKey(eastus, "old"), westus }).endpoints,
    });
    expect(await failing(optionsFor({ eastus, westus }), { checks, publicUrl })).toEqual([
      "signature eastus the app refuses events that the key of these options has signed",
    ]);
    const news = optionsFor({ eastus, westus }, { hub: "news" });
    expect(await failing(news, { checks, publicUrl })).toEqual([
      "webhook eastus nobody answers at the path (404)",
      "webhook westus nobody answers at the path (404)",
      'negotiate clients are sent to the hub "chat", and these options are for news',
    ]);
    const other = closeAfterTest(await startEmulator());
    expect(await failing(optionsFor({ other }), { checks, publicUrl })).toEqual([
      `webhook other the app does not know ${new URL(other.endpoint).host} (ERR_ORIGIN_NOT_ALLOWED)`,
      expect.stringMatching(
        /^negotiate clients are sent to ws:.*, which these options do not have$/,
      ),
    ]);
  });

  it("an app that takes what nobody has signed", async () => {
    const publicUrl = await deploy({ upstream: { verifySignature: false } });
    const diagnosis = await diagnose(optionsFor({ eastus, westus }), {
      checks: ["signature"],
      publicUrl,
    });
    expect(linesOf(diagnosis, "warn")).toContain(
      "signature eastus the app takes events that are signed with a key of nobody",
    );
  });

  it("nothing in an app that is deployed as it should be, whose handlers hear nothing of it", async () => {
    const heard: string[] = [];
    const hear = (name: string) => () => void heard.push(name);
    const publicUrl = await deploy({
      upstream: { onConnected: hear("connected"), onDisconnected: hear("disconnected") },
    });
    const checks = ["webhook", "signature", "negotiate"] as const;
    const template = `${publicUrl}/api/webpubsub/hubs/{hub}/`;
    const negotiateUrl = `${publicUrl}/negotiate`;
    for (const given of [{ publicUrl }, { publicUrl: template, negotiateUrl }]) {
      const diagnosis = await diagnose(optionsFor({ eastus, westus }), { checks, ...given });
      expect([diagnosis.ok, diagnosis.counts.warn, diagnosis.counts.pass]).toEqual([true, 0, 7]);
    }
    expect(heard).toEqual([]);
  });

  it.each<[string, RequestHandler, RegExp]>([
    [
      "a login wall that redirects",
      (_, res) => res.redirect("https://login.example.com/authorize?secret=1"),
      /is redirected \(302\) to https:\/\/login\.example\.com\/authorize$/,
    ],
    [
      "a login wall that refuses",
      (_, res) => void res.status(401).set("WWW-Authenticate", "Bearer realm=x").end(),
      /a wall in front of the app answered 401 \(Bearer\)$/,
    ],
    [
      "a page in place of the app",
      (_, res) => void res.send("<h1>Log in</h1>"),
      /a page answered 200/,
    ],
    [
      "a gateway without the app",
      (_, res) => void res.status(502).end(),
      /a gateway answered 502 for the app$/,
    ],
  ])("%s, in front of the webhook and of negotiate", async (_, wall, what) => {
    const publicUrl = await serveInstead(wall);
    const lines = await failing(optionsFor({ eastus }), {
      checks: ["webhook", "negotiate"],
      publicUrl,
    });
    expect(lines).toEqual([
      expect.stringMatching(/^webhook eastus /),
      expect.stringMatching(/^negotiate /),
    ]);
    for (const line of lines) expect(line).toMatch(what);
  });

  it("an app that is not there", async () => {
    const { url, close } = await serve(() => {});
    await close();
    expect(await failing(optionsFor({ eastus }), { checks: ["webhook"], publicUrl: url })).toEqual([
      "webhook eastus the app cannot be reached (ECONNREFUSED)",
    ]);
  });

  it.each<[string, string[], RegExp, string]>([
    [
      "failback.close",
      ["webpubsub.joinLeaveGroup"],
      /^roles the role webpubsub\.joinLeaveGroup is good for the marker groups/,
      "fail",
    ],
    [
      "nothing",
      ["webpubsub.sendToGroup", "webpubsub.sendToGroup.news"],
      /^roles the role webpubsub\.sendToGroup is good for every group$/,
      "warn",
    ],
  ])("roles without a group, with %s in use", async (used, roles, what, status) => {
    const failback = used === "nothing" ? {} : { close: { connectionsPerSecond: 1 } };
    const options = optionsFor({ eastus, westus }, { failback });
    const diagnosis = await diagnose(options, { checks: ["roles"], roles });
    expect(linesOf(diagnosis, status)).toEqual([expect.stringMatching(what)]);
  });

  it("such roles in the token that the app gives, which it does not repeat", async () => {
    const publicUrl = await deploy({
      negotiate: {
        authenticate: (req) =>
          req.get("authorization") === "Bearer let-me-in"
            ? { userId: "ada", roles: ["webpubsub.sendToGroup"] }
            : null,
      },
    });
    const options = optionsFor({ eastus, westus });
    const checks = ["negotiate", "roles"] as const;
    const anonymous = await diagnose(options, { publicUrl, checks });
    expect(linesOf(anonymous, "skipped")).toHaveLength(2);
    const headers = { Authorization: "Bearer let-me-in" };
    const diagnosis = await diagnose(options, { publicUrl, checks, headers });
    expect(linesOf(diagnosis, "warn")).toEqual([
      "roles the role webpubsub.sendToGroup is good for every group",
    ]);
    expect(JSON.stringify(diagnosis)).not.toMatch(/let-me-in|eyJ/);
  });

  it("a policy that names the primary alone, and pages that may not negotiate", async () => {
    const publicUrl = await deploy();
    const csp = `default-src 'self'; connect-src 'self' ${eastus.endpoint.replace("http", "ws")}`;
    const given = { checks: ["csp", "cors"] as const, csp, publicUrl };
    const origins = ["http://page.example"];
    expect(await failing(optionsFor({ eastus, westus }), { ...given, origins })).toEqual([
      `csp westus pages may not connect to ${westus.endpoint.replace("http", "ws")}`,
      "cors http://page.example the preflight is answered without Access-Control-Allow-Origin",
    ]);
  });
});

it("an aborted diagnosis rejects with the reason, and leaves no socket behind", async () => {
  const hanging = closeAfterTest(await startEmulator());
  await hanging.inject({ kind: "blackhole" });
  const ending = new AbortController();
  const diagnosing = diagnose(optionsFor({ hanging }, { health: { timeoutInMs: 60_000 } }), {
    abortSignal: ending.signal,
    onProgress: ({ check }) => {
      if (check === "health") setTimeout(() => ending.abort(new Error("enough")), 20);
    },
  });
  await expect(diagnosing).rejects.toThrow("enough");
});

it.each<[DiagnoseOptions, string]>([
  [{ publicUrl: "app.example.com" }, "publicUrl"],
  [{ origins: ["https://page.example/path"] }, "origins[0]"],
  [{ checks: ["weather" as never] }, "checks[0]"],
  [{ timeoutInMs: 0 }, "timeoutInMs"],
  [{ unknown: 1 } as never, "unknown"],
])("diagnose refuses %j", async (given, path) => {
  const error = await diagnose(optionsFor({ eastus }), given).catch((reason) => reason);
  expect(error).toMatchObject({ code: "ERR_INVALID_OPTIONS", problems: [{ path }] });
});
