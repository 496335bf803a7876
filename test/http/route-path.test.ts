import {
  exactRoute,
  isSameRoute,
  PATH_PLACEHOLDERS,
  type RoutingRules,
  routePathProblem,
  upstreamRoute,
} from "../../src/http/route-path.ts";

const LOOSE: RoutingRules = { caseSensitive: false, strict: false };
const SENSITIVE: RoutingRules = { caseSensitive: true, strict: false };
const STRICT: RoutingRules = { caseSensitive: false, strict: true };

describe("a request is at a route", () => {
  it.each<[string, string, RoutingRules, boolean]>([
    ["/negotiate", "/negotiate", LOOSE, true],
    ["/negotiate", "/Negotiate", LOOSE, true],
    ["/negotiate", "/negotiate/", LOOSE, true],
    ["/negotiate/", "/negotiate", LOOSE, true],
    ["/", "/", LOOSE, true],
    ["/a.b", "/a.b", LOOSE, true],
    ["/a.b", "/acb", LOOSE, false],
    ["/negotiate", "/negotiate//", LOOSE, false],
    ["/negotiate", "//negotiate", LOOSE, false],
    ["/negotiate", "/negotiate/place", LOOSE, false],
    ["/negotiate", "/negotiated", LOOSE, false],
    ["/negotiate", "/%6eegotiate", LOOSE, false],
    // A sign that only looks like a K, and is one in lower case.
    ["/kiosk", "/\u212aiosk", LOOSE, false],
    ["/negotiate", "/negotiate/", SENSITIVE, true],
    ["/negotiate", "/Negotiate", SENSITIVE, false],
    ["/negotiate", "/Negotiate", STRICT, true],
    ["/negotiate", "/negotiate/", STRICT, false],
    ["/negotiate/", "/negotiate/", STRICT, true],
    ["/negotiate/", "/negotiate", STRICT, false],
  ])("%s when its path is %s by the rules %j: %p", (route, path, rules, expected) => {
    expect(exactRoute(route).isAt(path, rules)).toBe(expected);
  });
});

describe("a request is at a path of event handlers", () => {
  it.each<[string, string, RoutingRules, boolean]>([
    ["/api/hubs/chat/", "/api/hubs/chat", LOOSE, true],
    ["/api/hubs/chat/", "/api/hubs/chat/connected", LOOSE, true],
    ["/api/hubs/chat/", "/api/hubs/chat", STRICT, true],
    ["/api/hubs/chat", "/api/hubs/chats", LOOSE, false],
    ["/api/hubs/chat", "/api/hubs", LOOSE, false],
    ["/hubs/{hub}/", "/hubs/Chat", SENSITIVE, true],
    ["/hubs/{hub}/", "/hubs/chat", SENSITIVE, true],
    ["/hubs/{hub}/", "/hubs/CHAT", SENSITIVE, false],
    ["/hubs/{hub}/", "/HUBS/CHAT", LOOSE, true],
    ["/hubs/{hub}", "/hubs/news", LOOSE, false],
    ["/hubs/{hub}", "/hubs/%63hat", LOOSE, false],
    ["/{hub}/{event}", "/chat/connect", LOOSE, true],
    ["/{hub}/{event}", "/chat/connect/", LOOSE, true],
    ["/{hub}/{event}", "/chat", LOOSE, false],
    ["/{hub}/{event}", "/chat/connect/more", LOOSE, false],
    ["/on-{event}", "/on-connect", STRICT, true],
    ["/on-{event}", "/on-connect/", STRICT, false],
    ["/", "/", LOOSE, true],
    ["/", "/connect", LOOSE, false],
  ])(
    "%s of the hub Chat when its path is %s by the rules %j: %p",
    (route, path, rules, expected) => {
      expect(upstreamRoute(route, "Chat").isAt(path, rules)).toBe(expected);
    },
  );

  it.each(["/a[b],c`", "/a%5Bb%5D,c%60", "/a%5Bb%5D%2Cc%60"])(
    "whose hub has signs that URLs may encode: %s",
    (path) => {
      expect(upstreamRoute("/{hub}", "a[b],c`").isAt(path, STRICT)).toBe(true);
    },
  );
});

