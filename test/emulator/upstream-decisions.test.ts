import { readConnectAnswer, readUserEventAnswer } from "../../src/emulator/upstream/answers.ts";
import { eventHeaders, signConnection } from "../../src/emulator/upstream/event-headers.ts";
import { eventUrl, selectHandler } from "../../src/emulator/upstream/select-handler.ts";
import { nextVerdict } from "../../src/emulator/upstream/validation.ts";

describe("selectHandler", () => {
  const handler = (userEventPattern: string, systemEvents: ("connect" | "connected")[] = []) => ({
    urlTemplate: `http://a/${userEventPattern}`,
    userEventPattern,
    systemEvents,
  });

  test.each([
    ["*", "anything", true],
    ["*", "a.b", true],
    ["", "a", false],
    ["chat", "chat", true],
    ["chat", "CHAT", true],
    ["chat", "chats", false],
    ["a, b", "b", true],
    ["a,b", "c", false],
    ["chat.*", "chat.x", true],
    ["chat.*", "chat.x.y", false],
    ["chat.**", "chat.x.y", true],
    ["ch?t", "chat", true],
    ["ch?t", "ch.t", false],
    ["a.b", "axb", false],
    ["a-b_c", "a-b_c", true],
    ["(a|b)", "a", false],
  ])("the pattern %j for the event %j: %j", (pattern, name, expected) => {
    const found = selectHandler([handler(pattern)], { kind: "user", name });
    expect(found !== undefined).toBe(expected);
  });

  test("the first that wants the event gets it", () => {
    const [first, second] = [handler("a", ["connected"]), handler("*", ["connect", "connected"])];
    const select = (kind: "system" | "user", name: string) =>
      selectHandler([first, second], { kind, name } as never);
    expect(select("user", "a")).toBe(first);
    expect(select("user", "b")).toBe(second);
    expect(select("system", "connect")).toBe(second);
    expect(select("system", "connected")).toBe(first);
    expect(select("system", "disconnected")).toBeUndefined();
  });
});

test("the parameters of a URL are filled in, encoded", () => {
  expect(eventUrl("http://h/{hub}/{event}?e={event}", "a[b]", "x.y")).toBe(
    "http://h/a%5Bb%5D/x.y?e=x.y",
  );
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

  test("carry one digest per key, the primary's first", () => {
    // By openssl: printf c | openssl dgst -sha256 -hmac one
    expect(signConnection("c", ["one", "two"])).toBe(
      "sha256=c889cc815c1ad0445a71e6e90d23301e395065cc331824e44245ad97f3a0a036,sha256=c75e0df94a43985d6ffdb5ee0bf4049454edd1a39a579fb662586bbd9dc4d7f1",
    );
  });
});

describe("a connect answer", () => {
  const read = (status: number, body = "") =>
    readConnectAnswer({ status, headers: {}, body: Buffer.from(body) });

  test.each([
    [204, "", {}],
    [200, "", {}],
    [200, "null", {}],
    [200, "{}", {}],
    [200, '{"userId":null,"other":1}', {}],
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
    [503, "", 500],
    [302, "", 500],
    [200, "{", 500],
    [200, "[]", 500],
    [200, '"yes"', 500],
    [200, '{"userId":1}', 500],
    [200, '{"groups":"g"}', 500],
    [200, '{"groups":[""]}', 500],
    [200, '{"userId":"a\\nb"}', 500],
  ])("%d %s refuses with %d", (status, body, expected) => {
    expect(read(status, body)).toEqual({ kind: "refused", status: expected });
  });
});

describe("a user event answer", () => {
  const read = (status: number, type: string | undefined, body: string) =>
    readUserEventAnswer({ status, headers: { "content-type": type }, body: Buffer.from(body) });

  test.each([
    [204, undefined, "", undefined],
    [200, "text/plain", "", undefined],
    [200, "text/plain; charset=utf-8", "hé", { dataType: "text", text: "hé" }],
    [200, "Application/JSON", "[1]", { dataType: "json", json: "[1]" }],
    [200, "application/octet-stream", "x", { dataType: "binary", bytes: Buffer.from("x") }],
    [200, undefined, "x", { dataType: "text", text: "x" }],
  ])("%d %s %j is a reply", (status, type, body, reply) => {
    expect(read(status, type, body)).toEqual({ kind: "handled", reply });
  });

  test.each([
    [500, "text/plain", "x"],
    [404, undefined, ""],
    [302, undefined, ""],
    [200, "text/html", "x"],
    [200, "application/json", "{"],
  ])("%d %s %j is a failure", (status, type, body) => {
    expect(read(status, type, body)).toEqual({ kind: "failed" });
  });
});

test("a validation holds for a minute, and failures back off up to a minute", () => {
  let verdict = nextVerdict(undefined, true, 0);
  expect(verdict).toEqual({ isAllowed: true, checkAgainAt: 60_000, backOffInMs: 0 });
  const waits = Array.from({ length: 8 }, () => {
    verdict = nextVerdict(verdict, false, 0);
    return verdict.checkAgainAt;
  });
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(nextVerdict(nextVerdict(verdict, true, 0), false, 0).checkAgainAt).toBe(1000);
});
