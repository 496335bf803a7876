import {
  type BroadcastOptions,
  type CallOptions,
  type ClientAccessTokenOptions,
  type CloseOptions,
  type CommandOptions,
  isResilientPubSubError,
  type ListOptions,
  type PermissionOptions,
  type ResilientPubSub,
  resilientPubSub,
  type SendToConnectionOptions,
  type SendToUserOptions,
} from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterFile } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { evidenceOf } from "../support/evidence.ts";
import { connectClient } from "../support/official-client.ts";
import { startPlugin } from "../support/raw-service.ts";
import { until } from "../support/until.ts";
import { type Anything, first, operations } from "./support/every-operation.ts";

/** Rejected with, or thrown, by an operation. */
interface Failure {
  readonly code?: string;
  readonly message: string;
}

/** Two regions for all tests, since no test changes anything; and how often they were called. */
let east: Emulator;
let west: Emulator;
let pubsub: ResilientPubSub;
let calls = 0;

beforeAll(async () => {
  const onActivity = ({ kind }: { kind: string }): void => {
    if (kind === "restCall") calls += 1;
  };
  east = closeAfterFile(await startEmulator({ onActivity }));
  west = closeAfterFile(await startEmulator({ onActivity }));
  pubsub = resilientPubSub({
    hub: "chat",
    endpoints: [
      { name: "east", role: "primary", connectionString: east.connectionString },
      { name: "west", role: "secondary", connectionString: west.connectionString },
    ],
    negotiate: { allowAnonymous: true },
    health: { schedule: false },
  });
  closeAfterFile(pubsub);
  await pubsub.ready();
});

/** How the operation fails, which must not be by throwing, nor after asking anybody. */
async function failureOf(run: () => unknown): Promise<Failure> {
  const before = calls;
  const promise = run();
  expect(promise).toBeInstanceOf(Promise);
  const failure = await (promise as Promise<unknown>).then(
    (value) => Promise.reject(new Error(`It resolved: ${JSON.stringify(value)}`)),
    (error) => error,
  );
  expect(calls).toBe(before);
  return failure;
}

function expectInvalidArgument(failure: Failure, message: string): void {
  expect(failure).toBeInstanceOf(TypeError);
  expect(failure).toMatchObject({ code: "ERR_INVALID_ARGUMENT" });
  expect(isResilientPubSubError(failure)).toBe(true);
  expect(failure.message).toContain(message);
}

const badNames: [string, unknown, string][] = [
  ["nothing", undefined, "got undefined"],
  ["null", null, "got null"],
  ["a number", 7, "got 7"],
  ["an object", { id: "x" }, "got an object"],
  ["an array", ["x"], "got an array of 1"],
  ["an empty text", "", 'got ""'],
  ["blanks", " \t\n", "got "],
  // In the path of a URL these are the place itself and the one above: everybody, instead of one.
  ["a dot", ".", 'got "."'],
  ["two dots", "..", 'got ".."'],
  ["half a character", "\ud83d", "got "],
];

describe.each(operations.filter(([, { about }]) => about))("%s takes no", (_, operation) => {
  const { about = "", run } = operation;
  it.each(badNames)(`${about} that is %s`, async (_, value, got) => {
    const failure = await failureOf(() => run(pubsub, value, undefined));
    expectInvalidArgument(failure, `${about}: ${got}`);
    expect(failure.message).toMatch(/; give (the id of a (user|connection|group)|a group name)/);
  });
});

describe.each(operations.filter(([, { about }]) => about))("%s takes", (_, { about = "", run }) => {
  it(`${about} of up to 1024 characters, and quotes no longer one whole`, async () => {
    const secret = `x y ${"z ".repeat(50_000)}`;
    const failure = await failureOf(() => run(pubsub, secret, undefined));
    expectInvalidArgument(failure, `${about}: got "x y z z`);
    expect(failure.message).toContain("1024 characters");
    expect(failure.message.length).toBeLessThan(300);
  });
});

it("no more than 1024 characters make the name of a group", async () => {
  const failure = await failureOf(() => pubsub.groupExists("x ".repeat(513)));
  expectInvalidArgument(failure, "give a group name of 1 to 1024 characters");
  await expect(pubsub.groupExists("x ".repeat(512))).resolves.toBe(false);
});

