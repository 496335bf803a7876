import { observe } from "../../src/coordination/observation.ts";
import { createRecord, RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";

type EndpointRecord = ReturnType<typeof createRecord>;

function seen(change: Partial<EndpointRecord>) {
  const options = {
    name: "eastus",
    role: "primary",
    connectionString: "Endpoint=https://east.example;AccessKey=k",
  } as const;
  const endpoint = createEndpoint(parseEndpoint(options), "chat");
  return observe([new RegisteredEndpoint(endpoint, { ...createRecord(false), ...change })])[0];
}

const common = { since: 0, contradictions: 0, flaps: 0 };
const healthy = { ...common, status: "healthy", recoveredAt: undefined } as const;
const unhealthy = {
  ...common,
  status: "unhealthy",
  reason: "timeout",
  succeedingSince: undefined,
} as const;

it.each<[string, Partial<EndpointRecord>, string]>([
  ["that was not looked at yet is unknown", {}, "unknown"],
  ["in use is healthy", { health: healthy }, "healthy"],
  ["whose health checks fail is unhealthy", { health: unhealthy }, "unhealthy"],
  [
    "that was ejected for failing calls is unhealthy, however green its health route",
    { health: healthy, calls: { status: "ejected", ejections: 1, until: 0 } },
    "unhealthy",
  ],
  [
    "that was ejected and drained is unhealthy",
    { health: healthy, drained: true, calls: { status: "ejected", ejections: 1, until: 0 } },
    "unhealthy",
  ],
  [
    "on trial after its ejection is healthy",
    { health: healthy, calls: { status: "half-open", ejections: 1, hasFailed: false } },
    "healthy",
  ],
  [
    "without a credential that is accepted is unhealthy",
    { health: { ...unhealthy, reason: "credentials-rejected" } },
    "unhealthy",
  ],
  ["that was drained is drained", { health: healthy, drained: true }, "drained"],
  ["that was drained and fails is unhealthy", { health: unhealthy, drained: true }, "unhealthy"],
])("for its peers an endpoint %s", (_, change, state) => {
  expect(seen(change)).toMatchObject({ name: "eastus", role: "primary", state });
});
