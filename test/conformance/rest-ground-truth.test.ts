import type { Emulator } from "express-resilient-pubsub/emulator";
import { callRest, type RestRequest, restToken } from "../emulator/support/rest.ts";
import { createScene } from "../emulator/support/scene.ts";

const scene = createScene();

const supportedVersions = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01";
const json = "application/json; charset=utf-8";
const problemJson = "application/problem+json; charset=utf-8";

const invalidGroup =
  "Invalid group name. Valid group name should be in between 1 and 1024 characters long.";

const plain = (code: string, message: string, target: string) =>
  JSON.stringify({ code, message, target, details: null, inner: null });

const problem = (message: string, target: string) =>
  `{"code":"Error.BadRequest","message":${JSON.stringify(message)},"target":"${target}",` +
  `"errors":{"${target}":[${JSON.stringify(message)}]},"type":null,` +
  '"title":"One or more validation errors occurred.","status":400,"detail":null,' +
  '"instance":null,"extensions":{}}';

interface Recorded {
  status: number;
  /** Undefined means that the header must not be there. */
  headers: Record<string, string | undefined>;
  body?: string;
}

const versions = { "api-supported-versions": supportedVersions };
const empty = (status: number): Recorded => ({
  status,
  headers: { ...versions, "content-length": "0", "x-ms-error-code": undefined },
  body: "",
});
const noContent: Recorded = {
  status: 204,
  headers: { ...versions, "content-length": undefined },
  body: "",
};
const error = (status: number, code: string, body: string, type = json): Recorded => ({
  status,
  headers: {
    "api-supported-versions": type === json ? supportedVersions : undefined,
    "content-type": type,
    "content-length": String(Buffer.byteLength(body)),
    "x-ms-error-code": code,
  },
  body,
});

const okJson = (body: string): Recorded => ({
  ...empty(200),
  headers: { ...versions, "content-type": json, "x-ms-error-code": undefined },
  body,
});

const missingTargetName = error(
  400,
  "Error.BadRequest",
  plain("Error.BadRequest", invalidGroup, "Request"),
);

const connectionMissing = (severity: string) =>
  error(
    404,
    `${severity}.Connection.NotExisted`,
    plain(`${severity}.Connection.NotExisted`, "Connection `ghost` is not found.", "Connection"),
  );
const userMissing = error(
  404,
  "Warning.User.NotExisted",
  plain("Warning.User.NotExisted", "User `ghost` is not found.", "User"),
);
const invalidFilter = (target: string) => {
  const message =
    "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. " +
    "(Parameter 'filter')";
  return error(400, "Error.BadRequest", problem(message, target), problemJson);
};

/** To a HEAD the same headers come without the body. */
const headOf = (recorded: Recorded): Recorded => ({ ...recorded, body: "" });

const ok = headOf(empty(200));
const text = { "Content-Type": "text/plain" };
const jsonBody = { "Content-Type": "application/json" };
const bytes = { "Content-Type": "application/octet-stream" };

const senders = ["~", "~/groups/g", "~/users/alice", "~/connections/CONN"];
const absentSenders = ["~/groups/ghost", "~/users/ghost", "~/connections/ghost"];
const choosingSenders = ["~", "~/groups/g", "~/users/alice"];
const members = "~/groups/g/connections";
const joinAlice = "~/permissions/joinLeaveGroup/connections/CONN";
const joinGhost = "~/permissions/joinLeaveGroup/connections/ghost";
const sendGhost = "~/permissions/sendToGroup/connections/ghost";

type Row = [string, string, object, string | undefined, Recorded];