it.each([...badNames, ["too long", "x ".repeat(513), 'got "x x x']])(
  "group() throws for a name that is %s",
  (_, value, got) => {
    let failure: Anything;
    try {
      pubsub.group(value as string);
    } catch (error) {
      failure = error;
    }
    expectInvalidArgument(failure, `groupName: ${got}`);
  },
);

it.each(["...", "a/../b", "..%2f", "%2e%2e", "a?b", "#", "\\..", "ü", "🙂", " x "])(
  "%j is as good an id as any, and means nobody else",
  async (id) => {
    const { client, received } = await connectClient(
      (await pubsub.getClientAccessToken({ userId: "ada" })).url,
    );
    await pubsub.sendToUser(id, "for another");
    await pubsub.sendToConnection(id, "for another");
    await pubsub.group(id).sendToAll("for another");
    await pubsub.closeUserConnections(id);
    await pubsub.group(id).closeAllConnections();
    await pubsub.broadcast("for all");
    await until(() => received.length > 0);
    expect(received).toEqual(["for all"]);
    client.stop();
  },
);

const badOptions: [string, Anything, string][] = [
  ["null", null, "options: got null; give an object"],
  ["a number", 5000, "options: got 5000; give an object"],
  ["a text", "5s", 'options: got "5s"; give an object'],
  ["a function", () => {}, "options: got a function; give an object"],
  ["a deadline of no time", { timeoutInMs: 0 }, "timeoutInMs: got 0; give a whole number of mill"],
  ["a deadline that is a fraction", { timeoutInMs: 0.5 }, "timeoutInMs: got 0.5"],
  ["a deadline in words", { timeoutInMs: "5s" }, 'timeoutInMs: got "5s"'],
  ["a deadline of null", { timeoutInMs: null }, "timeoutInMs: got null"],
  ["a deadline that no timer can keep", { timeoutInMs: 2 ** 31 }, "timeoutInMs: got 2147483648"],
  ["a deadline that is no number", { timeoutInMs: Number.NaN }, "timeoutInMs: got NaN"],
  ["no deadline", { timeoutInMs: Infinity }, "timeoutInMs: got Infinity"],
  [
    "an AbortController",
    { abortSignal: new AbortController() },
    "abortSignal: got an object; give an AbortSignal",
  ],
  ["null for a signal", { abortSignal: null }, "abortSignal: got null; give an AbortSignal"],
];

const badCommonOptions: [string, Anything, string][] = [
  ["a share of the time below 1 ms", { endpointTimeoutInMs: -1 }, "endpointTimeoutInMs: got -1"],
  ["a share of the time in words", { endpointTimeoutInMs: "1" }, 'endpointTimeoutInMs: got "1"'],
];

describe.each(operations)("%s takes no options such as", (name, { run }) => {
  const isToken = name === "getClientAccessToken";
  it.each(isToken ? badOptions : [...badOptions, ...badCommonOptions])(
    "%s",
    async (_, options, message) => {
      expectInvalidArgument(await failureOf(() => run(pubsub, "x", options)), message);
    },
  );
});

