import type { Emulator } from "express-resilient-pubsub/emulator";
import fc from "fast-check";
import type { Activity } from "../../../src/emulator/contract/activity.ts";
import type { Operation } from "../../../src/emulator/rest/operation.ts";
import { operations } from "../../../src/emulator/rest/operations.ts";
import { apiVersion, callRest, type RestRequest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";

const scene = createScene();

const segments: Record<string, string> = {
  group: "g",
  userId: "u",
  connectionId: "c",
  permission: "sendToGroup",
};

interface Wrong {
  hub?: string;
  query?: string;
  /** Values of segments, in place of good ones. */
  segments?: Record<string, string>;
}

const pathOf = ({ path }: Operation, wrong: Wrong = {}): string => {
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => {
    return wrong.segments?.[name] ?? segments[name] ?? name;
  });
  const query = wrong.query ?? apiVersion;
  const target = path.startsWith("permissions/") ? "&targetName=g" : "";
  return `/api/hubs/${wrong.hub ?? "chat"}/${filled}?${query}${target}`;
};

const contentOf = ({ body }: Operation): Partial<RestRequest> => {
  if (body === "none") return {};
  if (body === "message") return { headers: { "Content-Type": "text/plain" }, body: "x" };
  return { headers: { "Content-Type": "application/json" }, body: '{"groups":["g"]}' };
};

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

async function expectAlive(emulator: Emulator): Promise<void> {
  expect((await callRest(emulator, { method: "HEAD", path: "/api/health" })).status).toBe(200);
}

test("the service has 25 operations, the health check among them", () => {
  expect(operations).toHaveLength(24);
  expect(new Set(operations.map(nameOf)).size).toBe(24);
});

