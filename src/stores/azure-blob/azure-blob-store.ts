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
import { canonicalHub } from "../../kit/hub-name.ts";
import { isLoopbackHostname } from "../../kit/loopback.ts";
import { storeError } from "../store-error.ts";
import { maxObservations, refuseTooLong, refuseToRead } from "../text-limit.ts";
import { nameOf, observationIn, serverOf, toMetadata } from "./blob-format.ts";
import { blobError, hasCode, isLostRace } from "./failure.ts";
import {
  type AzureBlobStoreOptions,
  type BlobAccess,
  blobAccess,
  loadStorageBlob,
} from "./options.ts";

export type { AzureBlobStoreOptions } from "./options.ts";

/** One hub in a container. Versions are ETags, which Azure Storage never gives twice. */
class BlobConnection implements StoreConnection {
  readonly #description: string;
  readonly #access: BlobAccess;
  readonly #container: ContainerClient;
  readonly #folder: string;
  #creating: Promise<unknown> | undefined;

  constructor(description: string, access: BlobAccess, container: ContainerClient, hub: string) {
    this.#description = description;
    this.#access = access;
    this.#container = container;
    this.#folder = nameOf(canonicalHub(hub));
  }

  /** Shows right away what is not allowed. Creates the container when it is missing. */
  async prepare({ signal }: StoreCallOptions): Promise<void> {
    await this.#call(signal, async () => {
      const prefix = `${this.#folder}/`;
      await this.#container
        .listBlobsFlat({ abortSignal: signal, prefix })
        .byPage({ maxPageSize: 1 })
        .next();
    });
  }

  readRecord({ signal }: StoreCallOptions): Promise<Versioned | undefined> {
    return this.#call(signal, async () => {
      try {
        const options = { abortSignal: signal, maxRetryRequests: 0 };
        const answer = await this.#record.download(0, undefined, options);
        const { etag, contentLength = 0, readableStreamBody } = answer;
        this.#refuseToRead(contentLength, readableStreamBody);
        const chunks: Buffer[] = [];
        for await (const chunk of readableStreamBody ?? []) chunks.push(Buffer.from(chunk));
        return { text: Buffer.concat(chunks).toString(), version: String(etag) };
      } catch (error) {
        if (hasCode(error, "BlobNotFound")) return undefined;
        throw error;
      }
    });
  }

  async replaceRecord(
    expected: string | undefined,
    text: string,
    { signal }: StoreCallOptions,
  ): Promise<string | undefined> {
    refuseTooLong(this.#description, text);
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
        const server = serverOf(name.slice(prefix.length));
        const text = observationIn(metadata);
        // Whatever else there is, such as a folder or a backup, is none of ours.
        if (server !== undefined && text !== undefined) observations.set(server, text);
        this.#refuseCrowd(observations.size);
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

  #refuseToRead(bytes: number, body: NodeJS.ReadableStream | undefined): void {
    try {
      refuseToRead(this.#description, "the record", bytes);
    } catch (error) {
      // Nobody takes what is on its way.
      (body as { destroy?: () => void } | undefined)?.destroy?.();
      throw error;
    }
  }

  #refuseCrowd(count: number): void {
    if (count <= maxObservations) return;
    throw storeError(this.#description, {
      code: "ERR_STORE_UNREADABLE",
      what: `there are more than ${maxObservations} observations`,
      remedy: `delete the blobs below ${JSON.stringify(`${this.#folder}/servers/`)}`,
    });
  }

  async #call<T>(signal: AbortSignalLike, operation: () => Promise<T>): Promise<T> {
    try {
      return await unlessAborted(signal, this.#inContainer(signal, operation));
    } catch (error) {
      if (signal.aborted || isResilientPubSubError(error)) throw error;
      throw blobError(this.#description, error, this.#access.secrets);
    }
  }

  /** Somebody may delete the container at any time; a server that starts would create it as well. */
  async #inContainer<T>(signal: AbortSignalLike, operation: () => Promise<T>): Promise<T> {
    try {
      return await operation();
    } catch (error) {
      if (!hasCode(error, "ContainerNotFound") || signal.aborted) throw error;
    }
    await this.#create(signal);
    return operation();
  }

  /** Only when it is missing: a credential that may not create containers is spared the attempt. */
  async #create(abortSignal: AbortSignalLike): Promise<void> {
    this.#creating ??= this.#container.createIfNotExists({ abortSignal });
    try {
      await this.#creating;
    } finally {
      this.#creating = undefined;
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
  const description = `blob container "${container}" at ${access.url.host}`;
  const { hostname, origin, protocol } = access.url;
  const isInsecure = protocol === "http:" && !isLoopbackHostname(hostname);
  return {
    description,
    insecureOrigin: isInsecure ? origin : undefined,
    load: async () => void (await loadStorageBlob()),
    async open(hub, callOptions) {
      const service = await access.connect().catch((error) => {
        if (isResilientPubSubError(error)) throw error;
        throw blobError(description, error, access.secrets);
      });
      const client = service.getContainerClient(container);
      const connection = new BlobConnection(description, access, client, hub);
      await connection.prepare(callOptions);
      return connection;
    },
  };
}
