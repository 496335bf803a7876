import { closingsTap } from "./closings-tap.ts";

const tokenSignedAt = (seconds: number): string =>
  `h.${Buffer.from(JSON.stringify({ iat: seconds })).toString("base64url")}.s`;

const request = (line: string, signedAt = Math.floor(Date.now() / 1000)): Buffer =>
  Buffer.from(
    `${line} HTTP/1.1\r\nhost: any\r\nAuthorization: Bearer ${tokenSignedAt(signedAt)}\r\n\r\n`,
  );

function agesIn(chunk: Buffer): number[] {
  const ages: number[] = [];
  closingsTap((signedInMsAgo) => ages.push(signedInMsAgo))(chunk);
  return ages;
}

it.each([
  ["POST /api/hubs/chat/:closeConnections?reason=moved", 1],
  ["POST /api/hubs/chat/groups/all/:closeConnections", 1],
  ["DELETE /api/hubs/chat/connections/abc", 1],
  ["POST /api/hubs/chat/:send", 0],
  ["HEAD /api/hubs/chat/groups/all", 0],
  ["DELETE /api/hubs/chat/groups/all/connections/abc", 0],
])("the tap on a link takes %s for closings: %i", (line, count) => {
  expect(agesIn(request(line))).toHaveLength(count);
});

it("the tap on a link tells how old a request that closes clients is at least", () => {
  const longAgo = Math.floor(Date.now() / 1000) - 60;
  const [age = 0] = agesIn(request("POST /api/hubs/chat/:closeConnections", longAgo));
  expect(age).toBeGreaterThan(58_000);
  expect(age).toBeLessThan(90_000);
  expect(agesIn(request("POST /api/hubs/chat/:closeConnections"))).toEqual([0]);
});

it("the tap on a link takes a request without a token for new", () => {
  expect(agesIn(Buffer.from("POST /api/hubs/chat/:closeConnections HTTP/1.1\r\n\r\n"))).toEqual([
    0,
  ]);
});
