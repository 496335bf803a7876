import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import { parseEndpoint, parseOptions } from "../../src/options/parse-options.ts";
import { credential, EAST, GOOD, KEY, messageOf, WEST } from "./support/good-options.ts";

const connection = (origin: string) => `Endpoint=${origin};AccessKey=${KEY};Version=1.0;`;
const blobAt = (origin: string) =>
  azureBlobStore({
    container: "pubsub",
    connectionString: `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${KEY};BlobEndpoint=${origin}/a;`,
  });
const meetingAt = (origin: string) => ({
  topology: "client-client",
  coordination: { store: blobAt(origin) },
});
const given = (endpoint: object) => ({ endpoints: [{ ...EAST, ...endpoint }, WEST] });
const byCredential = (endpoint: object) => given({ connectionString: undefined, ...endpoint });

describe("http:// to another machine", () => {
  it.each<[string, object, string]>([
    [
      "of a container by its name",
      given({ connectionString: connection("http://pubsub:8080") }),
      "endpoints[0].connectionString: its Endpoint part cannot be used",
    ],
    [
      "of the machine around the container",
      given({ connectionString: connection("http://host.docker.internal:8080") }),
      "endpoints[0].connectionString: its Endpoint part cannot be used",
    ],
    [
      "of an address that means all of them",
      given({ connectionString: connection("http://0.0.0.0:8080") }),
      "endpoints[0].connectionString: its Endpoint part cannot be used",
    ],
    [
      "of a proxy",
      given({ reverseProxyEndpoint: "http://proxy:8080" }),
      'endpoints[0].reverseProxyEndpoint: got "http://proxy:8080"',
    ],
    [
      "that clients are told",
      given({ clientEndpoint: "ws://front:8080" }),
      'endpoints[0].clientEndpoint: got "ws://front:8080"',
    ],
    [
      "of a store",
      meetingAt("http://azurite:10000"),
      'coordination.store: is at "http://azurite:10000"',
    ],
  ])("%s needs service.allowInsecure, and the error says so", (_, options, problem) => {
    const message = messageOf({ ...GOOD, ...options });
    expect(message).toContain(`${problem}; http:// is allowed on loopback hosts only`);
    expect(message).toContain("say service.allowInsecure: true");
    expect(message).not.toContain(KEY);
    const allowed = { ...GOOD, ...options, service: { allowInsecure: true } };
    expect(() => parseOptions(allowed)).not.toThrow();
  });

  it("needs it as well where an endpoint is added later", () => {
    const options = { ...EAST, connectionString: connection("http://pubsub:8080") };
    expect(() => parseEndpoint(options, { allowInsecure: false })).toThrow(
      /endpoint\.connectionString: .*service\.allowInsecure: true/,
    );
    const { url } = parseEndpoint(options, { allowInsecure: true });
    expect(url).toBe("http://pubsub:8080");
  });

  it.each([
    ["http://127.0.0.1:10000"],
    ["http://localhost:10000"],
    ["https://account.blob.core.windows.net"],
  ])("is not what a store at %s is", (origin) => {
    expect(() => parseOptions({ ...GOOD, ...meetingAt(origin) })).not.toThrow();
  });

  it("takes nothing but true for a yes", () => {
    expect(messageOf({ ...GOOD, service: { allowInsecure: "true" } })).toContain(
      'service.allowInsecure: got "true"; give true or false',
    );
  });
});

describe("a credential beside http://", () => {
  it.each<[string, object]>([
    ["the endpoint", { endpoint: "http://a.example", credential }],
    ["the endpoint on loopback", { endpoint: "http://127.0.0.1:8080", credential }],
    [
      "the proxy",
      { endpoint: "https://a.example", credential, reverseProxyEndpoint: "http://proxy" },
    ],
  ])("is refused for %s, even with service.allowInsecure", (_, endpoint) => {
    const options = { ...GOOD, ...byCredential(endpoint), service: { allowInsecure: true } };
    expect(messageOf(options)).toContain("the tokens of a credential go over https:// only");
  });

  it("may go by a proxy on this machine, which speaks https from there", () => {
    const endpoint = {
      endpoint: "https://a.example",
      credential,
      reverseProxyEndpoint: "http://127.0.0.1:9000",
    };
    expect(() => parseOptions({ ...GOOD, ...byCredential(endpoint) })).not.toThrow();
  });
});