describe("an option that an operation does not have is refused by its name:", () => {
  it.each(operations)("%s", async (_, { run }) => {
    const failure = await failureOf(() => run(pubsub, "x", { timeoutInMs: 1000, timeOutInMs: 9 }));
    expectInvalidArgument(failure, "timeOutInMs: unknown option; the options here are abortSignal");
  });

  it.each<[string, Anything, string]>([
    ["getClientAccessToken", { require: "all" }, "require"],
    ["getClientAccessToken", { filter: "userId eq 'ada'" }, "filter"],
    ["getClientAccessToken", { endpointTimeoutInMs: 100 }, "endpointTimeoutInMs"],
    ["getClientAccessToken", { userid: "ada" }, "userid"],
    ["userExists", { require: "all" }, "require"],
    ["connectionExists", { require: "any" }, "require"],
    ["hasPermission", { reason: "x" }, "reason"],
    ["sendToConnection", { filter: "userId eq 'ada'" }, "filter"],
    ["sendToUser", { excludedConnections: ["x"] }, "excludedConnections"],
    ["broadcast", { reason: "x" }, "reason"],
    ["closeConnection", { excludedConnections: ["x"] }, "excludedConnections"],
    ["addConnectionsToGroups", { targetName: "g" }, "targetName"],
    ["group.addUser", { filter: "" }, "filter"],
    ["group.listConnections", { continuationToken: "x" }, "continuationToken"],
    ["group.listConnections", { require: undefined }, "require"],
    ["sendToAll", { ["x".repeat(30)]: 1 }, "***"],
    ["sendToAll", { "a\u001b[2J": 1 }, "a\\u{1b}[2J"],
  ])("%s with %j", async (name, options, named) => {
    const operation = operations.find(([one]) => one === name)?.[1];
    const failure = await failureOf(() => operation?.run(pubsub, "x", options));
    expectInvalidArgument(failure, `${named}: unknown option; the options here are abortSignal, `);
  });

  const abortSignal = new AbortController().signal;
  const call: Required<CallOptions> = {
    abortSignal,
    requestOptions: {},
    tracingOptions: {},
    serializerOptions: { xml: {} },
    onResponse: () => {},
    timeoutInMs: 5000,
    endpointTimeoutInMs: 5000,
  };
  const command: Required<CommandOptions> = { ...call, require: "any" };
  const message = { contentType: "application/json", messageTtlSeconds: 1 } as const;
  const broadcast: Required<BroadcastOptions> = {
    ...command,
    ...message,
    filter: "userId eq 'x'",
    excludedConnections: ["x"],
  };
  const { endpointTimeoutInMs: _, ...tokenCall } = call;
  const token: Required<ClientAccessTokenOptions> = {
    ...tokenCall,
    userId: "ada",
    roles: [],
    groups: [],
    expirationTimeInMinutes: 5,
    clientProtocol: "default",
  };
  const user: Required<SendToUserOptions> = { ...command, ...message, filter: "userId eq 'x'" };
  const connection: Required<SendToConnectionOptions> = { ...command, ...message };
  const close: Required<CloseOptions> = { ...command, reason: "x" };
  const permission: Required<PermissionOptions> = { ...command, targetName: "g" };
  const list: Required<ListOptions> = { ...call, top: 1, maxPageSize: 1 };
  it.each<[string, Run]>([
    ["sendToAll", (it) => it.sendToAll("hi", broadcast)],
    ["broadcast", (it) => it.broadcast("hi", broadcast)],
    ["sendToUser", (it) => it.sendToUser("x", "hi", user)],
    ["sendToConnection", (it) => it.sendToConnection("x", "hi", connection)],
    ["userExists", (it) => it.userExists("x", call)],
    ["groupExists", (it) => it.groupExists("x", call)],
    ["connectionExists", (it) => it.connectionExists("x", call)],
    ["closeConnection", (it) => it.closeConnection("x", close)],
    ["closeUserConnections", (it) => it.closeUserConnections("x", close)],
    ["removeUserFromAllGroups", (it) => it.removeUserFromAllGroups("x", close)],
    ["removeConnectionFromAllGroups", (it) => it.removeConnectionFromAllGroups("x", close)],
    ["addConnectionsToGroups", (it) => it.addConnectionsToGroups(["g"], "userId eq 'x'", command)],
    ["revokePermission", (it) => it.revokePermission("x", "sendToGroup", permission)],
    ["hasPermission", (it) => it.hasPermission("x", "sendToGroup", { ...call, targetName: "g" })],
    ["group.sendToAll", (it) => it.group("g").sendToAll("hi", broadcast)],
    ["group.closeAllConnections", (it) => it.group("g").closeAllConnections(close)],
    ["group.removeConnection", (it) => it.group("g").removeConnection("x", command)],
    ["group.listConnections", (it) => first(it.group("g").listConnections(list))],
    ["getClientAccessToken", (it) => it.getClientAccessToken(token)],
  ])("but %s takes all that its type has", async (_name, run) => {
    await expect(run(pubsub)).resolves.toBeDefined();
  });
});

