import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { makeClient } from "./support/make-client.ts";

const secret = "Bearer s3cret-token";

/** What the platform never makes a request of. */
const mistakes: [string, RequestInit][] = [
  ["a header with a line break", { headers: { Authorization: `${secret}\nx` } }],
  ["a header with a name that is none", { headers: { Authorization: secret, "X Bad": "1" } }],
  ["a method that is none", { method: "NO WAY" }],
  ["a GET with a body", { body: secret }],
  ["an unknown mode", { credentials: "always" as never }],
];

describe("a client whose negotiateRequest makes no request stops with an error that quotes nothing:", () => {
  it.each(mistakes)("%s", async (_, negotiateRequest) => {
    for (const given of [negotiateRequest, () => negotiateRequest]) {
      const { client, log, events } = makeClient("http://127.0.0.1:9/negotiate", {
        negotiateRequest: given,
      });
      const error = await client.start().catch((error) => error);
      expect(error).toMatchObject({ code: "ERR_INVALID_OPTIONS", name: "NegotiateError" });
      expect(error.message).toContain("negotiateRequest");
      expect(`${error.message} ${error.cause}`).not.toContain("s3cret");
      expect(events.stopped).toEqual([{ code: "invalid-request", error }]);
      expect(log).not.toContain("connect-failed ERR_INVALID_OPTIONS");
    }
  });
});

describe("a client stops as well when its negotiateRequest is a function that answers", () => {
  it.each<[string, unknown]>([
    ["a text", secret],
    ["headers that are not in an object", new Headers({ Authorization: secret })],
    ["a Request, whose members cannot be copied", new Request("http://east.example/")],
    ["a list", [secret]],
  ])("%s", async (_, answer) => {
    const negotiateRequest = () => answer as RequestInit;
    const { client, events } = makeClient("http://127.0.0.1:9/negotiate", { negotiateRequest });
    const error = await client.start().catch((error) => error);
    expect(error).toMatchObject({ code: "ERR_INVALID_OPTIONS", name: "NegotiateError" });
    expect(error.message).not.toContain("s3cret");
    expect(events.stopped).toEqual([{ code: "invalid-request", error }]);
  });
});

it("a request whose body can be sent once is no mistake when nobody answers", async () => {
  const body = new Blob(["{}"]).stream();
  const { client, events } = makeClient("http://127.0.0.1:9/negotiate", {
    negotiateRequest: () => ({ method: "POST", body, duplex: "half" }) as RequestInit,
  });
  const failed = new Promise((resolve) => client.on("connect-failed", resolve));
  const starting = client.start().catch(() => {});
  await failed;
  client.stop();
  await starting;
  expect(events["connect-failed"][0]?.error.code).toBe("ERR_NEGOTIATE_FAILED");
});

it("a request that is fine goes out as it is given", async () => {
  const asked: unknown[] = [];
  const { url } = closeAfterTest(
    await serve((req, res) => {
      asked.push([req.method, req.headers.authorization]);
      res.writeHead(403).end();
    }),
  );
  const negotiateRequest = { method: "POST", body: "{}", headers: { Authorization: secret } };
  const { client } = makeClient(`${url}/negotiate`, { negotiateRequest });
  afterTest(() => client.stop());
  await expect(client.start()).rejects.toMatchObject({ code: "ERR_NEGOTIATE_REFUSED" });
  expect(asked).toEqual([["POST", secret]]);
});
