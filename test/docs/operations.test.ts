import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const page = read("docs/operations.md");

/** The members of the interface of all events, as the source has them. */
const events = [
  ...(
    /interface PubSubEvents extends FrequentPubSubEvents \{([\s\S]*?)\n\}/.exec(
      read("src/contract/events.ts"),
    )?.[1] ?? ""
  ).matchAll(/^ {2}(\w+): /gm),
].map(([, name]) => name as string);

// These only repeat what the operator has just done.
const ownDoing =
  /^endpoint(Drained|Undrained|Added|Leaving|Removed)$|^failoverForced$|^forceCleared$/;

it.each(events.filter((name) => !ownDoing.test(name)))(
  "the operations page tells what to do about the event %s",
  (name) => {
    expect(page).toContain(`| \`${name} {`);
  },
);

it.each(["drain", "undrain", "evacuate", "forceFailover", "clearForce", "add", "remove"])(
  "the operations page tells when to call %s",
  (name) => {
    expect(page).toMatch(new RegExp(`\`(endpoints\\.)?${name}\\b`));
  },
);

/** The sections about incidents: from the name of each to its text. */
const incidents = new Map(
  (page.split("\n## ").find((part) => part.startsWith("What to watch")) ?? "")
    .split("\n### ")
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf("\n")), section] as const),
);

it.each([...incidents])(
  "%s: what it means, how to tell, what to do, what not, and what clients feel",
  (_, text) => {
    for (const point of ["Means.", "How to tell.", "Do.", "Do not", "Clients"]) {
      expect(text).toContain(`**${point}**`);
    }
  },
);

const anchors = [...incidents.keys()].map((title) =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z -]/g, "")
    .replaceAll(" ", "-"),
);
const alerts = [...read("docs/monitoring/alerts.yaml").matchAll(/- alert: (\w+)/g)];

it.each(alerts.map(([, name]) => name as string))("the alert %s leads to what to do", (name) => {
  const row = page.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
  expect(anchors).toContain(/\(#([\w-]+)\) \|$/.exec(row ?? "")?.[1]);
});

it("every event leads to what to do", () => {
  const rows = page.split("\n").filter((line) => /^\| `\w+ \{/.test(line));
  expect(rows.length).toBeGreaterThan(25);
  const without = rows.filter((row) => !anchors.includes(/\(#([\w-]+)\) \|$/.exec(row)?.[1] ?? ""));
  expect(without).toEqual([]);
});
