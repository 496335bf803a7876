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
