import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { servingNow } from "../../src/endpoints/serving-now.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";

/** `p...` are primaries. A word plays on one: `up`, `down`, `eject`, `drain` or `force`. */
function play(steps: string) {
  const endpoints = ["p1", "p2", "s1", "s2"].map((name) => {
    const role = name.startsWith("p") ? "primary" : "secondary";
    const connectionString = `Endpoint=https://${name}.example;AccessKey=k`;
    return createEndpoint(parseEndpoint({ name, role, connectionString }), "chat");
  });
  const registry = new EndpointRegistry(endpoints, { fall: 1, rise: 1 }, new TypedEvents());
  const timing = { at: 0, durationInMs: 1 };
  let sequence = 0;
  for (const endpoint of registry.all()) {
    registry.recordProbe(endpoint, ++sequence, { ok: true }, timing);
  }
  for (const step of steps.split(", ").filter(Boolean)) {
    const [verb, name = ""] = step.split(" ");
    const endpoint = registry.get(name);
    if (verb === "down") {
      registry.recordProbe(endpoint, ++sequence, { ok: false, reason: "refused" }, timing);
    } else if (verb === "eject") registry.recordCanary(endpoint, false);
    else if (verb === "drain") registry.drain(name);
    else if (verb === "force") registry.force(name);
  }
  return registry;
}

const ALL_DOWN = "down p1, down p2, down s1, down s2";

it.each<[string, string, "reject" | "primary", string]>([
  ["the primaries", "", "reject", "p1 p2"],
  ["one primary", "down p1", "reject", "p2"],
  ["the first secondary", "down p1, drain p2", "reject", "s1"],
  ["the one that is forced", "force s2", "reject", "s2"],
  ["those that fail calls only", "down p1, eject p2, down s1, eject s2", "reject", "p2"],
  ["nobody", ALL_DOWN, "reject", ""],
  ["the primaries all the same, if that is wanted", ALL_DOWN, "primary", "p1 p2"],
  ["the primaries that are not drained", `${ALL_DOWN}, drain p1`, "primary", "p2"],
])("who serves is %s after: %s (%s)", (_, steps, whenNoneHealthy, names) => {
  const serving = servingNow({
    registry: play(steps),
    configuration: { negotiate: { whenNoneHealthy } },
  }).map(({ name }) => name);
  expect(serving.join(" ")).toBe(names);
});
