import { inspect } from "node:util";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import {
  type Azurite,
  connectionStringOf,
  startAzurite,
} from "../../demo-app/processes/azurite.ts";
import { freePort, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { CoordinationStore } from "../../src/contract/store.ts";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { serve } from "../support/serve.ts";
import { soon } from "./support/soon.ts";

jest.setTimeout(40_000);
const SECRET = Buffer.from("a secret that nobody must see, and long enough").toString("base64");

/** Opens a store that cannot be opened. @returns The error, in which no secret can be found. */
async function failureOf(store: CoordinationStore, secrets = [SECRET]) {
  const error = await store.open("chat", soon()).then(
    () => new Error("It has been opened."),
    (reason) => reason,
  );
  expectNoSecret(error, secrets);
  expect(error.message).toContain(store.description);
  expect(error.cause).toBeInstanceOf(Error);
  return error;
}

function expectNoSecret(error: Error, secrets: readonly string[]): void {
  const all = [
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: 6, showHidden: true }),
    JSON.stringify(error.cause),
  ].join("\n");
  for (const secret of secrets) expect(all).not.toContain(secret);
  expect(all).not.toMatch(/SharedKey |Bearer |sig=/);
}

describe("a store in Azure Blob Storage", () => {
  let azurite: Azurite;
  beforeAll(async () => {
    azurite = closeAfterFile(await startAzurite());
  }, 60_000);

  /** A store at a stand-in that always answers the same. */
  async function storeAnswered(status: number, code: string) {
    const { url } = closeAfterTest(
      await serve((req, res) => {
        const body = `<Error><Code>${code}</Code><Message>No: ${SECRET} ${req.headers.authorization}</Message></Error>`;
        res.writeHead(status, { "Content-Type": "application/xml", "x-ms-error-code": code });
        res.end(body);
      }),
    );
    return azureBlobStore({ ...connectionAt(`${url}/account`), container: "any" });
  }

  const connectionAt = (url: string) => ({ connectionString: connectionStringOf(url, SECRET) });

  it("tells that the key is wrong", async () => {
    const store = azureBlobStore({ ...connectionAt(azurite.url), container: "any" });
    const { code, message } = await failureOf(store);
    expect(code).toBe("ERR_STORE_REFUSED");
    expect(message).toMatch(/has answered 403 Auth.*; check the key/);
  });

  it("tells that no server listens there", async () => {
    const store = azureBlobStore({
      ...connectionAt(`http://127.0.0.1:${await freePort()}/account`),
      container: "any",
    });
    const { code, message } = await failureOf(store);
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
    expect(message).toMatch(/cannot be reached .*ECONNREFUSED.*can this server reach it/);
  });

  it("tells that the host has no address", async () => {
    const connectionString = connectionStringOf("https://nowhere.invalid", SECRET);
    const { code, message } = await failureOf(
      azureBlobStore({ connectionString, container: "any" }),
    );
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
    expect(message).toMatch(/at nowhere\.invalid: cannot be reached/);
  });

  it("tells that there is no token", async () => {
    const credential = {
      getToken: async () => {
        throw Object.assign(new Error("none of the ways to a token works"), {
          name: "CredentialUnavailableError",
        });
      },
    };
    const store = azureBlobStore({ url: "https://nowhere.invalid", credential, container: "any" });
    const { code, message } = await failureOf(store);
    expect(code).toBe("ERR_STORE_REFUSED");
    expect(message).toMatch(/there is no token \(none of the ways/);
  });

  it.each([
    [403, "AuthorizationFailure", "ERR_STORE_REFUSED", /firewall/],
    [409, "ContainerBeingDeleted", "ERR_STORE_REFUSED", /wait until/],
    [400, "SomethingNew", "ERR_STORE_REFUSED", /400 SomethingNew/],
    [429, "TooManyRequests", "ERR_STORE_UNAVAILABLE", /429 TooManyRequests/],
    [500, "InternalError", "ERR_STORE_UNAVAILABLE", /tried again/],
    [503, "ServerBusy", "ERR_STORE_UNAVAILABLE", /tried again/],
  ])("tells what %i %s means", async (status, answer, code, message) => {
    const error = await failureOf(await storeAnswered(status, answer));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error.cause).toMatchObject({ statusCode: status, code: answer });
  });

  it.each<[string, unknown, RegExp]>([
    ["no options", undefined, /azureBlobStore: got undefined; give an object/],
    ["nothing to connect to", { container: "any" }, /\.connectionString: is missing/],
    [
      "a text that is no connection string",
      { connectionString: SECRET },
      /\.connectionString: cannot be used/,
    ],
    [
      "a connection string beside a URL",
      { ...connectionAt("https://a.example"), url: "x" },
      /beside url or credential/,
    ],
    ["tokens over http", { url: "http://127.0.0.1:1", credential: {} }, /\.url: got .*https:/],
    ["a URL with a signature", { url: `https://a.example/?sig=${SECRET}` }, /without user, query/],
    ["no credential", { url: "https://a.example" }, /\.credential: got undefined/],
    [
      "a text that is no container name",
      { container: "Not_A_Name" },
      /\.container: got "Not_A_Name"; give/,
    ],
    ["an unknown option", { key: SECRET }, /\.key: unknown option; the options here are container/],
  ])("refuses %s", (_, options, message) => {
    const make = () => azureBlobStore(options as never);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }));
    expect(make).not.toThrow(SECRET);
  });
});