type Run = (it: ResilientPubSub) => unknown;

describe("an argument that cannot be used is named, with what would be right:", () => {
  const messageOptions = (options: Anything): [string, Run][] => [
    ["sendToAll", (it) => it.sendToAll("hi", options)],
    ["sendToUser", (it) => it.sendToUser("ada", "hi", options)],
    ["sendToConnection", (it) => it.sendToConnection("x", "hi", options)],
    ["group.sendToAll", (it) => it.group("g").sendToAll("hi", options)],
  ];
  const each = (message: string, cases: [string, Run][]): [string, string, Run][] =>
    cases.map(([name, run]) => [name, message, run]);
  const permissions = (permission: Anything): [string, Run][] => [
    ["grantPermission", (it) => it.grantPermission("x", permission)],
    ["revokePermission", (it) => it.revokePermission("x", permission)],
    ["hasPermission", (it) => it.hasPermission("x", permission)],
  ];
  const memberships = (groups: Anything, filter: Anything): [string, Run][] => [
    ["addConnectionsToGroups", (it) => it.addConnectionsToGroups(groups, filter)],
    ["removeConnectionsFromGroups", (it) => it.removeConnectionsFromGroups(groups, filter)],
  ];
  const list = (options: Anything): [string, Run][] => [
    ["listConnections", (it) => first(it.group("g").listConnections(options))],
  ];
  const token = (options: Anything): [string, Run][] => [
    ["getClientAccessToken", (it) => it.getClientAccessToken(options)],
  ];
  const noList = "give an array of connection ids";
  it.each<[string, string, Run]>([
    ...each(
      "messageTtlSeconds: got -1; give a whole number from 0 to 300",
      messageOptions({ messageTtlSeconds: -1 }),
    ),
    ...each("messageTtlSeconds: got 301", messageOptions({ messageTtlSeconds: 301 })),
    ...each("messageTtlSeconds: got 1.5", messageOptions({ messageTtlSeconds: 1.5 })),
    ...each('messageTtlSeconds: got "60"', messageOptions({ messageTtlSeconds: "60" })),
    ...each("messageTtlSeconds: got null", messageOptions({ messageTtlSeconds: null })),
    ...each(
      'contentType: got "text/html"; give one of',
      messageOptions({ contentType: "text/html" }),
    ),
    ...each("contentType: got null", messageOptions({ contentType: null })),
    ...each("contentType: got an object", messageOptions({ contentType: {} })),
    ...each("filter: got 7; give an OData filter", messageOptions({ filter: 7 })),
    ...each("filter: got null", messageOptions({ filter: null })),
    ...each("filter: got a function", messageOptions({ filter: () => true })),
    ...each('require: got "every"; give "any" or "all"', messageOptions({ require: "every" })),
    ...each("require: got 2", messageOptions({ require: 2 })),
    ...each(`excludedConnections: got "x"; ${noList}`, [
      ["sendToAll", (it) => it.sendToAll("hi", { excludedConnections: "x" as Anything })],
      ["group", (it) => it.group("g").sendToAll("hi", { excludedConnections: "x" as Anything })],
    ]),
    ...each("excludedConnections: got an array of 2", [
      ["sendToAll", (it) => it.sendToAll("hi", { excludedConnections: ["x", 7] as Anything })],
      ["close", (it) => it.closeAllConnections({ excludedConnections: [""] } as Anything)],
    ]).map(([name, text, run]) => [name, text.replace(" of 2", ""), run] as [string, string, Run]),
    ...each(
      "permission: got undefined; give one of joinLeaveGroup, sendToGroup",
      permissions(undefined),
    ),
    ...each('permission: got "sendtogroup"', permissions("sendtogroup")),
    ...each('permission: got "../../x"', permissions("../../x")),
    ...each("permission: got an array of 1", permissions(["sendToGroup"])),
    ...each('targetName: got ""; give a group name of 1 to 1024 characters', [
      ["grant", (it) => it.grantPermission("x", "sendToGroup", { targetName: "" })],
      ["has", (it) => it.hasPermission("x", "sendToGroup", { targetName: "" })],
    ]),
    ...each("reason: got 7; give a text", [
      ["closeConnection", (it) => it.closeConnection("x", { reason: 7 as Anything })],
      ["closeAllConnections", (it) => it.closeAllConnections({ reason: 7 as Anything })],
      ["of a user", (it) => it.closeUserConnections("x", { reason: 7 as Anything })],
      ["of a group", (it) => it.group("g").closeAllConnections({ reason: 7 as Anything })],
    ]),
    ...each('reason: got "x x ', [
      ["closeConnection", (it) => it.closeConnection("x", { reason: "x ".repeat(513) })],
      ["closeAllConnections", (it) => it.closeAllConnections({ reason: "x ".repeat(513) })],
      ["of a user", (it) => it.closeUserConnections("x", { reason: "x ".repeat(513) })],
      ["of a group", (it) => it.group("g").closeAllConnections({ reason: "x ".repeat(513) })],
    ]),
    ...each('filter: got "a a ', messageOptions({ filter: "a ".repeat(4097) })),
    ...each('filter: got "a a ', memberships(["g"], "a ".repeat(16_385))),
    ...each('excludedConnections: got "x x ', [
      ["sendToAll", (it) => it.sendToAll("hi", { excludedConnections: ["x ".repeat(513)] })],
    ]),
    ...each("excludedConnections: got an array of 1001; give at most 1000 connection ids", [
      ["sendToAll", (it) => it.sendToAll("hi", { excludedConnections: Array(1001).fill("x") })],
    ]),
    ...each(
      "groups: got an array of 0; give an array of at least one group name",
      memberships([], ""),
    ),
    ...each('groups: got "g"; give an array', memberships("g", "")),
    ...each("groups: got undefined", memberships(undefined, "")),
    ...each('groups: got ""; give a group name', memberships(["g", ""], "")),
    ...each("groups: got 7", memberships(["g", 7], "")),
    ...each("groups: got undefined", memberships(new Array(2), "")),
    ...each("filter: got undefined; give an OData filter, as text", memberships(["g"], undefined)),
    ...each("filter: got an object", memberships(["g"], {})),
    ...each("top: got 0; give a whole number from 1 to", list({ top: 0 })),
    ...each("top: got 1.5", list({ top: 1.5 })),
    ...each('top: got "5"', list({ top: "5" })),
    ...each("top: got Infinity", list({ top: Number.POSITIVE_INFINITY })),
    ...each("maxPageSize: got 0; give a whole number from 1 to 200", list({ maxPageSize: 0 })),
    ...each("maxPageSize: got 201", list({ maxPageSize: 201 })),
    ...each("maxPageSize: got null", list({ maxPageSize: null })),
    ...each('userId: got ""; give the id of a user, or leave it out', token({ userId: "" })),
    ...each("userId: got 7", token({ userId: 7 })),
    ...each('userId: got "x x', token({ userId: "x ".repeat(513) })),
    ...each("groups: got ", token({ groups: ["g", "x ".repeat(513)] })),
    ...each("roles: got ", token({ roles: ["x ".repeat(600)] })),
    ...each('roles: got "admin"; give an array of roles', token({ roles: "admin" })),
    ...each("roles: got an array of 1", token({ roles: [7] })),
    ...each('groups: got "g"; give an array of group names', token({ groups: "g" })),
    ...each("groups: got an array of 2", token({ groups: ["g", ""] })),
    ...each("expirationTimeInMinutes: got 0; give a whole", token({ expirationTimeInMinutes: 0 })),
    ...each("expirationTimeInMinutes: got 0.5", token({ expirationTimeInMinutes: 0.5 })),
    ...each('expirationTimeInMinutes: got "60"', token({ expirationTimeInMinutes: "60" })),
    ...each('clientProtocol: got "amqp"; give "default", ', token({ clientProtocol: "amqp" })),
  ])("%s: %s", async (_, message, run) => {
    expectInvalidArgument(await failureOf(() => run(pubsub)), message);
  });
});

