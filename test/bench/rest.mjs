import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { clientUrlOf, keyOf, signToken } from "./support/tokens.mjs";
import { Worker } from "./support/worker.mjs";

const members = 10;
const connections = 50;
const tokens = 100;
const seconds = 2;
const goals = { requestsPerSecond: 3000, ratio: 0.5 };

/** How many REST sends does one process take, which runs on one core? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 9);
  printQuestion(`REST: how many sends to a group of ${members} are accepted per second?`, [
    `200 B of text, ${connections} kept connections, ${tokens} tokens in turn, each checked; the rival is a`,
    "Node server that reads the body and answers 202. Load and receivers are in other processes.",
  ]);
  const emulator = await Worker.start("servers/emulator.mjs");
  const bare = await Worker.start("servers/bare-http.mjs");
  const audience = await Worker.start("support/audience.mjs");
  const load = await Worker.start("support/load.mjs");
  const { endpoint, connectionString } = emulator.info;
  const key = keyOf(connectionString);

  const url = clientUrlOf(connectionString, { "webpubsub.group": ["readers"] });
  await audience.call("open", { group: "readers", count: members, url });

  const path = "/api/hubs/bench/groups/readers/:send?api-version=2024-01-01";
  const requests = Array.from({ length: tokens }, (_, index) => ({
    method: "POST",
    path,
    headers: {
      "Content-Type": "text/plain",
      Authorization: `Bearer ${signToken(endpoint + path, key, { jti: String(index) })}`,
    },
    body: "x".repeat(200),
  }));
  const servers = { emulator, bare };
  const rates = { emulator: [], bare: [] };
  for (let round = -1; round < rounds; round++) {
    const order = round % 2 === 0 ? ["emulator", "bare"] : ["bare", "emulator"];
    for (const name of order) {
      const { info } = servers[name];
      const job = { url: info.endpoint, seconds, connections, requests };
      const { perSecond } = await load.call("fire", job);
      if (round >= 0) rates[name].push(perSecond);
    }
  }
  await Promise.all([load, audience, emulator, bare].map((worker) => worker.stop()));

  const share = ratios(rates.emulator, rates.bare);
  const isMet = median(rates.emulator) >= goals.requestsPerSecond || median(share) >= goals.ratio;
  printFigure("emulator", rates.emulator, "requests/s");
  printFigure("bare HTTP server", rates.bare, "requests/s");
  const goal = `>= ${goals.requestsPerSecond} requests/s or >= ${goals.ratio} x`;
  printRatio("rate against the bare server", share, judge(isMet, goal));
}
