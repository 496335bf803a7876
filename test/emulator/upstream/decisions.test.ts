import type { EventHandlerSettings } from "../../../src/emulator/options/hub-schema.ts";
import { readConnectAnswer, readUserEventAnswer } from "../../../src/emulator/upstream/answers.ts";
import { eventHeaders, signConnection } from "../../../src/emulator/upstream/event-headers.ts";
import { matchesUserEvent } from "../../../src/emulator/upstream/event-pattern.ts";
import {
  eventUrl,
  selectHandler,
  type UpstreamEvent,
} from "../../../src/emulator/upstream/select-handler.ts";
import type { Answer } from "../../../src/emulator/upstream/transport.ts";
import { nextValidationResult } from "../../../src/emulator/upstream/validation.ts";

describe("a pattern of user events", () => {
  test.each([
    ["*", "anything", true],
    ["*", "a.b", true],
    [" * ", "a.b", true],
    ["", "a", false],
    [",", "a", false],
    ["chat", "chat", true],
    ["chat", "CHAT", true],
    ["Chat", "chat", true],
    ["chat", "chats", false],
    ["chat", "cha", false],
    ["a, b", "b", true],
    ["a,b", "c", false],
    ["a,*", "b.c", true],
    ["chat.*", "chat.x", true],
    ["chat.*", "chat.", true],
    ["chat.*", "chat.x.y", false],
    ["chat.**", "chat.x.y", true],
    ["**", "chat.x", true],
    ["**.x", "chat.y.x", true],
    ["c*t", "chat", true],
    ["c*t", "ct", true],
    ["c*t", "c.t", false],
    ["*.*", "a.b", true],
    ["*.*", "a", false],
    ["ch?t", "chat", true],
    ["ch?t", "cht", false],
    ["ch?t", "ch.t", false],
    ["a.b", "axb", false],
    ["a-b_c", "a-b_c", true],
    ["(a|b)", "a", false],
    ["[a-z]", "a", false],
    ["\\d", "1", false],
  ])("%j for the event %j: %j", (pattern, name, expected) => {
    expect(matchesUserEvent(pattern, name)).toBe(expected);
  });

  test("never takes long, whatever the pattern and the name", () => {
    expect(matchesUserEvent(`${"*a".repeat(300)}b`, "a".repeat(128))).toBe(false);
    expect(matchesUserEvent(`${"**a".repeat(100)}**`, "a".repeat(128))).toBe(true);
  });
});

describe("selectHandler", () => {
  const handler = (settings: object): EventHandlerSettings => ({
    urlTemplate: "http://a/",
    systemEvents: [],
    groupEvents: [],
    userEventPattern: "",
    auth: { type: "none" },
    ...settings,
  });
  const [first, second] = [
    handler({ userEventPattern: "a", systemEvents: ["connected"] }),
    handler({
      userEventPattern: "*",
      systemEvents: ["connect", "connected"],
      groupEvents: ["joined"],
    }),
  ];

  test.each<[UpstreamEvent, EventHandlerSettings | undefined]>([
    [{ kind: "user", name: "a" }, first],
    [{ kind: "user", name: "b" }, second],
    [{ kind: "user", name: "connect" }, second],
    [{ kind: "system", name: "connected" }, first],
    [{ kind: "system", name: "connect" }, second],
    [{ kind: "system", name: "disconnected" }, undefined],
    [{ kind: "group", name: "joined" }, second],
    [{ kind: "group", name: "left" }, undefined],
  ])("gives %j to the first that wants it", (event, expected) => {
    expect(selectHandler([first, second], event)).toBe(expected);
  });
});

test.each([
  ["http://h/{hub}/{event}?e={event}", "http://h/a%5Bb%5D/x.y?e=x.y"],
  ["http://h/{Hub}/{EVENT}", "http://h/a%5Bb%5D/x.y"],
  ["http://h/api?code=s3", "http://h/api?code=s3"],
])("the parameters of %s are filled in, encoded", (template, expected) => {
  expect(eventUrl(template, "a[b]", "x.y")).toBe(expected);
});

