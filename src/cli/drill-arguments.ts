import type { Fault } from "../emulator/index.ts";
import { isLoopbackHostname } from "../kit/loopback.ts";
import { type GivenOption, type OptionTable, readOptions } from "./arguments.ts";
import { readFaults } from "./fault-arguments.ts";
import { readHeaders } from "./header-arguments.ts";
import { toNumber } from "./number-argument.ts";
import { UsageError } from "./usage-error.ts";

export const DRILL_OPTION_TABLE = {
  "negotiate-url": {
    value: "URL",
    help: "Where clients negotiate with the running app; may be repeated, for\nthe app servers of several regions.",
  },
  header: {
    value: "TEXT",
    help: 'A header of negotiates, "Authorization: Bearer ..."; may be repeated.',
  },
  clients: { value: "N", help: "How many clients, 1 to 1000. Default: 20." },
  baseline: { value: "SECONDS", help: "How long to watch before the break. Default: 5." },
  watch: {
    value: "SECONDS",
    help: "The longest to wait for a loss, and for all to be back. Default: 60\nwith --emulator-admin, else 900.",
  },
  settle: { value: "SECONDS", help: "How long all must have a connection then. Default: 5." },
  "emulator-admin": {
    value: "URL",
    help: "The admin route of the emulator to break. Default: you break a region.",
  },
  fault: { value: "FAULT", help: "How to break it, as for the emulator. Default: crash." },
  "heal-after": {
    value: "SECONDS",
    help: "How long it stays broken when all are back. Default: 0.",
  },
  "send-url": {
    value: "URL",
    help: 'A route of the app that broadcasts the JSON {"text":"..."} that it is\nposted, to count who hears it.',
  },
  "send-every": { value: "MS", help: "How often. Default: 1000." },
  report: {
    value: "FILE",
    help: "Writes the report there as well, as JSON to a file named *.json.",
  },
  json: { help: "Prints the report as JSON." },
} as const satisfies OptionTable;

type Name = keyof typeof DRILL_OPTION_TABLE;

export interface DrillArguments {
  readonly negotiateUrls: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
  readonly clients: number;
  readonly baselineInMs: number;
  readonly watchInMs: number;
  readonly settleInMs: number;
  readonly healAfterInMs: number;
  readonly admin: { readonly url: string; readonly faults: readonly Fault[] } | undefined;
  readonly send: { readonly url: string; readonly intervalInMs: number } | undefined;
  readonly reportFile: string | undefined;
  readonly isJson: boolean;
}

const maxClients = 1000;
const maxSeconds = 86_400;

/** @throws UsageError */
export function parseDrillArguments(argv: readonly string[]): DrillArguments {
  const given: GivenOption<Name>[] = readOptions(DRILL_OPTION_TABLE, argv);
  const all = (name: Name) => given.filter((it) => it.name === name).map(({ value }) => value);
  const last = (name: Name) => all(name).at(-1);
  const number = (name: Name, byDefault: number, least: number, most: number) =>
    numberWithin(name, last(name), { byDefault, least, most });
  const inMs = (name: Name, byDefault: number) => number(name, byDefault, 0, maxSeconds) * 1000;
  const negotiateUrls = all("negotiate-url").map((url) => checkUrl("negotiate-url", url));
  if (negotiateUrls.length === 0) {
    throw new UsageError("--negotiate-url https://app.example.com/negotiate is needed.");
  }
  const admin = adminOf(last("emulator-admin"), all("fault"));
  const sendUrl = last("send-url");
  return {
    negotiateUrls,
    headers: readHeaders(all("header")),
    clients: number("clients", 20, 1, maxClients),
    baselineInMs: inMs("baseline", 5),
    watchInMs: inMs("watch", admin ? 60 : 900),
    settleInMs: inMs("settle", 5),
    healAfterInMs: inMs("heal-after", 0),
    admin,
    send:
      sendUrl === undefined
        ? undefined
        : {
            url: checkUrl("send-url", sendUrl),
            intervalInMs: number("send-every", 1000, 10, maxSeconds * 1000),
          },
    reportFile: last("report"),
    isJson: last("json") !== undefined,
  };
}

function adminOf(url: string | undefined, faults: readonly string[]): DrillArguments["admin"] {
  if (url === undefined) {
    if (faults.length > 0) throw new UsageError("--fault needs --emulator-admin beside it.");
    return undefined;
  }
  const checked = checkUrl("emulator-admin", url);
  // The route takes no others, and whoever else is there should not be sent faults.
  if (!isLoopbackHostname(new URL(checked).hostname)) {
    throw new UsageError("--emulator-admin: the admin route is on this machine only.");
  }
  return { url: checked, faults: readFaults(faults.length > 0 ? faults : ["crash"]) };
}

function numberWithin(
  name: string,
  text: string | undefined,
  { byDefault, least, most }: { byDefault: number; least: number; most: number },
): number {
  const value = toNumber(name, text) ?? byDefault;
  if (value < least || value > most) {
    throw new UsageError(`--${name}: got ${value}; give a whole number from ${least} to ${most}.`);
  }
  return value;
}

/** Never repeats it: there may be a secret in its query. */
function checkUrl(name: string, text: string): string {
  if (/^https?:\/\/[^/]/.test(text) && URL.canParse(text)) return text;
  throw new UsageError(`--${name}: give a URL that begins with https:// or http://.`);
}
