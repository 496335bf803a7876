import type { DiagnoseOptions } from "../doctor/contract.ts";
import { type GivenOption, type OptionTable, readOptions } from "./arguments.ts";
import { readHeaders } from "./header-arguments.ts";
import { toNumber } from "./number-argument.ts";
import { UsageError } from "./usage-error.ts";

export const DOCTOR_OPTION_TABLE = {
  options: {
    value: "FILE",
    help: "A module that exports the options of resilientPubSub, as its\ndefault or as `options`; or a function that returns them.",
  },
  hub: {
    value: "NAME",
    help: "The hub. Without --options it is needed, and the endpoints are\nthose of WEB_PUBSUB_CONNECTION_STRING__<NAME>__<PRIMARY|SECONDARY>.",
  },
  "public-url": {
    value: "URL",
    help: "Where the service reaches the running app; with a path, the URL\ntemplate of the event handler.",
  },
  "negotiate-url": {
    value: "URL",
    help: "Where clients negotiate. Default: of --public-url.",
  },
  header: {
    value: "TEXT",
    help: 'A header of negotiates, "Authorization: Bearer ..."; may be repeated.',
  },
  csp: { value: "TEXT", help: "The Content-Security-Policy of the pages." },
  origin: { value: "URL", help: "An origin of pages that negotiate; may be repeated." },
  role: { value: "ROLE", help: "A role that clients are given; may be repeated." },
  sample: { value: "TEXT", help: "A message as users write it; may be repeated." },
  check: { value: "NAME", help: "Only this check, and what it rests on; may be repeated." },
  timeout: { value: "MS", help: "The longest that one call may take. Default: 5000." },
  json: { help: "Prints the findings as JSON." },
} as const satisfies OptionTable;

type Name = keyof typeof DOCTOR_OPTION_TABLE;

export interface DoctorArguments {
  readonly optionsFile: string | undefined;
  readonly hub: string | undefined;
  readonly diagnoseOptions: DiagnoseOptions;
  readonly isJson: boolean;
}

/** @throws UsageError */
export function parseDoctorArguments(argv: readonly string[]): DoctorArguments {
  const given: GivenOption<Name>[] = readOptions(DOCTOR_OPTION_TABLE, argv);
  const all = (name: Name) => given.filter((it) => it.name === name).map(({ value }) => value);
  const last = (name: Name) => all(name).at(-1);
  const some = (name: Name) => (all(name).length > 0 ? all(name) : undefined);
  const optionsFile = last("options");
  const hub = last("hub");
  if (optionsFile === undefined && hub === undefined) {
    throw new UsageError("--hub chat or --options FILE is needed.");
  }
  return {
    optionsFile,
    hub,
    isJson: last("json") !== undefined,
    diagnoseOptions: {
      publicUrl: last("public-url"),
      negotiateUrl: last("negotiate-url"),
      headers: readHeaders(all("header")),
      csp: last("csp"),
      origins: some("origin"),
      roles: some("role"),
      samples: some("sample"),
      checks: some("check") as DiagnoseOptions["checks"],
      timeoutInMs: toNumber("timeout", last("timeout")),
    },
  };
}

/** What the option of `diagnose` is called here, such as `--public-url` for `publicUrl`. */
export function argumentNameOf(option: string): string {
  const [name = ""] = option.split(/[.[]/);
  const singular: Readonly<Record<string, string>> = {
    checks: "check",
    headers: "header",
    origins: "origin",
    roles: "role",
    samples: "sample",
    timeoutInMs: "timeout",
  };
  const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `--${singular[name] ?? dashed}`;
}
