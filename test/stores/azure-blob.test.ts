import { randomUUID } from "node:crypto";
import { BlobServiceClient, ContainerSASPermissions } from "@azure/storage-blob";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import {
  type Azurite,
  connectionStringOf,
  startAzurite,
} from "../../demo-app/processes/azurite.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startAzurite();
}, 60_000);
afterAll(() => azurite.close());

jest.setTimeout(40_000);
const soon = () => ({ signal: AbortSignal.timeout(20_000) });

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

it("creates its container when it is missing", async () => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  await Promise.all([store.open("chat", soon()), store.open("news", soon())]);
  expect(await container.exists()).toBe(true);
  await store.open("chat", soon());
});

it("needs no right to create a container that is there", async () => {
  const container = containerOf();
  await container.create();
  const connection = await (await restrictedStore(container)).open("chat", soon());
  const version = await connection.replaceRecord(undefined, "text", soon());
  expect(await connection.readRecord(soon())).toEqual({ text: "text", version });
});

it("says who can help when the container is missing and it may not create it", async () => {
  const store = await restrictedStore(containerOf());
  await expect(store.open("chat", soon())).rejects.toMatchObject({
    code: "ERR_STORE_REFUSED",
    message: expect.stringMatching(/^blob container "test-.* at 127.0.0.1:\d+: .*403.*role/),
  });
});

it("says so when its container has been deleted", async () => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  const connection = await store.open("chat", soon());
  await container.delete();
  const refused = { code: "ERR_STORE_REFUSED", message: expect.stringContaining("create it") };
  for (const call of [
    connection.readRecord(soon()),
    connection.replaceRecord(undefined, "text", soon()),
    connection.readObservations(soon()),
    connection.writeObservation("server", "text", 1000, soon()),
  ]) {
    await expect(call).rejects.toMatchObject(refused);
  }
});

it("refuses what does not fit into metadata, and says what to do", async () => {
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

it("names a blob that is none of its own", async () => {
  const container = containerOf();
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: container.containerName });
  const connection = await store.open("chat", soon());
  await container.getBlockBlobClient("chat/servers/stray").upload("", 0);
  await expect(connection.readObservations(soon())).rejects.toMatchObject({
    code: "ERR_STORE_UNREADABLE",
    message: expect.stringMatching(/"chat\/servers\/stray".*delete it/),
  });
});

it("reads every page of the list", async () => {
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

it("leaves it to the caller to try again", async () => {
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

it("ends with its signal when there is no answer", async () => {
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

it("does nothing for somebody who has given up already", async () => {
  const { connectionString } = azurite;
  const store = azureBlobStore({ connectionString, container: "given-up" });
  const connection = await store.open("chat", soon());
  const options = { signal: AbortSignal.abort(new Error("given up")) };
  await expect(connection.replaceRecord(undefined, "text", options)).rejects.toThrow("given up");
  await expect(connection.readObservations(options)).rejects.toThrow("given up");
  expect(await connection.readRecord(soon())).toBeUndefined();
});
