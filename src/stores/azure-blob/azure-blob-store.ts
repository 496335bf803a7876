import type { ContainerClient } from "@azure/storage-blob";
import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "../../contract/store.ts";
import { unlessAborted } from "../../kit/deadline.ts";
import { isResilientPubSubError } from "../../kit/errors.ts";
import { isLoopbackHostname } from "../../kit/loopback.ts";
import { nameOf, readObservation, serverOf, toMetadata } from "./blob-format.ts";
import { blobError, hasCode, isLostRace } from "./failure.ts";
import { type AzureBlobStoreOptions, type BlobAccess, blobAccess } from "./options.ts";

export type { AzureBlobStoreOptions } from "./options.ts";

/** One hub in a container. Versions are ETags, which Azure Storage never gives twice. */
class BlobConnection implements StoreConnection {
  readonly #description: string;
  readonly #access: BlobAccess;
  readonly #container: ContainerClient;
  readonly #folder: string;

  constructor(description: string, access: BlobAccess, container: string, hub: string) {
    this.#description = description;
    this.#access = access;
    this.#container = access.service.getContainerClient(container);
    this.#folder = nameOf(hub);
  }

  /** Creates the container when it is missing. */
  async prepare({ signal }: StoreCallOptions): Promise<void> {
    // Asking first spares a credential that may not create containers the attempt.
    await this.#call(signal, async () => {
      if (await this.#canList(signal)) return;
      await this.#container.createIfNotExists({ abortSignal: signal });
    });
  }

  readRecord({ signal }: StoreCallOptions): Promise<Versioned | undefined> {
    return this.#call(signal, async () => {
      try {
        const options = { abortSignal: signal, maxRetryRequests: 0 };
        const { etag, readableStreamBody } = await this.#record.download(0, undefined, options);
        const chunks: Buffer[] = [];
        for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
        return { text: Buffer.concat(chunks).toString(), version: String(etag) };
      } catch (error) {
        if (hasCode(error, "BlobNotFound")) return undefined;
        throw error;
      }
    });
  }

  replaceRecord(
    expected: string | undefined,
    text: string,
    { signal }: StoreCallOptions,
  ): Promise<string | undefined> {
    return this.#call(signal, async () => {
      const conditions = expected === undefined ? { ifNoneMatch: "*" } : { ifMatch: expected };
      try {
        const options = { abortSignal: signal, conditions };
        return (await this.#record.upload(text, Buffer.byteLength(text), options)).etag;
      } catch (error) {
        if (isLostRace(error)) return undefined;
        throw error;
      }
    });
  }

  readObservations({ signal }: StoreCallOptions): Promise<ReadonlyMap<string, string>> {
    const prefix = `${this.#folder}/servers/`;
    return this.#call(signal, async () => {
      const observations = new Map<string, string>();
      const options = { abortSignal: signal, prefix, includeMetadata: true };
      for await (const { name, metadata } of this.#container.listBlobsFlat(options)) {
        const text = readObservation(this.#description, name, metadata);
        observations.set(serverOf(name), text);
      }
      return observations;
    });
  }

  async writeObservation(
    server: string,
    text: string,
    _keepForInMs: number,
    { signal }: StoreCallOptions,
  ): Promise<void> {
    const metadata = toMetadata(this.#description, text);
    await this.#call(signal, () =>
      this.#observation(server).upload("", 0, { abortSignal: signal, metadata }),
    );
  }

  async removeObservation(server: string, { signal }: StoreCallOptions): Promise<void> {
    await this.#call(signal, () =>
      this.#observation(server).deleteIfExists({ abortSignal: signal }),
    );
  }

  async close(): Promise<void> {}

  get #record() {
    return this.#container.getBlockBlobClient(`${this.#folder}/agreement`);
  }

  #observation(server: string) {
    return this.#container.getBlockBlobClient(`${this.#folder}/servers/${nameOf(server)}`);
  }

  async #canList(abortSignal: AbortSignalLike): Promise<boolean> {
    try {
      const prefix = `${this.#folder}/`;
      await this.#container
        .listBlobsFlat({ abortSignal, prefix })
        .byPage({ maxPageSize: 1 })
        .next();
      return true;
    } catch (error) {
      if (hasCode(error, "ContainerNotFound")) return false;
      throw error;
    }
  }

  async #call<T>(signal: AbortSignalLike, operation: () => Promise<T>): Promise<T> {
    try {
      return await unlessAborted(signal, operation());
    } catch (error) {
      if (signal.aborted || isResilientPubSubError(error)) throw error;
      throw blobError(this.#description, error, this.#access.secrets);
    }
  }
}

/**
 * A store in a container of Azure Blob Storage, for any number of servers. The records need no care:
 * there is one small blob for each hub, and one for each server while it is there. Needs the package
 * `@azure/storage-blob`.
 *
 * @throws InvalidOptionsError
 * @example
 * ```ts
 * import { DefaultAzureCredential } from "@azure/identity";
 * import { endpointsFromEnv, resilientPubSub } from "express-resilient-pubsub";
 * import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
 *
 * const pubsub = resilientPubSub({
 *   hub: "chat",
 *   endpoints: endpointsFromEnv(),
 *   topology: "client-client",
 *   coordination: {
 *     store: azureBlobStore({
 *       url: "https://account.blob.core.windows.net",
 *       credential: new DefaultAzureCredential(),
 *       container: "pubsub",
 *     }),
 *   },
 *   negotiate: { allowAnonymous: true },
 * });
 * ```
 */
export function azureBlobStore(options: AzureBlobStoreOptions): CoordinationStore {
  const access = blobAccess(options);
  const { container } = options;
  const { host, hostname, origin, protocol } = new URL(access.service.url);
  const description = `blob container "${container}" at ${host}`;
  const isInsecure = protocol === "http:" && !isLoopbackHostname(hostname);
  return {
    description,
    insecureOrigin: isInsecure ? origin : undefined,
    async open(hub, callOptions) {
      const connection = new BlobConnection(description, access, container, hub);
      await connection.prepare(callOptions);
      return connection;
    },
  };
}