it("no message repeats what may be a key or a token", async () => {
  const secret = "AccessKey=c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
  const failure = await failureOf(() => pubsub.broadcast("hi", { require: secret as Anything }));
  expectInvalidArgument(failure, `require: got a string of ${secret.length} characters`);
});

describe("a filter that the service does not understand", () => {
  const filter = "userId eq";
  const members = async (): Promise<unknown[]> => {
    const all: unknown[] = [];
    for await (const one of pubsub.group("g").listConnections()) all.push(one.userId);
    return all.sort();
  };
  it.each<[string, Run]>([
    ["sendToAll", (it) => it.sendToAll("hi", { filter })],
    ["sendToUser", (it) => it.sendToUser("ada", "hi", { filter })],
    ["group.sendToAll", (it) => it.group("g").sendToAll("hi", { filter })],
    ["addConnectionsToGroups", (it) => it.addConnectionsToGroups(["g"], filter)],
    ["removeConnectionsFromGroups", (it) => it.removeConnectionsFromGroups(["g"], filter)],
  ])("is refused by each endpoint, and none of them suffers: %s", async (_, run) => {
    const { received } = await connectClient(
      (await pubsub.getClientAccessToken({ userId: "ada" })).url,
    );
    const { connectionIds, client } = await connectClient(
      (await pubsub.getClientAccessToken({ userId: "bob" })).url,
    );
    await until(() => connectionIds[0]);
    await pubsub.group("g").addUser("bob");
    const health = evidenceOf(pubsub);
    const refusal = expect.objectContaining({ statusCode: 400 });
    for (let times = 0; times < 3; times += 1) {
      await expect(run(pubsub)).rejects.toMatchObject({
        name: "FanOutError",
        code: "ERR_FAN_OUT_FAILED",
        report: {
          delivered: [],
          failed: [
            { endpoint: "east", error: refusal },
            { endpoint: "west", error: refusal },
          ],
          skipped: [],
        },
      });
    }
    expect(evidenceOf(pubsub)).toEqual(health);
    expect(await members()).toEqual(["bob"]);
    expect(received).toEqual([]);
    client.stop();
  });
});