describe("eventHeaders", () => {
  const subject = { hub: "chat", connectionId: "c", userId: null };
  const unset = { subprotocol: undefined, connectionState: undefined };
  const stamp = { origin: "h:1", signature: "s", id: 3, time: new Date(1_700_000_000_123) };

  test("name the service, the event and the connection", () => {
    const event = { kind: "system", name: "connected" } as const;
    expect(eventHeaders(event, { ...subject, ...unset }, stamp)).toEqual({
      "WebHook-Request-Origin": "h:1",
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
      "ce-type": "azure.webpubsub.sys.connected",
      "ce-source": "/hubs/chat/client/c",
      "ce-id": "3",
      "ce-time": "2023-11-14T22:13:20Z",
      "ce-signature": "s",
      "ce-connectionId": "c",
      "ce-hub": "chat",
      "ce-eventName": "connected",
    });
  });

  test("tell user, subprotocol and state where there are any, in UTF-8", () => {
    const event = { kind: "user", name: "e" } as const;
    const more = { userId: "ü", subprotocol: "p", connectionState: "st" };
    expect(eventHeaders(event, { ...subject, ...more }, stamp)).toMatchObject({
      "ce-type": "azure.webpubsub.user.e",
      "ce-userId": Buffer.from("ü").toString("latin1"),
      "ce-subprotocol": "p",
      "ce-connectionState": "st",
    });
  });

  test.each([
    [{ kind: "system", name: "connect" }, "azure.webpubsub.sys.connect"],
    [{ kind: "group", name: "left" }, "azure.webpubsub.gp.left"],
    [{ kind: "user", name: "connect" }, "azure.webpubsub.user.connect"],
  ] as const)("tell the kind of %j", (event, type) => {
    expect(eventHeaders(event, { ...subject, ...unset }, stamp)).toMatchObject({
      "ce-type": type,
      "ce-eventName": event.name,
    });
  });

  test("leave an empty state out", () => {
    const event = { kind: "user", name: "e" } as const;
    const headers = eventHeaders(event, { ...subject, ...unset, connectionState: "" }, stamp);
    expect(headers).not.toHaveProperty("ce-connectionState");
  });

  test("carry one digest per key, the primary's first", () => {
    // By openssl: printf c | openssl dgst -sha256 -hmac one
    expect(signConnection("c", ["one", "two"])).toBe(
      "sha256=c889cc815c1ad0445a71e6e90d23301e395065cc331824e44245ad97f3a0a036,sha256=c75e0df94a43985d6ffdb5ee0bf4049454edd1a39a579fb662586bbd9dc4d7f1",
    );
  });
});

const answerOf = (
  status: number,
  headers: Record<string, string | undefined>,
  body: Buffer,
  headersDistinct: Answer["headersDistinct"] = {},
): Answer => ({ status, headers, headersDistinct, body });

describe("a connect answer", () => {
  const read = (status: number, body = "") =>
    readConnectAnswer(answerOf(status, {}, Buffer.from(body)));

  test.each([
    [204, "", {}],
    [200, "", {}],
    [200, "null", {}],
    [200, "{}", {}],
    [200, '{"userId":null,"other":1}', {}],
    // E: it is empty then, and not the token's.
    [200, '{"userId":""}', { userId: "" }],
    [
      200,
      '{"userId":"u","groups":["g"],"roles":[],"subprotocol":"p"}',
      { userId: "u", groups: ["g"], roles: [], subprotocol: "p" },
    ],
  ])("%d %s accepts", (status, body, decision) => {
    expect(read(status, body)).toEqual({ kind: "accepted", decision });
  });

  test.each([
    [401, "no", 401],
    [400, "", 400],
    [429, "", 429],
    [500, "", 500],
    // E: a status that says no is passed on, of 500 and above as well.
    [503, "", 503],
    [599, "", 599],
    [999, "", 500],
    [302, "", 500],
    [200, "{", 500],
    [200, "[]", 500],
    [200, '"yes"', 500],
    [200, '{"userId":1}', 500],
    [200, '{"groups":"g"}', 500],
    [200, '{"groups":[""]}', 500],
    [200, '{"subprotocol":""}', 500],
    [200, '{"subprotocol":" "}', 500],
    [200, '{"roles":"r"}', 500],
    [301, "{}", 500],
    [200, '{"userId":"a\\nb"}', 500],
  ])("%d %s refuses with %d", (status, body, expected) => {
    const outcome = { kind: "refused", status: expected, reason: expect.any(String) };
    expect(read(status, body)).toEqual(outcome);
  });

  test.each([
    [401, "no", "The app server answered 401 to connect."],
    [302, "", "The app server answered 302 to connect."],
    [200, "{", "The app server's answer to connect is not JSON."],
    [200, "[]", "The app server's answer to connect is not a JSON object."],
    [200, '{"roles":1}', "The app server's answer to connect has no valid roles."],
    [200, '{"groups":["a",""]}', "The app server's answer to connect has no valid groups."],
  ])("%d %s says why it refuses", (status, body, reason) => {
    expect(read(status, body)).toMatchObject({ reason });
  });
});

