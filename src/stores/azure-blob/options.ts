import type { TokenCredential } from "@azure/core-auth";
import { BlobServiceClient, type StoragePipelineOptions } from "@azure/storage-blob";
import { OptionCheck } from "../store-options.ts";

/** Where the container is: `connectionString`, or `url` and `credential`. */
export type AzureBlobStoreOptions = {
  /** Name of the container; it is created when it is missing. */
  readonly container: string;
} & (
  | {
      /** Of a storage account, from the Azure portal, or of Azurite. */
      readonly connectionString: string;
      readonly url?: undefined;
      readonly credential?: undefined;
    }
  | {
      /** Such as `https://account.blob.core.windows.net`. */
      readonly url: string;
      /**
       * Such as `new DefaultAzureCredential()`. It needs the role Storage Blob Data Contributor on the
       * container, or on the account if it is to create the container.
       */
      readonly credential: TokenCredential;
      readonly connectionString?: undefined;
    }
);

export interface BlobAccess {
  readonly service: BlobServiceClient;
  /** What must never be said aloud. */
  readonly secrets: readonly string[];
}

// Whoever uses a store repeats by itself, and sooner than the SDK would.
const PIPELINE: StoragePipelineOptions = { retryOptions: { maxTries: 1 } };
const LOOPBACK_HOSTS = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const CONTAINER_NAME = /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/;

/** @throws InvalidOptionsError */
export function blobAccess(options: AzureBlobStoreOptions): BlobAccess {
  const check = new OptionCheck("azureBlobStore", options, [
    "container",
    "connectionString",
    "url",
    "credential",
  ]);
  if (!CONTAINER_NAME.test(String(check.options.container))) {
    const advice = "lower-case letters, digits and single hyphens between them";
    check.wrong("container", `give the name of a container, 3 to 63 characters, ${advice}`);
  }
  const access = check.isGiven("connectionString") ? byConnectionString(check) : byUrl(check);
  check.end();
  return access as BlobAccess;
}

function byConnectionString(check: OptionCheck): BlobAccess | undefined {
  if (check.isGiven("url") || check.isGiven("credential")) {
    check.problem("connectionString", "is given beside url or credential; give one of the two");
  }
  const connectionString = String(check.options.connectionString);
  const service = serviceOf(connectionString);
  if (!service) {
    const message = "cannot be used; copy the whole connection string from the Azure portal";
    check.problem("connectionString", message);
    return undefined;
  }
  const { protocol, hostname } = new URL(service.url);
  if (protocol === "http:" && !LOOPBACK_HOSTS.test(hostname)) {
    const advice = "say DefaultEndpointsProtocol=https";
    check.problem("connectionString", `http:// is allowed on loopback hosts only; ${advice}`);
  }
  return { service, secrets: secretsOf(connectionString) };
}

function serviceOf(connectionString: string): BlobServiceClient | undefined {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, PIPELINE);
  } catch {
    return undefined;
  }
}

function byUrl(check: OptionCheck): BlobAccess | undefined {
  const { url, credential } = check.options;
  if (!check.isGiven("url") && !check.isGiven("credential")) {
    const advice = "is its environment variable set?";
    check.problem("connectionString", `is missing (${advice}); give it, or url and credential`);
    return undefined;
  }
  const problem = urlProblem(url);
  if (problem) check.wrong("url", problem);
  if (typeof (credential as Partial<TokenCredential> | undefined)?.getToken !== "function") {
    check.wrong("credential", "give a TokenCredential, such as new DefaultAzureCredential()");
  }
  if (problem) return undefined;
  const service = new BlobServiceClient(String(url), credential as TokenCredential, PIPELINE);
  return { service, secrets: [] };
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
