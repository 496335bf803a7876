import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Activity, Emulator } from "express-resilient-pubsub/emulator";
import { formatActivity, withoutColour } from "../../src/cli/activity-lines.ts";
import type { UpstreamAnswer } from "../emulator/support/app-server.ts";
import { RawAppServer } from "../emulator/support/raw-app-server.ts";
import { createScene } from "../emulator/support/scene.ts";
import { SocketClient } from "../emulator/support/socket-client.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { until } from "../support/until.ts";

const scene = createScene();

const page = readFileSync(join(__dirname, "../../docs/emulator.md"), "utf8");
const [, section = ""] = /\n## When something does not arrive\n(.*?)\n## /s.exec(page) ?? [];

/** What differs from run to run is of no account: times, ports and ids. */
const comparable = (line: string, ports: readonly number[] = [8080, 3000]): string =>
  line
    .replace(/^\d\d:\d\d:\d\d\.\d{3}/, "TIME")
    .replace(/(?<= chat {2})[\w-]{31}/, "CONNECTION")
    .replace(/\d+ ms/, "N ms")
    .replaceAll(`:${ports[0]}`, ":SERVICE")
    .replaceAll(`:${ports[1]}`, ":APP");

/** The lines of the page that are of one kind, such as `refused`. */
const linesOf = (kind: string): string[] =>
  section
    .split("\n")
    .filter((line) => /^\d\d:/.test(line) && line.slice(14).startsWith(`${kind} `))
    .map((line) => comparable(line));

/** An emulator with one app server, and the lines that it prints of one kind. */
async function watch(kind: Activity["kind"], appPort: number) {
  const lines: string[] = [];
  const emulator: Emulator = await scene.emulator({
    upstream: { retryDelaysInMs: [] },
    onActivity: (activity) => {
      if (activity.kind !== kind) return;
      const line = formatActivity(activity, new Date(), withoutColour);
      lines.push(comparable(line, [emulator.port, appPort]));
    },
  });
  const sendTo = (path: string, more: object) => {
    const urlTemplate = `http://localhost:${appPort}${path}`;
    emulator.setHub("chat", { eventHandlers: [{ urlTemplate, ...more }] });
  };
  return { emulator, lines, sendTo };
}

const portOf = ({ url }: { url: string }): number => Number(new URL(url).port);

test("the page has the lines of app servers that get no events as they are printed", async () => {
  const appServer = await scene.appServer();
  const { emulator, lines, sendTo } = await watch("validation", portOf(appServer));
  const answers: UpstreamAnswer[] = [
    { status: 404 },
    {},
    { headers: { "WebHook-Allowed-Origin": "127.0.0.1:9090" } },
  ];
  for (const answer of answers) {
    appServer.answerValidation = () => answer;
    sendTo("/hubs/{hub}", { systemEvents: ["connect"] });
    await new SocketClient(clientUrl(emulator, "chat")).refused;
  }
  await appServer.close();
  sendTo("/hubs/{hub}", { systemEvents: ["connect"] });
  await new SocketClient(clientUrl(emulator, "chat")).refused;
  expect([lines.at(-1), ...lines.slice(0, -1)]).toEqual(linesOf("validation"));
});

test("the page has the lines of clients that cannot connect as they are printed", async () => {
  const appServer = await scene.appServer();
  const { emulator, lines, sendTo } = await watch("clientRefused", portOf(appServer));
  const url = clientUrl(emulator, "chat");
  const refuse = async (target: string) => void (await new SocketClient(target).refused);
  await refuse(url.replace(/\?.*/, ""));
  await refuse(clientUrl(emulator, "news").replace("/news", "/chat"));
  sendTo("/hubs/{hub}", { systemEvents: ["connect"] });
  appServer.answer = () => ({ status: 403 });
  await refuse(url);
  appServer.answerValidation = () => ({});
  sendTo("/hubs/{hub}", { systemEvents: ["connect"] });
  await refuse(url);
  expect(lines).toEqual(linesOf("refused"));
});

test("the page has the lines of events that fail as they are printed", async () => {
  const body = "Error: there is no such item\n    at order (shop.js:7)";
  const head = `HTTP/1.1 500 Oh\r\nContent-Length: ${body.length}\r\n\r\n`;
  const answers = [head + body, ""];
  const appServer = await RawAppServer.start((socket) => {
    const answer = answers.shift();
    if (answer) socket.write(answer);
    else socket.destroy();
  });
  scene.defer(() => appServer.close());
  const { emulator, lines, sendTo } = await watch("event", portOf(appServer));
  sendTo("/hubs/{hub}", { userEventPattern: "*" });
  const client = await scene.connectJson(emulator);
  for (const ackId of [1, 2]) {
    await client.ask({ type: "event", event: "order", data: 1, ackId });
  }
  await until(() => lines.length === 2);
  expect(lines).toEqual(linesOf("event"));
});
