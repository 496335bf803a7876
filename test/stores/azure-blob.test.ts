import { randomUUID } from "node:crypto";
import { BlobServiceClient, ContainerSASPermissions } from "@azure/storage-blob";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import {
  type Azurite,
  connectionStringOf,
  startAzurite,
} from "../../demo-app/processes/azurite.ts";
import type { StoreConnection } from "../../src/contract/store.ts";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { soon } from "./support/soon.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = closeAfterFile(await startAzurite());
}, 60_000);

jest.setTimeout(40_000);

/** A container's client, besides the store. */
function containerOf(container = `test-${randomUUID()}`) {
  const service = BlobServiceClient.fromConnectionString(azurite.connectionString);
  return service.getContainerClient(container);
}

/** A store whose credential is for one container, and may not create it. */
async function restrictedStore(container: ReturnType<typeof containerOf>) {
  const permissions = ContainerSASPermissions.parse("rwdl");
  const expiresOn = new Date(Date.now() + 3_600_000);
  const [, signature] = (await container.generateSasUrl({ permissions, expiresOn })).split("?");
  const connectionString = `BlobEndpoint=${azurite.url};SharedAccessSignature=${signature}`;
  return azureBlobStore({ connectionString, container: container.containerName });
}

/** Answers lists as Azure Storage does when there are more blobs than fit on a page. */
function listPages() {
  return serve((req, res) => {
    const { searchParams } = new URL(req.url ?? "", "http://any");
    const isSecond = searchParams.get("marker") === "second";
    const text = Buffer.from(isSecond ? "two" : "one").toString("base64");
    res.setHeader("Content-Type", "application/xml");
    res.end(`<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs><Blob>
      <Name>chat/servers/${isSecond ? "second" : "first"}</Name><Properties/>
      <Metadata><observation>base64:${text}</observation></Metadata>
      </Blob></Blobs><NextMarker>${isSecond ? "" : "second"}</NextMarker></EnumerationResults>`);
  });
}

it("a blob store creates its container when it is missing", async () => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  await Promise.all([store.open("chat", soon()), store.open("news", soon())]);
  expect(await container.exists()).toBe(true);
  await store.open("chat", soon());
});

it("a blob store needs no right to create a container that exists", async () => {
  const container = containerOf();
  await container.create();
  const connection = await (await restrictedStore(container)).open("chat", soon());
  const version = await connection.replaceRecord(undefined, "text", soon());
  expect(await connection.readRecord(soon())).toEqual({ text: "text", version });
});

it("a blob store that may not create its missing container says what to allow", async () => {
  const store = await restrictedStore(containerOf());
  await expect(store.open("chat", soon())).rejects.toMatchObject({
    code: "ERR_STORE_REFUSED",
    message: expect.stringMatching(/^blob container "test-.* at 127.0.0.1:\d+: .*403.*role/),
  });
});

describe("a blob store whose container has been deleted", () => {
  it.each<[string, (connection: StoreConnection) => Promise<unknown>, unknown]>([
    ["reading the record", (connection) => connection.readRecord(soon()), undefined],
    [
      "writing the record",
      (connection) => connection.replaceRecord(undefined, "text", soon()),
      expect.any(String),
    ],
    [
      "replacing a record that was in it",
      (connection) => connection.replaceRecord('"0x8D"', "text", soon()),
      undefined,
    ],
    ["reading observations", (connection) => connection.readObservations(soon()), new Map()],
    [
      "writing an observation",
      (connection) => connection.writeObservation("server", "text", 1000, soon()),
      undefined,
    ],
    [
      "removing an observation",
      (connection) => connection.removeObservation("server", soon()),
      undefined,
    ],
  ])("creates it anew when %s", async (_, call, expected) => {
    const container = containerOf();
    const { connectionString } = azurite;
    const store = azureBlobStore({ connectionString, container: container.containerName });
    const connection = await store.open("chat", soon());
    await container.delete();
    expect(await call(connection)).toEqual(expected);
    await connection.writeObservation("server", "text", 1000, soon());
    expect(await container.exists()).toBe(true);
  });

  it("says what to allow when its credential may not create it", async () => {
    const container = containerOf();
    await container.create();
    const connection = await (await restrictedStore(container)).open("chat", soon());
    await container.delete();
    const refused = { code: "ERR_STORE_REFUSED", message: expect.stringMatching(/403.*create/) };
    await expect(connection.readRecord(soon())).rejects.toMatchObject(refused);
    await container.create();
    expect(await connection.readRecord(soon())).toBeUndefined();
  });
});

it("a blob store refuses an observation that is too long for metadata, and says what to do", async () => {
  const { connectionString } = azurite;
  const connection = await azureBlobStore({ connectionString, container: "long" }).open(
    "chat",
    soon(),
  );
  await connection.writeObservation("server", "x".repeat(6_000), 1000, soon());
  const text = "x".repeat(6_500);
  await expect(connection.writeObservation("server", text, 1000, soon())).rejects.toMatchObject({
    code: "ERR_STORE_REFUSED",
    message: expect.stringMatching(/6500 bytes.*redisStore/),
  });
});

it.each<[string, string, Record<string, string>]>([
  ["without an observation", "chat/servers/stray", {}],
  ["with the metadata of another app", "chat/servers/stray", { observation: "plain" }],
  ["below a server", "chat/servers/a/b", { observation: "base64:YQ==" }],
  ["with a name that is no escape", "chat/servers/%zz", { observation: "base64:YQ==" }],
  ["with a name that is not escaped as ours", "chat/servers/a b", { observation: "base64:YQ==" }],
  ["beside the servers", "chat/backup", { observation: "base64:YQ==" }],
  ["of another hub that begins alike", "chatter/servers/a", { observation: "base64:YQ==" }],
])("a blob store ignores a blob %s", async (_, name, metadata) => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  const connection = await store.open("chat", soon());
  await connection.writeObservation("ours", "text", 1000, soon());
  await container.getBlockBlobClient(name).upload("something", 9, { metadata });
  expect(await connection.readObservations(soon())).toEqual(new Map([["ours", "text"]]));
  expect(await connection.readRecord(soon())).toBeUndefined();
});