describe("a store in redis", () => {
  it("tells that no server listens there, without the password", async () => {
    const store = redisStore({ url: `redis://user:${SECRET}@127.0.0.1:${await freePort()}` });
    const { code, message } = await failureOf(store);
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
    expect(message).toMatch(/^redis at 127\.0\.0\.1:\d+, .*ECONNREFUSED.*is redis up/);
  });

  it("tells that the host has no address", async () => {
    const { code, message } = await failureOf(redisStore({ url: "redis://nowhere.invalid" }));
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
    expect(message).toMatch(/nowhere\.invalid/);
  });

  it("tells that the app's client is not connected", async () => {
    const { code, message } = await failureOf(redisStore({ client: createClient() }));
    expect(code).toBe("ERR_STORE_UNAVAILABLE");
    expect(message).toMatch(/call connect\(\) of the client/);
  });

  it.each([
    ["ERR unknown command 'HELLO', with args: 'AUTH' '%s'", "ERR_STORE_REFUSED", /redis 6/],
    ["NOPERM this user has no permissions to run 'eval'", "ERR_STORE_REFUSED", /allow the user/],
    ["MOVED 1234 10.0.0.1:6379", "ERR_STORE_REFUSED", /createCluster/],
    ["LOADING Redis is loading the dataset in memory", "ERR_STORE_UNAVAILABLE", /tried again/],
    ["READONLY You can't write against a read only replica.", "ERR_STORE_UNAVAILABLE", /tried/],
    ["OOM command not allowed", "ERR_STORE_UNAVAILABLE", /more memory/],
    ["WRONGTYPE Operation against a key", "ERR_STORE_UNREADABLE", /delete the key/],
    ["ERR something new", "ERR_STORE_REFUSED", /something new/],
  ])("tells what %s means", async (answer, code, message) => {
    class SimpleError extends Error {}
    const client = {
      eval: async () => {
        throw new SimpleError(answer);
      },
    };
    const error = await failureOf(redisStore({ client }));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each<[string, unknown, RegExp]>([
    ["no options", undefined, /redisStore: got undefined; give an object/],
    ["neither URL nor client", {}, /\.url: is missing, as is client/],
    [
      "a URL beside a client",
      { url: "redis://a", client: { eval() {} } },
      /\.url: is given beside client/,
    ],
    ["a URL of something else", { url: `https://:${SECRET}@a` }, /\.url: cannot be used; give/],
    ["a URL with a broken escape", { url: `redis://:%zz${SECRET}@a` }, /\.url: cannot be used/],
    ["a client of something else", { client: {} }, /\.client: got an object; give a client/],
    ["a prefix that misleads a cluster", { url: "redis://a", prefix: "{a}" }, /\.prefix: got/],
    ["an unknown option", { password: SECRET }, /\.password: unknown option/],
  ])("refuses %s", (_, options, message) => {
    const make = () => redisStore(options as never);
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }));
    expect(make).not.toThrow(SECRET);
  });
});

describeWithRedis(`a store in a guarded ${REDIS_OR_ITS_ABSENCE}`, () => {
  it.each([
    ["the password is wrong", (host: string) => `redis://:${SECRET}@${host}`, /WRONGPASS/],
    ["the password is missing", (host: string) => `redis://${host}`, /NOAUTH/],
  ])("tells that %s", async (_, urlOf, answer) => {
    const server = closeAfterTest(await startRedis(["--requirepass", "correct horse"]));
    const store = redisStore({ url: urlOf(new URL(server.url).host) });
    const { code, message } = await failureOf(store, [SECRET, "correct horse"]);
    expect(code).toBe("ERR_STORE_REFUSED");
    expect(message).toMatch(answer);
    expect(message).toMatch(/check the user and the password/);
  });

  it("opens with the right password", async () => {
    const server = closeAfterTest(await startRedis(["--requirepass", "correct horse"]));
    const url = server.url.replace("//", "//:correct%20horse@");
    closeAfterTest(await redisStore({ url }).open("chat", soon()));
  });
});
