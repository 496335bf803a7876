import { HUB } from "../environment/plugin-options.ts";

interface Server {
  readonly region: string;
  readonly url: string;
}

export interface StartupMessageOptions {
  readonly pageUrl: string;
  readonly servers: readonly Server[];
  readonly mode: "emulated" | "azure";
}

/** What the terminal says when the demo runs. */
export function startupMessage(
  { pageUrl, servers, mode }: StartupMessageOptions,
  wantedPort: number,
): string {
  const width = Math.max(...servers.map(({ region }) => region.length));
  const lines = [
    "",
    `  Open ${pageUrl}`,
    "",
    ...portNote(pageUrl, wantedPort),
    ...(mode === "emulated" ? EMULATED_NOTE : azureNote(servers)),
    "",
    ...servers.map(({ region, url }) => `  app server in ${region.padEnd(width)}  ${url}`),
    "",
    "Ctrl-C ends it.",
    "",
  ];
  return lines.join("\n");
}

function portNote(pageUrl: string, wantedPort: number): string[] {
  const { port } = new URL(pageUrl);
  return Number(port) === wantedPort ? [] : [`Port ${wantedPort} is taken, so it is ${port}.`, ""];
}

const EMULATED_NOTE = [
  "Two emulated regions with an app server each, and a crowd of real clients.",
  "Break a region, watch the crowd move, heal it; or let the guided drill do it.",
];

function azureNote(servers: readonly Server[]): string[] {
  return [
    "Running against Azure Web PubSub, as the environment says.",
    `For chat, each instance needs an event handler of hub "${HUB}" (user events: *) with the public`,
    "URL under which it reaches its app server here, for example by a tunnel:",
    ...servers.map(
      ({ region, url }) =>
        `  ${region}: https://<public host of port ${new URL(url).port}>/api/webpubsub/hubs/${HUB}/`,
    ),
    "Without it chat does not arrive, but broadcasts, failover and failback work all the same.",
  ];
}