// `~` is the hub's base, `CONN` the id of a connection of the user "alice" in the group "g".
const table: Row[] = [
  ...[...senders, ...absentSenders].flatMap((sender): Row[] => [
    ["POST", `${sender}/:send`, text, "hi", empty(202)],
    ["POST", `${sender}/:send`, jsonBody, '{"a":1}', empty(202)],
    ["POST", `${sender}/:send`, bytes, "\0\u0001", empty(202)],
    ["POST", `${sender}/:send?messageTtlSeconds=60`, text, "hi", empty(202)],
  ]),
  ...choosingSenders.flatMap((sender): Row[] => [
    ["POST", `${sender}/:send?excluded=a&excluded=b`, text, "hi", empty(202)],
    ["POST", `${sender}/:send?filter=userId%20ne%20null`, text, "hi", empty(202)],
    ["POST", `${sender}/:send?filter=invalid%20filter`, text, "hi", invalidFilter("filter")],
  ]),
  ...["addToGroups", "removeFromGroups"].flatMap((bulk): Row[] => {
    const ofFilter = (filter: string) => JSON.stringify({ groups: ["g", "h"], filter });
    return [
      ["POST", `~/:${bulk}`, jsonBody, ofFilter("userId eq 'alice'"), empty(200)],
      ["POST", `~/:${bulk}`, jsonBody, ofFilter("invalid filter"), invalidFilter("Filter")],
    ];
  }),
  [
    "POST",
    "~/:addToGroups",
    jsonBody,
    '{"filter":"userId eq null"}',
    error(400, "Error.BadRequest", problem(invalidGroup, "Groups"), problemJson),
  ],
  ["GET", `${members}?top=20`, {}, undefined, okJson('{"value":[ALICE]}')],
  ["GET", members, {}, undefined, okJson('{"value":[ALICE]}')],
  ["GET", "~/groups/ghost/connections", {}, undefined, okJson('{"value":[]}')],
  ["PUT", `${joinAlice}?targetName=g`, {}, undefined, empty(200)],
  ["PUT", `${joinGhost}?targetName=g`, {}, undefined, connectionMissing("Info")],
  ["PUT", `${sendGhost}?targetName=g`, {}, undefined, connectionMissing("Info")],
  ["HEAD", `${joinGhost}?targetName=g`, {}, undefined, headOf(connectionMissing("Info"))],
  ["HEAD", `${sendGhost}?targetName=g`, {}, undefined, headOf(connectionMissing("Info"))],
  ["DELETE", `${joinAlice}?targetName=g`, {}, undefined, noContent],
  ["DELETE", `${joinGhost}?targetName=g`, {}, undefined, noContent],
  ["DELETE", `${sendGhost}?targetName=g`, {}, undefined, noContent],
  ["DELETE", joinAlice, {}, undefined, missingTargetName],
  ["DELETE", joinGhost, {}, undefined, missingTargetName],
  ["HEAD", "~/connections/CONN", {}, undefined, ok],
  ["HEAD", "~/connections/ghost", {}, undefined, headOf(connectionMissing("Warning"))],
  ["HEAD", "~/users/alice", {}, undefined, ok],
  ["HEAD", "~/users/ghost", {}, undefined, headOf(userMissing)],
  ["HEAD", "~/groups/g", {}, undefined, ok],
  [
    "HEAD",
    "~/groups/ghost",
    {},
    undefined,
    {
      status: 404,
      headers: {
        ...versions,
        "x-ms-error-code": "Warning.Group.NotExisted",
        "content-type": json,
        "content-length": String(111 + "ghost".length),
      },
    },
  ],
  ["PUT", "~/groups/h/connections/CONN", {}, undefined, empty(200)],
  ["PUT", "~/groups/h/connections/ghost", {}, undefined, connectionMissing("Error")],
  ["DELETE", "~/groups/g/connections/CONN", {}, undefined, noContent],
  ["DELETE", "~/groups/g/connections/ghost", {}, undefined, noContent],
  ["DELETE", "~/connections/CONN/groups", {}, undefined, noContent],
  ["DELETE", "~/connections/ghost/groups", {}, undefined, noContent],
  ["PUT", "~/users/alice/groups/h", {}, undefined, empty(200)],
  ["PUT", "~/users/ghost/groups/h", {}, undefined, userMissing],
  ["DELETE", "~/users/alice/groups/g", {}, undefined, noContent],
  ["DELETE", "~/users/ghost/groups/g", {}, undefined, noContent],
  ["DELETE", "~/users/alice/groups", {}, undefined, noContent],
  ["DELETE", "~/users/ghost/groups", {}, undefined, noContent],
  ["DELETE", "~/connections/CONN?reason=bye", {}, undefined, noContent],
  ["DELETE", "~/connections/ghost", {}, undefined, noContent],
  ["POST", "~/:closeConnections?reason=bye", {}, undefined, noContent],
  ["POST", "~/groups/g/:closeConnections", {}, undefined, noContent],
  ["POST", "~/groups/ghost/:closeConnections", {}, undefined, noContent],
  ["POST", "~/users/alice/:closeConnections", {}, undefined, noContent],
  ["POST", "~/users/ghost/:closeConnections", {}, undefined, noContent],
  [
    "PUT",
    "~/groups/%20/connections/CONN",
    {},
    undefined,
    error(400, "Error.BadRequest", problem(invalidGroup, "group"), problemJson),
  ],
];

const call = (emulator: Emulator, method: string, path: string, headers = {}, body?: string) => {
  const separator = path.includes("?") ? "&" : "?";
  const full = `${path.replace("~", "/api/hubs/chat")}${separator}api-version=2024-12-01`;
  return callRest(emulator, { method, path: full, headers, body });
};

test.each(table)("%s %s %j %j is answered as on record", async (...row) => {
  const [method, path, headers, body, recorded] = row;
  const emulator = await scene.emulator();
  const alice = await scene.connectJson(emulator, { userId: "alice", groups: ["g"] });
  const resolved = path.replace("CONN", alice.connectionId);
  const answer = await call(emulator, method, resolved, headers, body);
  expect(answer.status).toBe(recorded.status);
  for (const [name, value] of Object.entries(recorded.headers)) {
    expect([name, answer.headers[name]]).toEqual([name, value]);
  }
  const listed = `{"connectionId":"${alice.connectionId}","userId":"alice"}`;
  if (recorded.body !== undefined) expect(answer.body).toBe(recorded.body.replace("ALICE", listed));
});

