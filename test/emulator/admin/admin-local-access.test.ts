import { findAccessProblem } from "../../../src/emulator/admin/local-access.ts";

const fine = {
  remoteAddress: "127.0.0.1",
  headers: { host: "127.0.0.1:8080" } as Record<string, string>,
  url: "/_emulator",
};

const withHeaders = (headers: Record<string, string>) => ({
  ...fine,
  headers: { ...fine.headers, ...headers },
});

describe("local callers", () => {
  test.each([
    ["a program on this machine", fine],
    ["one from elsewhere on the loopback network", { ...fine, remoteAddress: "127.8.9.10" }],
    ["one that comes by IPv6", { ...fine, remoteAddress: "::1" }],
    ["one that comes by IPv4 in IPv6", { ...fine, remoteAddress: "::ffff:127.0.0.1" }],
    ["one that says localhost", withHeaders({ host: "localhost:1" })],
    ["one that shouts it, without a port", withHeaders({ host: "LOCALHOST" })],
    ["one that says the IPv6 loopback", withHeaders({ host: "[::1]:8080" })],
    ["a page of this machine", withHeaders({ origin: "http://localhost:3000" })],
    ["a page of this machine by https", withHeaders({ origin: "https://127.0.0.1" })],
    ["any query but a token", { ...fine, url: "/_emulator?a=access_token" }],
  ])("%s", (_who, visitor) => {
    expect(findAccessProblem(visitor)).toBeUndefined();
  });
});

describe("callers from elsewhere", () => {
  test.each([
    ["a neighbour", { ...fine, remoteAddress: "192.168.1.7" }],
    ["a neighbour by IPv6", { ...fine, remoteAddress: "fe80::1" }],
    ["a neighbour by IPv4 in IPv6", { ...fine, remoteAddress: "::ffff:10.0.0.1" }],
    ["one whose number only looks near", { ...fine, remoteAddress: "127.evil" }],
    ["one who has gone", { ...fine, remoteAddress: undefined }],
    ["a name that was bent to this machine", withHeaders({ host: "evil.example:8080" })],
    ["a name that begins like ours", withHeaders({ host: "localhost.evil.example" })],
    ["a name that begins like our number", withHeaders({ host: "127.0.0.1.evil.example" })],
    ["a name with a user before it", withHeaders({ host: "localhost@evil.example" })],
    ["an empty name", withHeaders({ host: "" })],
    ["no name", { ...fine, headers: {} }],
    ["the address of everybody", withHeaders({ host: "0.0.0.0:8080" })],
    ["a page of another site", withHeaders({ origin: "https://evil.example" })],
    ["a page that begins like ours", withHeaders({ origin: "http://localhost.evil.example" })],
    ["a page that hides where it is from", withHeaders({ origin: "null" })],
    ["a page of another scheme", withHeaders({ origin: "file://localhost" })],
    ["a proxy of the standard", withHeaders({ forwarded: "for=10.0.0.1" })],
    ["a proxy of the old kind", withHeaders({ "x-forwarded-for": "127.0.0.1" })],
    ["a proxy that tells only the host", withHeaders({ "x-forwarded-host": "localhost" })],
    ["a proxy that tells its own name", withHeaders({ via: "1.1 proxy" })],
    ["nginx", withHeaders({ "x-real-ip": "127.0.0.1" })],
    ["a REST caller", withHeaders({ authorization: "Bearer token" })],
    ["anybody with credentials", withHeaders({ authorization: "Basic eA==" })],
    ["a client", { ...fine, url: "/_emulator?access_token=token" }],
    ["a client in disguise", { ...fine, url: "/_emulator?a=b&ACCESS%5Ftoken=" }],
  ])("%s", (_who, visitor) => {
    expect(findAccessProblem(visitor)).toEqual(expect.any(String));
  });
});
