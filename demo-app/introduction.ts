import type { AppServer } from "./app-servers.ts";
import { HUB, type World } from "./world.ts";

/** What the terminal says when the demo runs. */
export function introduce({ servers, regions }: World, firstPort: number): string {
  const width = Math.max(...servers.map(({ region }) => region.length));
  const lines = [
    "",
    ...servers.map(({ region, url }) => `  ${region.padEnd(width)}  ${url}`),
    "",
    ...portsNote(servers, firstPort),
    ...(regions.length > 0 ? emulatedNote : azureNote(servers)),
    "Ctrl-C ends it.",
    "",
  ];
  return lines.join("\n");
}

function portsNote(servers: readonly AppServer[], firstPort: number): string[] {
  const wanted = servers.map((_, index) => firstPort + index);
  const isAsWanted = servers.every(({ port }, index) => port === wanted[index]);
  return isAsWanted ? [] : [`Of the ports ${wanted.join(", ")} some are taken; next ones it is.`];
}

const emulatedNote = [
  "Two emulated regions, each with an app server whose primary it is and a page of its own.",
  "Open one of them, break a region, watch the page move, heal it.",
];

function azureNote(servers: readonly AppServer[]): string[] {
  return [
    "Running against Azure Web PubSub, as the environment says.",
    `For chat, each instance needs an event handler of hub "${HUB}" (user events: *, system event:`,
    "connect) with the public URL under which it reaches its app server here, for example by a tunnel:",
    ...servers.map(
      ({ region, port }) =>
        `  ${region}: https://<public host of port ${port}>/api/webpubsub/hubs/${HUB}/`,
    ),
    "Without it chat does not arrive, but broadcasts, failover and failback work all the same.",
  ];
}
