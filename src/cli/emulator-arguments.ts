import type { EmulatorOptions, Fault } from "../emulator/index.ts";
import { emulatorSchema } from "../emulator/options/emulator-schema.ts";
import { SECRET_OPTIONS } from "../emulator/options/parse-with.ts";
import { problemsOf } from "../kit/option-schema.ts";
import { type GivenOption, type OptionTable, readOptions } from "./arguments.ts";
import { readFaults } from "./fault-arguments.ts";
import { readHubs } from "./hub-arguments.ts";
import { toNumber } from "./number-argument.ts";
import { UsageError } from "./usage-error.ts";

export const EMULATOR_OPTION_TABLE = {
  port: { value: "N", help: "The port to listen on, 0 for any free one. Default: 8080." },
  host: { value: "ADDRESS", help: "The address to listen on. Default: 127.0.0.1." },
  hub: { value: "NAME", help: "A hub to set up; may be repeated. Others work without." },
  upstream: {
    value: "URL",
    help: "Where the hubs named just before send connect, connected,\ndisconnected and every user event; {hub} and {event} are filled in.",
  },
  "allow-anonymous": { help: "Lets clients without a token into the hubs that are set up." },
  "access-key": { value: "KEY", help: "Default: a fresh random key." },
  "secondary-access-key": { value: "KEY", help: "Default: a fresh random key." },
  "accept-entra-tokens": { help: "Takes any token for the service as a Microsoft Entra one." },
  "public-endpoint": { value: "URL", help: "The URL that others know the service by." },
  tls: { help: "Speaks https and wss, with a self-signed certificate." },
  "tls-cert": { value: "FILE", help: "Speaks https and wss with this certificate (PEM)." },
  "tls-key": { value: "FILE", help: "The private key of --tls-cert (PEM)." },
  admin: { help: "Opens /_emulator, to break and repair the service, to this machine." },
  "admin-port": { value: "N", help: "As --admin, on a port of its own." },
  fault: {
    value: "FAULT",
    help: "Starts broken: a kind, such as blackhole, or a fault in JSON,\nas the admin route takes it; may be repeated.",
  },
  seed: { value: "N", help: "Where the random numbers of faults start. Default: 1." },
  config: {
    value: "FILE",
    help: "Reads the options of startEmulator from a JSON file; what\nstands on the command line wins.",
  },
  verbose: { help: "Tells of every connection, call and event, and why one failed." },
} as const satisfies OptionTable;

type Given = GivenOption<keyof typeof EMULATOR_OPTION_TABLE>;

/** What the command line says, and nothing that it leaves open. */
export interface EmulatorArguments {
  /** Hub names are lower case. */
  readonly options: EmulatorOptions;
  /** For every hub that is set up, here or in the file. */
  readonly allowsAnonymous: boolean;
  readonly configFile: string | undefined;
  readonly tlsFiles: { readonly cert: string; readonly key: string } | undefined;
  /** What is broken from the beginning on. */
  readonly faults: readonly Fault[];
  readonly isVerbose: boolean;
}

/** @throws UsageError */
export function parseEmulatorArguments(argv: readonly string[]): EmulatorArguments {
  const given = readOptions(EMULATOR_OPTION_TABLE, argv);
  const text = (name: Given["name"]) => given.findLast((it) => it.name === name)?.value;
  const flag = (name: Given["name"]) => text(name) !== undefined;
  const number = (name: Given["name"]) => toNumber(name, text(name));
  const adminPort = number("admin-port");
  const hubs = readHubs(given);
  const options = withoutUndefined({
    port: number("port"),
    host: text("host"),
    publicEndpoint: text("public-endpoint"),
    accessKey: text("access-key"),
    secondaryAccessKey: text("secondary-access-key"),
    acceptEntraTokens: flag("accept-entra-tokens") || undefined,
    tls: flag("tls") || undefined,
    admin: adminPort === undefined ? flag("admin") || undefined : { port: adminPort },
    seed: number("seed"),
    hubs: Object.keys(hubs).length > 0 ? hubs : undefined,
  });
  check(options);
  return {
    options,
    allowsAnonymous: flag("allow-anonymous"),
    configFile: text("config"),
    tlsFiles: tlsFilesOf(text("tls-cert"), text("tls-key")),
    faults: readFaults(given.filter(({ name }) => name === "fault").map(({ value }) => value)),
    isVerbose: flag("verbose"),
  };
}

function tlsFilesOf(cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new UsageError("--tls-key needs --tls-cert beside it.");
  if (key === undefined) throw new UsageError("--tls-cert needs --tls-key beside it.");
  return { cert, key };
}

function check(options: EmulatorOptions): void {
  const result = emulatorSchema.safeParse(options);
  if (result.success) return;
  const naming = { root: "emulator", secrets: SECRET_OPTIONS, nameOf: argumentNameOf };
  const problems = problemsOf(result.error, options, naming);
  const lines = problems.map(({ path, message }) => `${path}: ${message}.`);
  throw new UsageError([...new Set(lines)].join(" "));
}

function argumentNameOf(path: readonly PropertyKey[]): string {
  const [first = "", hub, ...rest] = path.map(String);
  if (first === "hubs") return rest.length === 0 ? `--hub ${hub}` : "--upstream";
  if (first === "admin") return "--admin-port";
  return `--${first.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const withoutUndefined = (options: EmulatorOptions): EmulatorOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
