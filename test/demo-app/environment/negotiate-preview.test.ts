import type { Agreement, EndpointSnapshot } from "express-resilient-pubsub";
import { negotiatePreview } from "../../../demo-app/environment/negotiate-preview.ts";

const well = (name: string, more: Partial<EndpointSnapshot> = {}): EndpointSnapshot => ({
  name,
  role: name === "home" ? "primary" : "secondary",
  weight: undefined,
  maxClients: undefined,
  url: `https://${name}.example`,
  state: "healthy",
  reason: undefined,
  since: 0,
  drained: false,
  forced: false,
  joining: false,
  leaving: false,
  clients: undefined,
  full: false,
  serving: true,
  lastFailure: undefined,
  lastCanary: undefined,
  sockets: { open: 0, busy: 0, waiting: 0, max: 64 },
  lastProbe: { at: 0, durationInMs: 1, ok: true },
  ...more,
});
const down = { state: "unhealthy", lastProbe: { at: 0, durationInMs: 1, ok: false } } as const;
const failing = { state: "unhealthy", reason: "failing-calls" } as const;
const agreed: Agreement = {
  epoch: 3,
  active: "away",
  url: "",
  since: 0,
  incarnation: "x",
  reason: "switched",
};

describe("the demo shows that an app server answers negotiate with", () => {
  // biome-ignore format: one line for each case
  it.each<[string, EndpointSnapshot[], Agreement | undefined, string | null]>([
    ["its primary", [well("away"), well("home")], undefined, "home"],
    ["the first secondary when the primary is down", [well("home", down), well("away"), well("far")], undefined, "away"],
    ["the first secondary when the primary is drained", [well("home", { drained: true }), well("away")], undefined, "away"],
    ["what an operator has forced", [well("home"), well("away", { forced: true })], undefined, "away"],
    ["its primary when what was forced is down", [well("home"), well("away", { ...down, forced: true })], undefined, "home"],
    ["what passes health checks at least", [well("home", failing), well("away", down)], undefined, "home"],
    ["nobody when all are down", [well("home", down), well("away", down)], undefined, null],
    ["nobody when it is stopped", [], undefined, null],
    ["what all have agreed on", [well("home"), well("away")], agreed, "away"],
    ["what all have agreed on, also while it is down", [well("home"), well("away", down)], agreed, "away"],
    ["nobody when all are down, whatever was agreed", [well("home", down), well("away", down)], agreed, null],
  ])("%s", (_what, snapshots, agreement, expected) => {
    expect(negotiatePreview(snapshots, agreement)).toBe(expected);
  });
});
