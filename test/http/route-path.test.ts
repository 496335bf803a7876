import { isAt, isUnder, toRoutePath } from "../../src/http/route-path.ts";

describe("a request is at a route", () => {
  it.each<[string, string, boolean]>([
    ["/negotiate", "/negotiate", true],
    ["/Negotiate", "/negotiate", true],
    ["/negotiate/", "/negotiate", true],
    ["/caf\u00e9", "/caf%c3%a9", true],
    ["/a,b", "/a%2cb", true],
    ["/negotiate", "/negotiate/place", false],
    ["/negotiate", "/negotiated", false],
    ["/negotiate", "/%6eegotiate", false],
  ])("%s when its path is %s: %p", (route, path, expected) => {
    expect(isAt(toRoutePath(route), path)).toBe(expected);
  });
});

describe("a request is at a route or below it", () => {
  it.each<[string, string, boolean]>([
    ["/api/hubs/chat/", "/api/hubs/chat", true],
    ["/api/hubs/chat/", "/api/hubs/chat/connected", true],
    ["/api/hubs/chat", "/api/hubs/chats", false],
    ["/api/hubs/chat", "/api/hubs", false],
  ])("%s when its path is %s: %p", (route, path, expected) => {
    expect(isUnder(toRoutePath(route), path)).toBe(expected);
  });
});
