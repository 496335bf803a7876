import type { TokenCredential } from "@azure/core-auth";
import type { BlobServiceClient, StoragePipelineOptions } from "@azure/storage-blob";
import { z } from "zod";
import { describeValue } from "../../kit/describe-value.ts";
import { section } from "../../kit/option-schema.ts";
import { loadPackage } from "../load-package.ts";
import { parseStoreOptions } from "../parse-store-options.ts";

/** Where the container is: `connectionString`, or `url` and `credential`. */
export type AzureBlobStoreOptions = {
  /**
   * Name of the container, 3 to 63 lower-case letters, digits and single hyphens between them; it is
   * created when it is missing, also while the servers run.
   */
  readonly container: string;
} & (
  | {
      /** Of a storage account, from the Azure portal, or of Azurite. */
      readonly connectionString: string;
      /** Not beside `connectionString`. */
      readonly url?: undefined;
      /** Not beside `connectionString`. */
      readonly credential?: undefined;
    }
  | {
      /** Such as `https://account.blob.core.windows.net`; tokens go over https only. */
      readonly url: string;
      /**
       * Such as `new DefaultAzureCredential()`. It needs the role Storage Blob Data Contributor on the
       * container, or on the account if it is to create the container.
       */
      readonly credential: TokenCredential;
      /** Not beside `url` and `credential`. */
      readonly connectionString?: undefined;
    }
);

export interface BlobAccess {
  /** Of the account. */
  readonly url: URL;
  readonly connect: () => Promise<BlobServiceClient>;
  /** What must never be said aloud. */
  readonly secrets: readonly string[];
}

// Whoever uses a store repeats by itself, and sooner than the SDK would.
const PIPELINE: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };
const DEVELOPMENT_URL = "http://127.0.0.1:10000/devstoreaccount1";
const CONTAINER_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;
const CONTAINER_ERROR =
  "give the name of a container, 3 to 63 characters, lower-case letters, digits and single hyphens between them";

const schema = section({
  container: z.string({ error: CONTAINER_ERROR }).regex(CONTAINER_NAME, { error: CONTAINER_ERROR }),
  connectionString: z.custom<string>(() => true).optional(),
  url: z.custom<string>(() => true).optional(),
  credential: z.custom<TokenCredential>(() => true).optional(),
});

/** @throws InvalidOptionsError */
export function blobAccess(options: AzureBlobStoreOptions): BlobAccess {
  const rules = { factory: "azureBlobStore", schema, accessProblems };
  const { connectionString, url, credential } = parseStoreOptions(rules, options);
  if (connectionString === undefined) {
    const connect = async () => {
      const { BlobServiceClient } = await loadStorageBlob();
      return new BlobServiceClient(String(url), credential, PIPELINE);
    };
    return { url: new URL(String(url)), connect, secrets: [] };
  }
  const connect = async () => {
    const { BlobServiceClient } = await loadStorageBlob();
    return BlobServiceClient.fromConnectionString(connectionString, PIPELINE);
  };
  const ofAccount = urlOf(connectionString) as URL;
  return { url: ofAccount, connect, secrets: secretsOf(connectionString) };
}

export const loadStorageBlob = () =>
  loadPackage("@azure/storage-blob", () => import("@azure/storage-blob"));

function accessProblems(options: Record<string, unknown>): [string, string][] {
  const { connectionString, url, credential } = options;
  const hasUrlOrCredential = url !== undefined || credential !== undefined;
  if (connectionString === undefined) {
    if (hasUrlOrCredential) return urlAndCredentialProblems(url, credential);
    const advice = "is its environment variable set?";
    return [["connectionString", `is missing (${advice}); give it, or url and credential`]];
  }
  const messages = [
    hasUrlOrCredential && "is given beside url or credential; give one of the two",
    connectionStringProblem(String(connectionString)),
  ];
  return messages.flatMap((message) => (message ? [["connectionString", message]] : []));
}

function connectionStringProblem(connectionString: string): string | undefined {
  const url = urlOf(connectionString);
  return url ? undefined : "cannot be used; copy the whole connection string from the Azure portal";
}

/** As the SDK finds it, which is loaded only when the store is opened; undefined for what it would refuse. */
function urlOf(connectionString: string): URL | undefined {
  if (connectionString.startsWith("UseDevelopmentStorage=true")) return new URL(DEVELOPMENT_URL);
  const part = (name: string) =>
    new RegExp(`(?:^|;)\\s*${name}=([^;]*)`).exec(connectionString)?.[1]?.trim() ?? "";
  const protocol = part("DefaultEndpointsProtocol");
  const isByKey = protocol !== "" && part("AccountKey") !== "";
  if (isByKey ? !part("AccountName") : !part("SharedAccessSignature")) return undefined;
  const suffix = part("EndpointSuffix");
  const ofAccount =
    isByKey && suffix && /^https?$/i.test(protocol)
      ? `${protocol}://${part("AccountName")}.blob.${suffix}`
      : "";
  const url = part("BlobEndpoint") || ofAccount;
  return URL.canParse(url) ? new URL(url) : undefined;
}

function urlAndCredentialProblems(url: unknown, credential: unknown): [string, string][] {
  const problems: [string, string][] = [];
  const problem = urlProblem(url);
  if (problem) problems.push(["url", `got ${describeValue(url)}; ${problem}`]);
  if (typeof (credential as Partial<TokenCredential> | undefined)?.getToken !== "function") {
    const advice = "give a TokenCredential, such as new DefaultAzureCredential()";
    problems.push(["credential", `got ${describeValue(credential)}; ${advice}`]);
  }
  return problems;
}

function urlProblem(url: unknown): string | undefined {
  if (!URL.canParse(String(url))) {
    return 'give a URL such as "https://account.blob.core.windows.net"';
  }
  const { protocol, username, search, hash } = new URL(String(url));
  if (username || search || hash) return "give it without user, query or fragment";
  // The SDK sends no token over http, not even to this machine.
  return protocol === "https:" ? undefined : "give an https:// URL; tokens go over no other";
}

function secretsOf(connectionString: string): string[] {
  const values = connectionString.matchAll(/(?:AccountKey|SharedAccessSignature)=([^;]+)/gi);
  return [...values].flatMap(([, value = ""]) => {
    const signature = /(?:^|[?&])sig=([^&]+)/.exec(value)?.[1] ?? "";
    return [value, signature, new URLSearchParams(`sig=${signature}`).get("sig") ?? ""];
  });
}