describe("a user event answer", () => {
  const read = (
    status: number,
    type: string | undefined,
    body: string,
    more?: Answer["headersDistinct"],
  ) => readUserEventAnswer(answerOf(status, { "content-type": type }, Buffer.from(body), more));
  const bytes = Buffer.from("x");

  test.each([
    [204, undefined, "", undefined],
    [200, undefined, "", undefined],
    [200, "text/plain", "", undefined],
    [200, "application/octet-stream", "", undefined],
    [200, "text/plain; charset=utf-8", "hé", { dataType: "text", text: "hé" }],
    [201, "TEXT/PLAIN;charset=us-ascii", "a", { dataType: "text", text: "a" }],
    [200, "Application/JSON", "[1]", { dataType: "json", json: "[1]" }],
    [200, "application/json; charset=utf-8", ' {"a": 1}', { dataType: "json", json: ' {"a": 1}' }],
    [200, "application/octet-stream", "x", { dataType: "binary", bytes }],
    [200, "application/x-protobuf", "x", { dataType: "protobuf", bytes }],
    // E
    [200, undefined, "x", { dataType: "binary", bytes }],
    [200, "", "x", { dataType: "binary", bytes }],
  ])("%d %s %j is a reply", (status, type, body, reply) => {
    expect(read(status, type, body)).toEqual({ kind: "handled", reply });
  });

  test.each([
    [500, "text/plain", "x", /answered 500/],
    [404, undefined, "", /answered 404/],
    [302, undefined, "", /answered 302/],
    [200, "text/html", "x", /type/],
    [200, "application/json", "{", /type/],
  ])("%d %s %j is a failure that says why", (status, type, body, message) => {
    expect(read(status, type, body)).toEqual({
      kind: "failed",
      message: expect.stringMatching(message),
    });
  });

  test.each([
    ["text/plain; charset=iso-8859-1", "latin1", { dataType: "text", text: "hé" }],
    ['text/plain; x=1; Charset="UTF-16LE"', "utf16le", { dataType: "text", text: "hé" }],
    ["text/plain; charset=unheard-of", "utf8", { dataType: "text", text: "hé" }],
  ] as const)("in %s is read as such", (type, encoding, reply) => {
    const body = Buffer.from("hé", encoding);
    expect(readUserEventAnswer(answerOf(200, { "content-type": type }, body))).toEqual({
      kind: "handled",
      reply,
    });
  });

  test("may have metadata, of which the last value counts", () => {
    const headers = {
      "x-webpubsub-metadata-trace": ["6", "7"],
      "x-webpubsub-metadata-": ["?"],
      other: ["o"],
    };
    expect(read(200, "text/plain", "x", headers)).toMatchObject({ metadata: { trace: "7" } });
  });

  // E
  test.each([
    [undefined, { dataType: "binary", bytes: Buffer.alloc(0) }],
    ["application/octet-stream", { dataType: "binary", bytes: Buffer.alloc(0) }],
    ["application/json", { dataType: "binary", bytes: Buffer.alloc(0) }],
    ["text/plain", { dataType: "text", text: "" }],
  ])("of metadata only, of the type %s, is an empty message (E)", (type, reply) => {
    const headers = { "x-webpubsub-metadata-trace": ["7"] };
    const expected = { kind: "handled", reply, metadata: { trace: "7" } };
    expect(read(200, type, "", headers)).toEqual(expected);
    expect(read(204, type, "", headers)).toEqual(expected);
  });

  // Row 6 of the differences (E); by whichever way a header is there twice.
  test("may have metadata twice or as a list: the last one counts", () => {
    const headers = { "x-webpubsub-metadata-trace": ["first", "middle,  last "] };
    expect(read(200, "text/plain", "x", headers)).toMatchObject({ metadata: { trace: "last" } });
  });
});

test("a validation holds for its lifetime, and failures back off up to a minute", () => {
  let result = nextValidationResult(undefined, true, 1, 5000);
  expect(result).toEqual({ isAllowed: true, checkAgainAt: 5001, backOffInMs: 0 });
  const waits = Array.from({ length: 8 }, () => {
    result = nextValidationResult(result, false, 0, 5000);
    return result.checkAgainAt;
  });
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  const repaired = nextValidationResult(result, true, 0, 5000);
  expect(nextValidationResult(repaired, false, 0, 5000).checkAgainAt).toBe(1000);
});