it("a blob store does not read a record that is longer than servers write", async () => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  const connection = await store.open("chat", soon());
  const record = container.getBlockBlobClient("chat/agreement");
  await record.upload("x".repeat(70_000), 70_000);
  await expect(connection.readRecord(soon())).rejects.toMatchObject({
    code: "ERR_STORE_UNREADABLE",
    message: expect.stringMatching(/the record has 70000 bytes.*delete it/),
  });
  await record.upload("", 0);
  expect(await connection.readRecord(soon())).toMatchObject({ text: "" });
});

it("a blob store reads every page of the list of observations", async () => {
  const { url } = closeAfterTest(await listPages());
  const connectionString = connectionStringOf(`${url}/account`, azurite.key);
  const connection = await azureBlobStore({ connectionString, container: "any" }).open(
    "chat",
    soon(),
  );
  const expected = new Map([
    ["first", "one"],
    ["second", "two"],
  ]);
  expect(await connection.readObservations(soon())).toEqual(expected);
});

it("a blob store makes one attempt a call, without retries of the SDK", async () => {
  let requests = 0;
  const busy = await serve((_, res) => {
    requests += 1;
    res.writeHead(503, { "x-ms-error-code": "ServerBusy" }).end();
  });
  const { url } = closeAfterTest(busy);
  const connectionString = connectionStringOf(`${url}/account`, azurite.key);
  const store = azureBlobStore({ connectionString, container: "any" });
  const unavailable = { code: "ERR_STORE_UNAVAILABLE" };
  await expect(store.open("chat", soon())).rejects.toMatchObject(unavailable);
  expect(requests).toBe(1);
});

it("a call of a blob store without an answer ends with its signal", async () => {
  let isAsked = false;
  const silent = await serve(() => {
    isAsked = true;
  });
  const { url } = closeAfterTest(silent);
  const connectionString = connectionStringOf(`${url}/account`, azurite.key);
  const giveUp = new AbortController();
  const opening = azureBlobStore({ connectionString, container: "any" }).open("chat", giveUp);
  await until(() => isAsked);
  giveUp.abort(new Error("given up"));
  await expect(opening).rejects.toThrow("given up");
});

it("a call of a blob store whose signal is aborted already sends nothing", async () => {
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: "given-up" });
  const connection = await store.open("chat", soon());
  const options = { signal: AbortSignal.abort(new Error("given up")) };
  await expect(connection.replaceRecord(undefined, "text", options)).rejects.toThrow("given up");
  await expect(connection.readObservations(options)).rejects.toThrow("given up");
  expect(await connection.readRecord(soon())).toBeUndefined();
});