it.each<[string, Record<string, string>]>([
  ["a name that cannot be", { "x bad": "1" }],
  ["a value that cannot be", { "x-bad": "5 €" }],
  ["a length that is not the body's", { "Content-Length": "1" }],
  ["a wish that cannot be met", { Expect: "100-continue" }],
])("a header of the caller's with %s is no endpoint's fault", async (_, customHeaders) => {
  const health = evidenceOf(pubsub);
  for (let times = 0; times < 3; times += 1) {
    const failure = await failureOf(() =>
      pubsub.broadcast("hi", { requestOptions: { customHeaders } }),
    );
    const error = expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" });
    expect(failure).toMatchObject({
      code: "ERR_FAN_OUT_FAILED",
      report: {
        failed: [
          { endpoint: "east", error },
          { endpoint: "west", error },
        ],
      },
    });
  }
  expect(evidenceOf(pubsub)).toEqual(health);
});

describe("after close", () => {
  let closed: ResilientPubSub;

  beforeAll(async () => {
    closed = resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "east", role: "primary", connectionString: east.connectionString }],
      negotiate: { allowAnonymous: true },
      health: { schedule: false },
    });
    await closed.ready();
    await closed.close();
  });

  it.each(operations)("%s rejects with ERR_CLOSED", async (_, { run }) => {
    const failure = await failureOf(() => run(closed, "x", undefined));
    expect(failure).toMatchObject({ name: "ResilientPubSubError", code: "ERR_CLOSED" });
    expect(isResilientPubSubError(failure)).toBe(true);
  });
});

it("a list that is closed in the middle rejects with ERR_CLOSED, and so does what follows", async () => {
  const other = await startPlugin({ east });
  for (const userId of ["ada", "bob", "eve"]) {
    await connectClient((await other.getClientAccessToken({ userId, groups: ["crowd"] })).url);
  }
  const list = other.group("crowd").listConnections({ maxPageSize: 1 });
  expect((await list.next()).done).toBe(false);
  await other.close();
  const rest = async (): Promise<void> => {
    for await (const _ of list);
  };
  await expect(rest()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  expect(await list.next()).toEqual({ done: true, value: undefined });
});
