import type { Emulator, EmulatorOptions, Fault } from "../emulator/index.ts";
import { isLoopbackHostname } from "../kit/loopback.ts";
import { escapeUnprintable } from "../kit/safe-text.ts";
import { printableUrl } from "./printable.ts";

/** What is told when the emulator listens; `options` and `faults` as it was started with. */
export function formatStartupMessage(
  emulator: Pick<Emulator, "endpoint" | "connectionString" | "port" | "adminEndpoint">,
  options: EmulatorOptions,
  faults: readonly Fault[] = [],
): string[] {
  const { endpoint, connectionString, port, adminEndpoint } = emulator;
  const clientUrl = `${endpoint.replace(/^http/, "ws")}/client/hubs/`;
  const hubs = Object.entries(options.hubs ?? {});
  const rows: [string, string][] = [
    ["Endpoint", endpoint],
    ["Connection string", connectionString],
    ["Health", `${endpoint}/api/health`],
    ...hubs.flatMap(([hub, { eventHandlers = [] }]): [string, string][] => [
      [`Hub ${hub}`, clientUrl + hub],
      ...eventHandlers.map((it): [string, string] => ["  upstream", printableUrl(it.urlTemplate)]),
    ]),
    [hubs.length > 0 ? "Any other hub" : "Any hub", `${clientUrl}{hub}`],
    ...(adminEndpoint ? [["Admin", adminEndpoint] as [string, string]] : []),
    ...(faults.length > 0
      ? [["Broken", faults.map(({ kind }) => kind).join(", ")] as [string, string]]
      : []),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    `The emulator of Azure Web PubSub listens on port ${port} of ${options.host ?? "127.0.0.1"}.`,
    "",
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    "",
    ...insecureNotes(new URL(endpoint)),
    ...(options.tls === true ? [SELF_SIGNED_NOTE] : []),
    "Ctrl-C stops it.",
  ].map(escapeUnprintable);
}

function insecureNotes({ protocol, hostname }: URL): string[] {
  if (protocol !== "http:") return [];
  const notes = ["Microsoft's SDK takes this endpoint with { allowInsecureConnection: true }."];
  if (isLoopbackHostname(hostname)) return notes;
  return [...notes, "resilientPubSub takes it with service: { allowInsecure: true }."];
}

const SELF_SIGNED_NOTE =
  "The certificate is self-signed; --tls-cert and --tls-key take one that your clients trust.";
