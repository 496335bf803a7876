import type { EndpointSnapshot, EndpointState } from "../contract/endpoint.ts";
import type { Gauge, Measurement } from "./instrument.ts";
import type { MetricsSource } from "./metrics-source.ts";

const STATES: readonly EndpointState[] = ["healthy", "unhealthy", "unknown"];

const ofEach =
  (figureOf: (endpoint: EndpointSnapshot, source: MetricsSource) => number | boolean | undefined) =>
  (source: MetricsSource): Measurement[] =>
    source.endpoints().flatMap((endpoint) => {
      const value = figureOf(endpoint, source);
      return value === undefined ? [] : [[Number(value), { endpoint: endpoint.name }]];
    });

/** What is so now. */
export const GAUGES: readonly Gauge[] = [
  {
    name: "resilient_pubsub.endpoint.state",
    kind: "gauge",
    unit: "{endpoint}",
    description: "1 for the state that the endpoint is in, 0 for the others.",
    labels: ["endpoint", "role", "state"],
    read: (source) =>
      source
        .endpoints()
        .flatMap(({ name: endpoint, role, state: now }) =>
          STATES.map((state) => [Number(state === now), { endpoint, role, state }] as const),
        ),
  },
  {
    name: "resilient_pubsub.endpoint.serving",
    kind: "gauge",
    unit: "{endpoint}",
    description: "1 where negotiate answers with the endpoint by the default rule, else 0.",
    labels: ["endpoint"],
    read: ofEach(({ serving }) => serving),
  },
  {
    name: "resilient_pubsub.endpoint.drained",
    kind: "gauge",
    unit: "{endpoint}",
    description: "1 while an operator keeps the endpoint out of negotiate, else 0.",
    labels: ["endpoint"],
    read: ofEach(({ drained }) => drained),
  },
  {
    name: "resilient_pubsub.endpoint.clients",
    kind: "gauge",
    unit: "{client}",
    description:
      "Clients on the endpoint that ask this server for reviews (the census); servers add up.",
    labels: ["endpoint"],
    read: ofEach(({ clients }) => clients),
  },
  {
    name: "resilient_pubsub.endpoint.max_clients",
    kind: "gauge",
    unit: "{client}",
    description:
      "The most clients that this server may count there (`maxClients`); servers add up.",
    labels: ["endpoint"],
    read: ofEach(({ maxClients }) => maxClients),
  },
  {
    name: "resilient_pubsub.endpoint.displaced_clients",
    kind: "gauge",
    unit: "{client}",
    description:
      "Clients on the endpoint that belong to another one, as far as upstream events tell; 10,000 at most.",
    labels: ["endpoint"],
    read: ofEach(({ name }, source) => source.displacedOn(name)),
  },
  {
    name: "resilient_pubsub.endpoint.sockets",
    kind: "gauge",
    unit: "{socket}",
    description: "Sockets of calls to the endpoint: busy, idle; waiting: calls without one.",
    labels: ["endpoint", "state"],
    read: (source) =>
      source
        .endpoints()
        .flatMap(({ name: endpoint, sockets: { open, busy, waiting } }) => [
          [busy, { endpoint, state: "busy" }] as const,
          [Math.max(0, open - busy), { endpoint, state: "idle" }] as const,
          [waiting, { endpoint, state: "waiting" }] as const,
        ]),
  },
  {
    name: "resilient_pubsub.agreement.epoch",
    kind: "gauge",
    unit: "{epoch}",
    description: "Client-client: number of the agreement that this server answers with.",
    labels: ["active"],
    read: (source) => {
      const { epoch, active } = source.agreement() ?? {};
      return epoch === undefined ? [] : [[epoch, { active }]];
    },
  },
  {
    name: "resilient_pubsub.agreement.leader",
    kind: "gauge",
    unit: "{server}",
    description: "Client-client: 1 on the server that may move the agreement, else 0.",
    labels: [],
    read: (source) => {
      const agreement = source.agreement();
      return agreement ? [[Number(agreement.isLeader), {}]] : [];
    },
  },
  {
    name: "resilient_pubsub.agreement.servers",
    kind: "gauge",
    unit: "{server}",
    description: "Client-client: servers that this one knows to live; all of them on the leader.",
    labels: [],
    read: (source) => {
      const agreement = source.agreement();
      return agreement ? [[agreement.servers, {}]] : [];
    },
  },
  {
    name: "resilient_pubsub.history.outbox.tasks",
    kind: "gauge",
    unit: "{task}",
    description:
      "What endpoints have still to be sent, by one look at the store before; the same on all servers.",
    labels: [],
    read: (source) => {
      const backlog = source.backlog();
      return backlog ? [[backlog.tasks, {}]] : [];
    },
  },
  {
    name: "resilient_pubsub.history.outbox.overdue",
    kind: "gauge",
    unit: "s",
    description:
      "For how long the first of it has been due: as long as its endpoint is out of use.",
    labels: [],
    read: (source) => {
      const backlog = source.backlog();
      return backlog ? [[backlog.overdueInMs / 1000, {}]] : [];
    },
  },
  {
    name: "resilient_pubsub.store.up",
    kind: "gauge",
    unit: "{store}",
    description: "1 while this server can use the store, else 0.",
    labels: ["store"],
    read: (source) => source.stores().map(({ store, isUp }) => [Number(isUp), { store }]),
  },
];
