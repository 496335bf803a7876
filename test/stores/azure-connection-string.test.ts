import { BlobServiceClient } from "@azure/storage-blob";
import { azureBlobStore } from "../../src/stores/azure-blob/azure-blob-store.ts";

const KEY = "a2V5";

/** Host of the account, as the SDK finds it; undefined if it refuses. */
function hostBySdk(connectionString: string): string | undefined {
  try {
    return new URL(BlobServiceClient.fromConnectionString(connectionString).url).host;
  } catch {
    return undefined;
  }
}

function hostByStore(connectionString: string): string | undefined {
  try {
    const { description } = azureBlobStore({ connectionString, container: "agreement" });
    return /at (\S+)$/.exec(description)?.[1];
  } catch {
    return undefined;
  }
}

it.each([
  [
    "as the portal gives it",
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
  ],
  [
    "of another cloud",
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${KEY};EndpointSuffix=core.chinacloudapi.cn;`,
  ],
  [
    "in another order",
    `AccountKey=${KEY};EndpointSuffix=core.windows.net;AccountName=a;DefaultEndpointsProtocol=https`,
  ],
  [
    "with an endpoint",
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${KEY};BlobEndpoint=https://b.example/;`,
  ],
  ["with a signature", "BlobEndpoint=https://b.example;SharedAccessSignature=sv=2024&sig=abc"],
  ["of Azurite", "UseDevelopmentStorage=true"],
  ["without a suffix", `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${KEY}`],
  ["without a protocol", `AccountName=a;AccountKey=${KEY};EndpointSuffix=core.windows.net`],
  [
    "with a protocol that is none",
    `DefaultEndpointsProtocol=ftp;AccountName=a;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
  ],
  [
    "without a name",
    `DefaultEndpointsProtocol=https;AccountKey=${KEY};EndpointSuffix=core.windows.net`,
  ],
  ["without a key", "DefaultEndpointsProtocol=https;AccountName=a;EndpointSuffix=core.windows.net"],
  ["with a signature and no endpoint", "AccountName=a;SharedAccessSignature=sig=abc"],
  ["with an endpoint and no signature", "BlobEndpoint=https://b.example"],
  ["of Web PubSub", `Endpoint=https://c.webpubsub.azure.com;AccessKey=${KEY};Version=1.0;`],
  ["that is empty", ""],
])(
  "a connection string of Azure Storage %s means to the store what it means to the SDK",
  (_, text) => {
    expect(hostByStore(text)).toBe(hostBySdk(text));
  },
);