describe.each(operations.map((operation) => [nameOf(operation), operation] as const))(
  "%s",
  (_name, operation) => {
    const call = (emulator: Emulator, wrong: Wrong, more: Partial<RestRequest> = {}) =>
      callRest(emulator, {
        method: operation.method,
        path: pathOf(operation, wrong),
        ...contentOf(operation),
        ...more,
      });

    test.each<[string, Wrong, number]>([
      ["a hub that cannot be", { hub: "1chat" }, 400],
      ["a hub of 129 characters", { hub: "h".repeat(129) }, 400],
      ["a hub of dots", { hub: ".." }, 400],
      ["a hub that leads elsewhere", { hub: "..%2f..%2fhealth" }, 400],
      ["a hub with a broken encoding", { hub: "%ff" }, 400],
      ["no hub", { hub: "" }, 404],
      ["two versions (E)", { query: `${apiVersion}&${apiVersion}` }, 400],
      ["an empty version", { query: "api-version=" }, 400],
      ["an unknown version", { query: "api-version=2019-01-01" }, 400],
      ["a version with a line break", { query: "api-version=2024-12-01%0d%0aX:%20y" }, 400],
      ["a broken query", { query: `${apiVersion}&x=%` }, 400],
    ])("with %s is refused", async (_what, wrong, status) => {
      const emulator = await scene.emulator();
      const answer = await call(emulator, wrong);
      expect(answer.status).toBe(status);
      if (status === 400 && operation.method !== "HEAD") {
        expect(JSON.parse(answer.body)).toMatchObject({ code: "Error.BadRequest", status: 400 });
      }
    });

    test("without a version is taken as one of the newest (E)", async () => {
      const emulator = await scene.emulator();
      const [newest, without] = [await call(emulator, {}), await call(emulator, { query: "" })];
      expect(without.status).toBe(newest.status);
      expect(without.status).not.toBe(400);
    });

    test.each<[string, string | null]>([
      ["no token", null],
      ["an empty token", ""],
      ["a garbled token", "a.b.c"],
      ["a token of null bytes", "%00.%00.%00"],
      ["a very long token", "x".repeat(8000)],
    ])("with %s is not let in", async (_what, token) => {
      const emulator = await scene.emulator();
      const answer = await call(emulator, {}, { token });
      expect(answer).toMatchObject({ status: 401, body: "" });
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer/);
    });

    test("a call with another method is answered with the allowed ones", async () => {
      const emulator = await scene.emulator();
      const answer = await call(emulator, {}, { method: "PATCH" });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toContain(operation.method);
    });

    test("a path with an empty or a surplus segment is unknown", async () => {
      const emulator = await scene.emulator();
      const path = pathOf(operation);
      for (const wrong of [path.replace("?", "/?"), path.replace("chat/", "chat//")]) {
        expect((await call(emulator, {}, { path: wrong })).status).toBe(404);
      }
    });

    const named = Object.keys(segments).filter((name) => operation.path.includes(`{${name}}`));
    const bad: [string, string, string][] = [];
    for (const name of named) {
      bad.push([name, "with a broken encoding", "%zz"], [name, "that is no UTF-8", "%ff"]);
    }
    if (named.includes("group")) {
      bad.push(["group", "that is blank", "%20%09"], ["group", "too long", "g".repeat(1025)]);
    }
    if (named.includes("userId")) {
      bad.push(["userId", "that is blank (E)", "%20"], ["userId", "of blanks (E)", "%09%20%c2%a0"]);
    }
    if (named.includes("permission")) {
      bad.push(["permission", "that is none", "fly"], ["permission", "of dots", "%2e%2e"]);
    }
    if (bad.length > 0) {
      test.each(bad)("with a %s %s is refused", async (name, _what, value) => {
        const emulator = await scene.emulator();
        const answer = await call(emulator, { segments: { [name]: value } });
        expect(answer.status).toBe(400);
        if (operation.method !== "HEAD") expect(JSON.parse(answer.body).target).toBe(name);
      });
    }

    test("takes names that lead elsewhere, or hide line breaks, for nothing but names", async () => {
      const emulator = await scene.emulator();
      for (const name of ["..%2f..%2fhealth", "..%5c", "%00", "a%0d%0aX-Evil:%20y", "__proto__"]) {
        const strange = { group: name, userId: name, connectionId: name };
        const answer = await call(emulator, { segments: strange });
        expect([200, 202, 204, 404]).toContain(answer.status);
        expect(answer.headers).not.toHaveProperty("x-evil");
      }
      await expectAlive(emulator);
    });

    if (operation.body !== "none") {
      test.each<[string, Partial<RestRequest>, number]>([
        ["of another type", { headers: { "Content-Type": "text/html" } }, 415],
        ["of protobuf", { headers: { "Content-Type": "application/x-protobuf" } }, 415],
        ["of a garbled type", { headers: { "Content-Type": ";;;" } }, 415],
        [
          "in an unknown charset",
          { headers: { "Content-Type": "application/json; charset=klingon" } },
          415,
        ],
        ["of JSON that is none", { body: "{" }, 400],
        ["of JSON without end", { body: "[".repeat(500_000) }, 400],
        ["of nothing", { body: "" }, 400],
        ["of JSON that is no UTF-8", { body: Buffer.from([34, 255, 34]) }, 400],
        ["of more than 1 MiB", { body: Buffer.alloc(1024 * 1024 + 1) }, 400],
      ])("with a body %s is refused", async (_what, wrong, status) => {
        const emulator = await scene.emulator();
        const headers = { "Content-Type": "application/json" };
        expect((await call(emulator, {}, { headers, ...wrong })).status).toBe(status);
        await expectAlive(emulator);
      });

      test("a body over the configured limit is refused", async () => {
        const emulator = await scene.emulator({ limits: { messageBytes: 20 } });
        expect((await call(emulator, {})).status).toBeLessThan(300);
        expect((await call(emulator, {}, { body: "[                  ]." })).status).toBe(400);
      });
    } else {
      test("a body that an operation has no use for is ignored", async () => {
        const emulator = await scene.emulator();
        const { status } = await call(
          emulator,
          {},
          { body: "{", headers: { "Content-Length": "1" } },
        );
        expect([200, 204, 404]).toContain(status);
        await expectAlive(emulator);
      });
    }

    test("a call is passed to onActivity, without its query", async () => {
      const told: Activity[] = [];
      const emulator = await scene.emulator({ onActivity: (activity) => told.push(activity) });
      const { status } = await call(emulator, { query: `${apiVersion}&reason=secret` });
      await call(emulator, {}, { token: null });
      const [path] = pathOf(operation).split("?");
      const { method } = operation;
      expect(told).toEqual([
        { kind: "restCall", method, path, status },
        { kind: "restCall", method, path, status: 401 },
      ]);
    });
  },
);

