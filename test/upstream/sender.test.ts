import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { fetchAnswer } from "../support/regions.ts";
import { accessKeyOf, digest } from "../support/upstream-request.ts";
import { PATH, setUp } from "./support/upstream-regions.ts";

describe("the sender is known by", () => {
  it.each([
    ["the first digest", (key: string) => `sha256=${key},sha256=${"0".repeat(64)}`],
    ["the second digest", (key: string) => `sha256=${"0".repeat(64)},sha256=${key}`],
    ["a digest in capitals", (key: string) => `sha256=${key.toUpperCase()}`],
    ["a digest after white space", (key: string) => `sha256=${"0".repeat(64)}, sha256=${key}`],
  ])("%s", async (_, header) => {
    const { post, eastus } = await setUp();
    const signature = header(digest(accessKeyOf(eastus), "connection-1"));
    expect((await post({ headers: { "ce-signature": signature } })).status).toBe(200);
  });

  it("the key of the sending endpoint only, not that of another one", async () => {
    const { post, eastus, westus } = await setUp();
    const signature = `sha256=${digest(accessKeyOf(westus), "connection-1")}`;
    expect((await post({ headers: { "ce-signature": signature } }, eastus)).status).toBe(401);
    expect((await post({}, westus)).status).toBe(200);
  });

  it("upstream.authorize in place of a signature", async () => {
    const { post, errors } = await setUp({
      authorize: async (req) => {
        if (req.get("authorization") === "boom") throw new Error("boom");
        return req.get("authorization") === "Bearer good";
      },
    });
    const statusWith = async (authorization: string) =>
      (await post({ headers: { authorization, "ce-signature": null } })).status;
    expect(await statusWith("Bearer good")).toBe(200);
    expect(await statusWith("Bearer bad")).toBe(401);
    expect(await statusWith("boom")).toBe(500);
    expect(errors).toEqual([{ handler: "upstream.authorize", error: expect.any(Error) }]);
  });

  it.each<[string, unknown]>([
    ["an object", { ok: false }],
    ["text", "no"],
    ["a number", 1],
    ["nothing", undefined],
    ["null", null],
  ])("upstream.authorize that answers with %s lets nobody in, and is told", async (_, answer) => {
    const { post, errors, calls } = await setUp({ authorize: () => answer as boolean });
    expect((await post()).status).toBe(500);
    expect(calls).toEqual([]);
    expect(errors).toEqual([
      {
        handler: "upstream.authorize",
        error: expect.objectContaining({ message: expect.stringContaining("true or false") }),
      },
    ]);
  });

  it("the key of an endpoint that was added at run time, as long as it is there", async () => {
    const { post, pubsub } = await setUp();
    const north = closeAfterTest(await startEmulator());
    const event = () => post({}, north);
    expect((await event()).status).toBe(403);
    pubsub.endpoints.add({
      name: "northus",
      role: "secondary",
      connectionString: north.connectionString,
    });
    expect((await event()).status).toBe(200);
    const signature = `sha256=${digest("another", "connection-1")}`;
    const forged = { headers: { "ce-signature": signature } };
    expect((await post(forged, north)).status).toBe(401);
    await pubsub.endpoints.remove("northus", { fanOutForInMs: 0 });
    expect((await event()).status).toBe(403);
  });

  it.each([
    ["127.0.0.1:9999", "localhost:9999"],
    ["localhost:9999", "127.0.0.1:9999"],
    ["localhost:9999", "[::1]:9999"],
  ])(
    "the allowed origin %s, by its other name %s, as in the handshake",
    async (allowed, origin) => {
      const { post, url } = await setUp({ allowedOrigins: [allowed] });
      const headers = { "WebHook-Request-Origin": origin };
      const handshake = await fetchAnswer(url + PATH, { method: "OPTIONS", headers });
      expect(handshake.status).toBe(200);
      expect((await post({ headers })).status).toBe(200);
    },
  );

  it("nothing, when verifySignature is false", async () => {
    const { post } = await setUp({ verifySignature: false });
    expect((await post({ headers: { "ce-signature": null } })).status).toBe(200);
  });
});