describe("a path that no request is at, or not the ones that are meant, is told from a good one:", () => {
  it.each<[string, string]>([
    ["negotiate", 'give a path that starts with "/"'],
    ["", 'give a path that starts with "/"'],
    ["https://app.example/negotiate", 'give a path that starts with "/"'],
    ["/negotiate?x=1", "give a path only"],
    ["/negotiate?", "give a path only"],
    ["/negotiate#top", "give a path only"],
    ["/n%65gotiate", 'write it without "%"'],
    ["/:tenant/negotiate", "it is no pattern and has no placeholders"],
    ["/*splat", "it is no pattern and has no placeholders"],
    ["/negotiate/{hub}", "it is no pattern and has no placeholders"],
    ["/negotiate{/optional}", "it is no pattern and has no placeholders"],
    ["/(negotiate|connect)", "it is no pattern and has no placeholders"],
    ["/negotiate+", "it is no pattern and has no placeholders"],
    ["/negotiate!", "it is no pattern and has no placeholders"],
    ["/[a-z]", "it is no pattern and has no placeholders"],
    ["/a$", "it is no pattern and has no placeholders"],
    ["/a|b", "it is no pattern and has no placeholders"],
    ["/a^", "it is no pattern and has no placeholders"],
    ['/"a"', "it is no pattern and has no placeholders"],
    ["/a\\b", "it is no pattern and has no placeholders"],
    ["/go to", "it is no pattern and has no placeholders"],
    ["/negotiate ", "it is no pattern and has no placeholders"],
    ["/negotiate\n", "it is no pattern and has no placeholders"],
    ["/caf\u00e9", "it is no pattern and has no placeholders"],
    ["//negotiate", "write one slash, not two"],
    ["/api//negotiate", "write one slash, not two"],
    ["/negotiate//", "write one slash, not two"],
    ["/../negotiate", 'write it without "." and ".."'],
    ["/api/.", 'write it without "." and ".."'],
  ])("%j", (path, problem) => {
    expect(routePathProblem(path)).toContain(problem);
  });

  it.each([
    "/",
    "/negotiate",
    "/negotiate/",
    "/api/v1.0/go-to_it~now",
    "/a,b;c=d@e&f'g",
    "/..a/b..",
  ])("%s is a good one", (path) => expect(routePathProblem(path)).toBeUndefined());

  it.each<[string, string | undefined]>([
    ["/hooks/{hub}/{event}", undefined],
    ["/hooks/{hub}-{event}/", undefined],
    ["/hooks/{hub}/{x}", "{hub} and {event} for what differs"],
    ["/hooks/{Hub}", "{hub} and {event} for what differs"],
    ["/hooks/{hub", "{hub} and {event} for what differs"],
    ["/hooks/:hub", "{hub} and {event} for what differs"],
    ["/hooks/*", "{hub} and {event} for what differs"],
    ["/hooks/{hub}?event={event}", "give a path only"],
  ])("with placeholders, %s", (path, problem) => {
    const found = routePathProblem(path, PATH_PLACEHOLDERS);
    expect(found).toEqual(problem && expect.stringContaining(problem));
  });
});

describe("two routes are one", () => {
  it.each<[string, string, boolean]>([
    ["/api/webpubsub/hubs/Chat", "/api/webpubsub/hubs/{hub}/", true],
    ["/Hooks", "/hooks/", true],
    ["/hooks/negotiate", "/hooks/{event}", true],
    ["/hooks/negotiate", "/hooks/", false],
    ["/negotiate", "/api/webpubsub/hubs/{hub}/", false],
  ])("%s and %s: %p", (path, template, expected) => {
    expect(isSameRoute(path, template, "chat")).toBe(expected);
  });
});
