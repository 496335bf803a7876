import { peerDependencies } from "../../package.json";
import { fits } from "../../src/doctor/checks/versions.ts";

it.each<[string, string, boolean]>([
  ["4.22.3", "^4.21 || ^5", true],
  ["4.21.0", "^4.21 || ^5", true],
  ["4.20.9", "^4.21 || ^5", false],
  ["5.0.0", "^4.21 || ^5", true],
  ["6.1.0", "^4.21 || ^5", false],
  ["3.4.5", "^4.21 || ^5", false],
  ["12.40.1", "^12.32.0", true],
  ["5.13.0-beta.1", "^5.12.1 || ^6", true],
])("the version %s is of the range %j: %s", (installed, range, isFit) => {
  expect(fits(installed, range)).toBe(isFit);
});

it.each(["express", "redis", "@azure/storage-blob"] as const)(
  "the range of %s in the manifest is of the kind that can be read",
  (name) => {
    expect(peerDependencies[name]).toMatch(/^\^\d+(\.\d+)*( \|\| \^\d+(\.\d+)*)*$/);
  },
);
