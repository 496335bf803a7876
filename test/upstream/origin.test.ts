import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { EndpointHosts, originsOf } from "../../src/upstream/origin.ts";

/** Endpoints that count how often their URL is read. */
function endpointsWithHosts(count: number) {
  let reads = 0;
  const endpoints = Array.from({ length: count }, (_, index) => ({
    endpoint: {
      config: {
        get url() {
          reads += 1;
          return `https://e${index}.example:${8000 + index}`;
        },
      },
    },
  })) as unknown as RegisteredEndpoint[];
  return { endpoints, reads: () => reads };
}

describe("the origins of a request", () => {
  it.each([
    ["one", "Ada.example", ["ada.example"]],
    ["several, with white space", " a.example:8080 ,b.example", ["a.example:8080", "b.example"]],
    ["the same again", "a,A, a", ["a"]],
    ["none", "", []],
    ["none, in many words", ", ,,", []],
    ["no header", undefined, []],
  ])("are read: %s", (_, header, expected) => {
    expect(originsOf(header)).toEqual(expected);
  });

  it.each([
    ["thousands of hosts", Array.from({ length: 4000 }, (_, index) => `h${index}`).join(",")],
    ["thousands of commas", ",".repeat(16_000)],
    ["the same host thousands of times", "a,".repeat(7900)],
  ])("are 16 at most, of a header with %s", (_, header) => {
    expect(originsOf(header).length).toBeLessThanOrEqual(16);
  });
});

describe("the hosts of endpoints", () => {
  it("are read once for each endpoint, however many requests come with however many origins", () => {
    const { endpoints, reads } = endpointsWithHosts(100);
    const hosts = new EndpointHosts();
    for (let request = 0; request < 20; request += 1) {
      const origins = originsOf(`x${request},`.repeat(3000));
      expect(hosts.sendersOf(origins, endpoints)).toEqual([]);
      expect(hosts.admittedOrigins(origins, endpoints, [])).toEqual([]);
    }
    expect(reads()).toBe(100);
  });

  it("are those of endpoints that have been added since, and not of those removed", () => {
    const { endpoints } = endpointsWithHosts(3);
    const hosts = new EndpointHosts();
    const admitted = (known: RegisteredEndpoint[]) =>
      hosts.admittedOrigins(["e0.example", "e2.example:8002"], known, []);
    expect(admitted(endpoints.slice(0, 2))).toEqual(["e0.example"]);
    expect(admitted(endpoints)).toEqual(["e0.example", "e2.example:8002"]);
    expect(admitted(endpoints.slice(2))).toEqual(["e2.example:8002"]);
  });

  it("tell the sender with and without its port, and no other", () => {
    const { endpoints } = endpointsWithHosts(3);
    const hosts = new EndpointHosts();
    const senders = (...origins: string[]) => hosts.sendersOf(origins, endpoints);
    expect(senders("e1.example")).toEqual([endpoints[1]]);
    expect(senders("e1.example:8001", "e2.example")).toEqual(endpoints.slice(1));
    expect(senders("e1.example:8002", "1.example", "xe1.example", "__proto__")).toEqual([]);
  });
});