test.each(["HEAD", "GET"])("%s /api/health needs neither token nor version", async (method) => {
  const emulator = await scene.emulator();
  const answer = await callRest(emulator, { method, path: "/api/health", token: null });
  expect(answer).toMatchObject({ status: 200, body: "" });
  expect(answer.headers).not.toHaveProperty("api-supported-versions");
});

test.each<[string, Partial<RestRequest>, number]>([
  ["without a token", { token: null }, 401],
  ["with a token for elsewhere", { path: "/elsewhere" }, 401],
  ["by the wrong method", { method: "PATCH" }, 405],
  ["of a type that is not supported", { headers: { "Content-Type": "text/html" } }, 415],
  ["in an unknown charset", { headers: { "Content-Type": "text/plain; charset=x" } }, 415],
])(
  "a call %s is answered with the supported versions",
  async (_what, { path: door, ...wrong }, status) => {
    const emulator = await scene.emulator();
    const path = "/api/hubs/chat/:send?api-version=2024-12-01";
    const token = door ? restToken(emulator, door) : undefined;
    const answer = await callRest(emulator, { method: "POST", path, body: "x", token, ...wrong });
    expect(answer).toMatchObject({ status, body: "" });
    expect(answer.headers["api-supported-versions"]).toBe(supportedVersions);
  },
);

test("a closed connection does not exist any more", async () => {
  const emulator = await scene.emulator();
  const { connectionId } = await scene.connectJson(emulator);
  await call(emulator, "DELETE", `~/connections/${connectionId}`);
  expect((await call(emulator, "HEAD", `~/connections/${connectionId}`)).status).toBe(404);
});

test.each([
  ["a space", "a%20b", "a b", 200],
  ["a plus", "a+b", "a+b", 200],
  ["an umlaut", "%C3%BC", "ü", 200],
  ["an encoded slash", "tenant%2Falice", "tenant%2Falice", 200],
  ["an encoded slash, which is not decoded", "tenant%2Falice", "tenant/alice", 404],
])("a user id in a path with %s", async (_what, segment, userId, status) => {
  const emulator = await scene.emulator();
  await scene.connectJson(emulator, { userId });
  expect((await call(emulator, "HEAD", `~/users/${segment}`)).status).toBe(status);
});

test.each(["joinLeaveGroup", "sendToGroup"])("HEAD %s is 200 once granted", async (permission) => {
  const emulator = await scene.emulator();
  const { connectionId } = await scene.connectJson(emulator);
  const path = `~/permissions/${permission}/connections/${connectionId}?targetName=g`;
  expect((await call(emulator, "HEAD", path)).status).toBe(404);
  await call(emulator, "PUT", path);
  const answer = await call(emulator, "HEAD", path);
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ ...versions, "content-length": "0" });
});

test.each(["MQTT", "Default"])("a token for a client of type %s is generated", async (type) => {
  const emulator = await scene.emulator();
  const path = `~/:generateToken?userId=u&role=r&group=g&minutesToExpire=5&clientType=${type}`;
  const answer = await call(emulator, "POST", path);
  expect(answer.status).toBe(200);
  expect(answer.headers).toMatchObject({ ...versions, "content-type": json });
  expect(answer.body).toMatch(/^\{"token":"[\w-]+\.[\w-]+\.[\w-]+"\}$/);
});

describe("the members of a group of six", () => {
  const setUp = async () => {
    const emulator = await scene.emulator();
    for (let index = 0; index < 6; index++) await scene.connectJson(emulator, { groups: ["g"] });
    return emulator;
  };

  test.each([
    ["maxpagesize=2&top=5", [2, 2, 1], ["top=3&maxpagesize=2&", "top=1&maxpagesize=2&"]],
    ["maxpagesize=2", [2, 2, 2], ["maxpagesize=2&", "maxpagesize=2&"]],
  ])("come in the pages on record for %s", async (query, sizes, links) => {
    const emulator = await setUp();
    const base = `${emulator.endpoint}/api/hubs/chat/groups/g/connections`;
    let path = `/api/hubs/chat/groups/g/connections?${query}&api-version=2024-12-01`;
    for (const [index, size] of sizes.entries()) {
      const answer = await callRest(emulator, { method: "GET", path });
      const page = JSON.parse(answer.body);
      expect(Object.keys(page)).toEqual(links[index] ? ["value", "nextLink"] : ["value"]);
      expect(page.value).toEqual(
        Array(size).fill({ connectionId: expect.any(String), userId: null }),
      );
      if (!links[index]) return;
      const token = page.value.at(-1).connectionId;
      expect(page.nextLink).toBe(
        `${base}?${links[index]}continuationToken=${token}&api-version=2024-12-01`,
      );
      path = page.nextLink.slice(emulator.endpoint.length);
    }
  });
});

test.each(supportedVersions.split(", "))("api-version %s is served", async (version) => {
  const emulator = await scene.emulator();
  const path = `/api/hubs/chat/:closeConnections?api-version=${version}`;
  expect((await callRest(emulator, { method: "POST", path })).status).toBe(204);
});
