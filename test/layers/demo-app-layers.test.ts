import path from "node:path";
import { importCircles, importsWithin, layerOf, upwardImports } from "../support/imports.ts";

const importsIn = (folder: string) => importsWithin(path.join(__dirname, "../../demo-app", folder));

/** From the top to the bottom: each folder may import those named after it. "" is the folder itself. */
const LAYERS: [folder: string, layers: string[]][] = [
  [
    ".",
    [
      "",
      "startup",
      "drill-command",
      "page-server",
      "control-server",
      "guided-drill",
      "client-client-drill",
      "environment",
      "figures",
      "simulated-clients",
      "events",
      "processes",
      "http",
      "page",
      "contract",
      "kit",
    ],
  ],
  ["guided-drill", ["", "steps", "execution"]],
  [
    "page",
    [
      "",
      "header",
      "summary",
      "controls",
      "drill",
      "figures",
      "charts",
      "feeds",
      "map",
      "live",
      "kit",
    ],
  ],
];

const imports = importsIn(".");

it.each(LAYERS)("every import in demo-app/%s goes to a layer below", (folder, layers) => {
  expect(upwardImports(importsIn(folder), layers)).toEqual([]);
});

it("no file in demo-app imports itself by way of others", () => {
  expect(imports.length).toBeGreaterThan(250);
  expect(importCircles(imports)).toEqual([]);
});

it("the page of the demo shares nothing with its processes but the contract", () => {
  const shared = imports.filter(
    ({ from, to }) => layerOf(from) === "page" && !["page", "contract"].includes(layerOf(to)),
  );
  expect(shared).toEqual([]);
});

it("the top level of demo-app holds the entry programs only", () => {
  const top = imports.map(({ from }) => from).filter((file) => layerOf(file) === "");
  expect(new Set(top)).toEqual(new Set(["drill.ts", "main.ts"]));
});
