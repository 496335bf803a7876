import path from "node:path";
import { importCircles, importsWithin, layerOf, upwardImports } from "../support/imports.ts";

/** From the top to the bottom: each folder may import those named after it. "" is `src/` itself. */
const SRC = [
  "cli",
  "drill",
  "doctor",
  "",
  "negotiate",
  "fan-out",
  "upstream",
  "history",
  "failback",
  "coordination",
  "lifecycle",
  "telemetry",
  "marker-groups",
  "grants",
  "context",
  "health",
  "endpoints",
  "service",
  "options",
  "stores",
  "http",
  "emulator",
  "client",
  "kit",
  "contract",
];

/** As `SRC`, for the folders of the emulator. */
const EMULATOR = [
  "",
  "admin",
  "clients",
  "rest",
  "upstream",
  "context",
  "http",
  "hub",
  "faults",
  "filter",
  "tokens",
  "protocol",
  "options",
  "reporting",
  "contract",
];

const PARTS = [
  "negotiate",
  "fan-out",
  "upstream",
  "history",
  "failback",
  "coordination",
  "lifecycle",
  "telemetry",
];
const STANDALONE = ["cli", "drill", "doctor", "emulator", "client"];

const imports = importsWithin(path.join(__dirname, "../../src"));

it("every import in src goes to a layer below", () => {
  expect(imports.length).toBeGreaterThan(500);
  expect(upwardImports(imports, SRC)).toEqual([]);
});

it("every import in the emulator goes to a layer below", () => {
  const within = importsWithin(path.join(__dirname, "../../src/emulator"));
  expect(within.length).toBeGreaterThan(200);
  expect(upwardImports(within, EMULATOR)).toEqual([]);
});

it("no file in src imports itself by way of others", () => {
  expect(importCircles(imports)).toEqual([]);
});

it("the parts of a plugin do not know each other", () => {
  const isBetweenParts = imports.filter(
    ({ from, to }) =>
      PARTS.includes(layerOf(from)) && PARTS.includes(layerOf(to)) && layerOf(from) !== layerOf(to),
  );
  expect(isBetweenParts).toEqual([]);
});

it("the emulator and the client need nothing of the plugin but the kit", () => {
  const neededByStandalone = imports.filter(
    ({ from, to }) =>
      ["emulator", "client"].includes(layerOf(from)) &&
      ![layerOf(from), "kit"].includes(layerOf(to)),
  );
  expect(neededByStandalone).toEqual([]);
});

it("nothing of the plugin needs the emulator, the client or the command line", () => {
  const needsStandalone = imports.filter(
    ({ from, to }) => STANDALONE.includes(layerOf(to)) && !STANDALONE.includes(layerOf(from)),
  );
  expect(needsStandalone).toEqual([]);
});

it("the contract imports nothing of ours", () => {
  expect(
    imports.filter(({ from, to }) => layerOf(from) === "contract" && layerOf(to) !== "contract"),
  ).toEqual([]);
});