test.each<[string, string, string]>([
  ["POST", ":send", "messageTtlSeconds=-1"],
  ["POST", ":send", "messageTtlSeconds=301"],
  ["POST", "groups/g/:send", "messageTtlSeconds=1.5"],
  ["POST", "users/u/:send", "messageTtlSeconds="],
  ["POST", "connections/c/:send", "messageTtlSeconds=1e2"],
  ["GET", "groups/g/connections", "maxpagesize=0"],
  ["GET", "groups/g/connections", "maxpagesize=201"],
  ["GET", "groups/g/connections", "maxpagesize=two"],
  ["GET", "groups/g/connections", "top=0"],
  ["GET", "groups/g/connections", "top=-1"],
  ["GET", "groups/g/connections", "top=2147483648"],
  ["GET", "groups/g/connections", "top=99999999999999999999"],
  ["GET", "groups/g/connections", "continuationToken=bad"],
  ["GET", "groups/g/connections", "continuationToken=%00"],
])("%s %s?%s is a bad request for that parameter", async (method, path, query) => {
  const emulator = await scene.emulator();
  const answer = await callRest(emulator, {
    method,
    path: `/api/hubs/chat/${path}?${apiVersion}&${query}`,
    headers: { "Content-Type": "text/plain" },
    body: method === "GET" ? undefined : "x",
  });
  expect(answer.status).toBe(400);
  expect(answer.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
  expect(JSON.parse(answer.body).target).toBe(query.split("=")[0]);
});

test("a target name that cannot be a group is refused for every permission call", async () => {
  const emulator = await scene.emulator();
  for (const method of ["PUT", "HEAD", "DELETE"]) {
    for (const targetName of ["%20", "g".repeat(1025)]) {
      const path = `/api/hubs/chat/permissions/sendToGroup/connections/c?${apiVersion}`;
      const answer = await callRest(emulator, { method, path: `${path}&targetName=${targetName}` });
      expect(answer.status).toBe(400);
      expect(answer.headers["x-ms-error-code"]).toBe("Error.BadRequest");
    }
  }
});

test("health checks are told to nobody", async () => {
  const told: Activity[] = [];
  const emulator = await scene.emulator({ onActivity: (activity) => told.push(activity) });
  await expectAlive(emulator);
  expect(told).toEqual([]);
});

test("no call whatsoever is answered with the emulator's own failure", async () => {
  const emulator = await scene.emulator();
  await scene.connectJson(emulator, { userId: "u", groups: ["g"] });
  const value = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("true", "g", "1", "null"));
  const names = [
    "filter",
    "excluded",
    "reason",
    "top",
    "maxpagesize",
    "targetName",
    "role",
    "group",
  ];
  const request = fc.record({
    operation: fc.constantFrom(...operations),
    name: value,
    query: fc.array(fc.tuple(fc.constantFrom(...names, "clientType", "userId"), value)),
    type: fc.constantFrom("text/plain", "application/json", "application/octet-stream"),
    body: fc.oneof(fc.json(), fc.string(), fc.constant('{"groups":["g"],"filter":"true"}')),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ operation, name, query, type, body }) => {
      const encoded = encodeURIComponent(name) || "x";
      const path = pathOf(operation, {
        segments: { group: encoded, userId: encoded, connectionId: encoded },
        query: `${apiVersion}&${new URLSearchParams(query)}`,
      });
      const headers = { "Content-Type": type };
      const isBare = operation.method === "GET" || operation.method === "HEAD";
      const call = { method: operation.method, path, headers, ...(!isBare && { body }) };
      expect((await callRest(emulator, call)).status).toBeLessThan(500);
    }),
    { numRuns: 300 },
  );
});
