import { request as openRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { Emulator, EmulatorOptions } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import { callRest, openTcp, restToken } from "../support/rest.ts";
import { accessKey, createScene, secondaryAccessKey } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";

const scene = createScene();

interface AdminCall {
  method?: string;
  /** Below `/_emulator`. */
  path?: string;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is. */
  raw?: string;
}

interface AdminAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  json: unknown;
}

function administer(emulator: Emulator, call: AdminCall = {}): Promise<AdminAnswer> {
  const {
    method = "GET",
    path = "",
    body,
    raw = body === undefined ? "" : JSON.stringify(body),
  } = call;
  const headers = {
    ...(raw !== "" && { "Content-Type": "application/json", "Content-Length": String(raw.length) }),
    ...call.headers,
  };
  return new Promise((resolve, reject) => {
    openRequest(`${emulator.adminEndpoint}${path}`, { method, headers, agent: false })
      .on("error", reject)
      .on("response", async (response) => {
        const text = Buffer.concat(await response.toArray()).toString();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: text === "" ? undefined : JSON.parse(text),
        });
      })
      .end(raw);
  });
}

const health = async (emulator: Emulator): Promise<number> =>
  (await callRest(emulator, { method: "HEAD", path: "/api/health" })).status;

const put = (body: unknown) => ({ method: "PUT", path: "/faults", body });

const ways: [string, EmulatorOptions][] = [
  ["the service's own port", { admin: true }],
  ["a port of its own", { admin: { port: 0 } }],
];

describe("without admin", () => {
  test.each(["/_emulator", "/_emulator/faults"])("%s is a path like any other", async (path) => {
    const emulator = await scene.emulator();
    expect(emulator.adminEndpoint).toBeUndefined();
    const admin = await callRest(emulator, { method: "GET", path, token: null });
    const other = await callRest(emulator, { method: "GET", path: "/unknown", token: null });
    expect(admin.status).toBe(404);
    expect(admin.body).toBe(other.body);
    await emulator.inject({ kind: "unhealthy" });
    expect((await callRest(emulator, { method: "GET", path, token: null })).status).toBe(503);
  });
});

