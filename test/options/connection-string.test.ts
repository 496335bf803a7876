import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { parseConnectionString } from "../../src/options/connection-string.ts";

describe("a connection string is read as the service SDK reads it:", () => {
  it.each([
    ["as the portal gives it", "Endpoint=https://a.webpubsub.azure.com;AccessKey=k==;Version=1.0;"],
    ["with a port", "Endpoint=http://localhost;Port=8080;AccessKey=k==;Version=1.0;"],
    ["with part names in other case", "ENDPOINT=https://a.webpubsub.azure.com;accesskey=k==;"],
    ["without a scheme", "Endpoint=a.webpubsub.azure.com;AccessKey=k==;"],
    ["with a trailing slash", "Endpoint=https://a.webpubsub.azure.com/;AccessKey=k==;"],
  ])("%s", (_, text) => {
    const sdk = new WebPubSubServiceClient(text, "chat", { allowInsecureConnection: true });
    const { endpoint, accessKey } = parseConnectionString(text);
    expect(`${endpoint}/`).toBe(sdk.endpoint);
    expect(accessKey).toBe("k==");
  });
});