describe.each(ways)("the admin route on %s", (_where, options) => {
  test("the admin route reports the state of the emulator, and no keys", async () => {
    const emulator = await scene.emulator({ ...options, seed: 4, hubs: { news: {} } });
    await scene.connect(emulator, { hub: "Chat", groups: ["a", "b"] });
    await scene.connect(emulator, { hub: "chat", groups: ["b"] });
    await emulator.inject({ kind: "gray", share: 0.5 });
    const { status, headers, json, text } = await administer(emulator);
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(json).toEqual({
      endpoint: emulator.endpoint,
      state: "running",
      faults: [{ kind: "gray", share: 0.5, status: 500, requestTypes: ["RESTAPI"] }],
      seed: 4,
      hubs: [
        { name: "chat", connections: 2, groups: 2 },
        { name: "news", connections: 0, groups: 0 },
      ],
    });
    expect(text).not.toContain(accessKey);
    expect(text).not.toContain(secondaryAccessKey);
  });

  test("the admin route injects faults and clears them", async () => {
    const emulator = await scene.emulator(options);
    expect((await administer(emulator, put({ kind: "unhealthy", status: 500 }))).status).toBe(204);
    expect(await health(emulator)).toBe(500);
    const several = [{ kind: "latency", delayInMs: 1 }, { kind: "unhealthy" }];
    expect((await administer(emulator, put(several))).status).toBe(204);
    expect(await health(emulator)).toBe(503);
    expect((await administer(emulator, { method: "DELETE", path: "/faults" })).status).toBe(204);
    expect(await health(emulator)).toBe(200);
  });

  test("the admin route answers while the service does not", async () => {
    const emulator = await scene.emulator(options);
    for (const kind of ["blackhole", "unhealthy"]) {
      expect((await administer(emulator, put({ kind }))).status).toBe(204);
      expect((await administer(emulator)).json).toMatchObject({ faults: [{ kind }] });
    }
    await administer(emulator, { method: "DELETE", path: "/faults" });
    expect(await health(emulator)).toBe(200);
  });

  test("the admin route restarts the service", async () => {
    const emulator = await scene.emulator(options);
    const client = await scene.connect(emulator);
    const call = { method: "POST", path: "/restart", body: { keepState: false } };
    expect([202, 204]).toContain((await administer(emulator, call)).status);
    expect((await client.closed).code).toBe(1001);
    await until(() => emulator.state === "running");
    await scene.connect(emulator);
  });

  test("the admin route crashes the service", async () => {
    const emulator = await scene.emulator(options);
    expect([202, 204]).toContain((await administer(emulator, put({ kind: "crash" }))).status);
    await until(() => emulator.state === "down");
    await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("the admin route rotates keys and returns the connection string that has changed", async () => {
    const emulator = await scene.emulator(options);
    for (const which of ["primary", "secondary"] as const) {
      const newKey = `new-${which}`;
      const call = { method: "POST", path: "/rotate-key", body: { which, newKey } };
      const { json } = await administer(emulator, call);
      expect(json).toEqual({
        which,
        connectionString: `Endpoint=${emulator.endpoint};AccessKey=${newKey};Version=1.0;`,
      });
    }
    expect(emulator.connectionString).toContain("new-primary");
    expect(emulator.secondaryConnectionString).toContain("new-secondary");
  });

  test("the admin route drops sockets", async () => {
    const emulator = await scene.emulator(options);
    const client = await scene.connect(emulator);
    const call = { method: "POST", path: "/drop-sockets", body: { share: 0.5 } };
    expect((await administer(emulator, call)).json).toEqual({ dropped: 1 });
    expect((await client.closed).code).toBe(1006);
  });

  test("the admin route changes hubs", async () => {
    const emulator = await scene.emulator(options);
    const call = { method: "PUT", path: "/hubs/chat", body: { anonymousConnectPolicy: "allow" } };
    expect((await administer(emulator, call)).status).toBe(204);
    const client = new SocketClient(`ws://127.0.0.1:${emulator.port}/client/hubs/chat`);
    await client.opened;
    client.terminate();
  });

  test.each<[string, AdminCall, number, string]>([
    ["a path that is not there", { path: "/nothing" }, 404, "NotFound"],
    ["a path with too much", { path: "/faults/1" }, 404, "NotFound"],
    ["a method that is not there", { method: "POST" }, 405, "MethodNotAllowed"],
    ["a fault that is none", put({ kind: "earthquake" }), 400, "ERR_INVALID_OPTIONS"],
    ["a fault that is nothing", put(null), 400, "ERR_INVALID_OPTIONS"],
    [
      "a crash among others",
      put([{ kind: "crash" }, { kind: "gray" }]),
      400,
      "ERR_INVALID_OPTIONS",
    ],
    ["a body that is not JSON", { ...put(0), raw: "{" }, 400, "BadRequest"],
    [
      "a body of another type",
      { ...put({ kind: "gray" }), headers: { "Content-Type": "text/plain" } },
      415,
      "UnsupportedMediaType",
    ],
    ["no body", { method: "POST", path: "/restart" }, 415, "UnsupportedMediaType"],
    ["a body without an end", { ...put(0), raw: " ".repeat(65_537) }, 413, "PayloadTooLarge"],
    [
      "a restart without a word on the state",
      { method: "POST", path: "/restart", body: {} },
      400,
      "ERR_INVALID_OPTIONS",
    ],
    [
      "a key that is none",
      { method: "POST", path: "/rotate-key", body: { which: "x" } },
      400,
      "ERR_INVALID_OPTIONS",
    ],
    [
      "a share that is none",
      { method: "POST", path: "/drop-sockets", body: { share: 2 } },
      400,
      "ERR_INVALID_OPTIONS",
    ],
    [
      "a hub that is none",
      { method: "PUT", path: "/hubs/1", body: {} },
      400,
      "ERR_INVALID_OPTIONS",
    ],
    [
      "a hub that cannot be read",
      { method: "PUT", path: "/hubs/%ff", body: {} },
      400,
      "ERR_INVALID_OPTIONS",
    ],
    ["a token", { headers: { Authorization: "Bearer x" } }, 403, "Forbidden"],
    ["a name that leads here", { headers: { Host: "evil.example" } }, 403, "Forbidden"],
    ["a proxy", { headers: { "X-Forwarded-For": "127.0.0.1" } }, 403, "Forbidden"],
    ["a page of another site", { headers: { Origin: "https://evil.example" } }, 403, "Forbidden"],
  ])(
    "the admin route answers %s with an error, and does nothing",
    async (_what, call, status, code) => {
      const emulator = await scene.emulator(options);
      const client = await scene.connect(emulator);
      const answer = await administer(emulator, call);
      expect(answer).toMatchObject({ status, json: { code, message: expect.any(String) } });
      expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
      expect((await administer(emulator)).json).toMatchObject({ faults: [], state: "running" });
      expect(client.socket.readyState).toBe(client.socket.OPEN);
    },
  );

  test("the admin route refuses a request with a REST token", async () => {
    const emulator = await scene.emulator(options);
    const headers = { Authorization: `Bearer ${restToken(emulator, "/_emulator")}` };
    expect((await administer(emulator, { headers })).status).toBe(403);
    const query = `?access_token=${restToken(emulator, "/_emulator")}`;
    expect((await administer(emulator, { path: query })).status).toBe(403);
  });

  test("the admin route names the allowed methods when it answers 405", async () => {
    const emulator = await scene.emulator(options);
    const { headers } = await administer(emulator, { path: "/faults" });
    expect(headers.allow).toBe("PUT, DELETE");
  });

  test("the admin route accepts no WebSocket", async () => {
    const emulator = await scene.emulator(options);
    const url = emulator.adminEndpoint?.replace("http", "ws") ?? "";
    const client = new SocketClient(url);
    expect((await client.refused).status).not.toBe(101);
  });

  test("the admin route reads a body that is sent after 100 Continue", async () => {
    const emulator = await scene.emulator(options);
    const call = { ...put({ kind: "unhealthy" }), headers: { Expect: "100-continue" } };
    expect((await administer(emulator, call)).status).toBe(204);
  });
});

const networkAddress = Object.values(networkInterfaces())
  .flatMap((addresses = []) => addresses)
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

// As from another container: the port is open to all, the admin route on it is not.
(networkAddress ? test : test.skip)(
  "an emulator on every address serves all, and its admin route this machine only",
  async () => {
    const emulator = await scene.emulator({ admin: true, host: "0.0.0.0" });
    const at = `http://${networkAddress}:${emulator.port}`;
    expect((await fetch(`${at}/api/health`)).status).toBe(200);
    expect((await fetch(`${at}/_emulator`)).status).toBe(403);
    const call = { method: "PUT", body: '{"kind":"crash"}' };
    const headers = { "Content-Type": "application/json" };
    expect((await fetch(`${at}/_emulator/faults`, { ...call, headers })).status).toBe(403);
    expect((await administer(emulator)).json).toMatchObject({ faults: [] });
  },
);

describe("a port of its own", () => {
  const options = { admin: { port: 0 } };

  test("an admin port of its own answers during a crash and ends it", async () => {
    const emulator = await scene.emulator(options);
    await administer(emulator, put({ kind: "crash" }));
    expect((await administer(emulator)).json).toMatchObject({
      state: "down",
      faults: [{ kind: "crash" }],
    });
    await administer(emulator, { method: "DELETE", path: "/faults" });
    expect(await health(emulator)).toBe(200);
  });

  const requestTypes = ["RESTAPI", "ClientConnection"];

  test.each([
    [
      { kind: "slow-link", bytesPerSecond: 8000 },
      { bytesPerSecond: { up: 8000, down: 8000 }, share: 1 },
    ],
    [{ kind: "slow-link", bytesPerSecond: { down: 1 } }, { bytesPerSecond: { down: 1 } }],
    [{ kind: "half-open" }, { requestTypes: [...requestTypes, "Health"], share: 1 }],
    [{ kind: "tls", certificate: "expired", durationInMs: 9000 }, { durationInMs: 9000 }],
    [{ kind: "dns" }, { answer: "ENOTFOUND", share: 1 }],
    [
      { kind: "poison", text: "x" },
      { requestTypes, share: 1, status: 403 },
    ],
  ])("an admin port of its own injects %j, and tells what that comes to", async (fault, whole) => {
    const emulator = await scene.emulator({ ...options, tls: true });
    expect((await administer(emulator, put(fault))).status).toBe(204);
    expect((await administer(emulator)).json).toMatchObject({ faults: [{ ...fault, ...whole }] });
  });

  test("an admin port of its own serves only the admin route, and the service's port has none", async () => {
    const emulator = await scene.emulator(options);
    const url = new URL(emulator.adminEndpoint ?? "");
    expect(Number(url.port)).not.toBe(emulator.port);
    expect((await fetch(`${url.origin}/api/health`)).status).toBe(404);
    const path = "/_emulator";
    expect((await callRest(emulator, { method: "GET", path, token: null })).status).toBe(404);
  });

  test("an admin port of its own stays on the loopback and speaks http, whatever the service does", async () => {
    const emulator = await scene.emulator({
      ...options,
      host: "0.0.0.0",
      tls: true,
      publicEndpoint: "https://chat.example.com",
    });
    expect(emulator.adminEndpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/_emulator$/);
    expect((await administer(emulator)).status).toBe(200);
  });

  test("an admin port of its own closes with the emulator, even during a request", async () => {
    const emulator = await scene.emulator(options);
    const port = Number(new URL(emulator.adminEndpoint ?? "").port);
    const idle: Socket = connect(port, "127.0.0.1");
    const closed = new Promise((resolve) => idle.on("error", () => {}).on("close", resolve));
    idle.write("PUT /_emulator/faults HTTP/1.1\r\nHost: localhost\r\n");
    await administer(emulator);
    await emulator.close();
    await closed;
    await expect(openTcp(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });
});

test("a crash by way of the service's own port is announced before it happens", async () => {
  const emulator = await scene.emulator({ admin: true });
  const { status, headers } = await administer(emulator, put({ kind: "crash" }));
  expect(status).toBe(202);
  expect(headers.connection).toBe("close");
  await until(() => emulator.state === "down");
});
