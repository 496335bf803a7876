import {
  compareBroadcasters,
  printAgainst,
  printBroadcasters,
} from "./support/compare-broadcasters.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { Worker } from "./support/worker.mjs";

const count = 3;
const labels = {
  ours: "ours",
  sdk: "Promise.all of the SDK",
  undici: "raw undici",
  ready: "raw undici with a ready token",
};
const goals = { sdk: 13, undici: 0.8, ready: 0.7 };

/** How many broadcasts a second does one process make, and what does each of them cost it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 11);
  const callers = readCount("BENCH_CALLERS", 16);
  printQuestion(
    `Fan-out: how many broadcasts to ${count} endpoints does one process make per second?`,
    [
      `200 B of JSON, ${callers} callers that wait for each broadcast. The rivals are \`Promise.all\` of the`,
      "SDK's sendToAll on a client for each endpoint, and undici with a pool for each, with a signature",
      "for each request or with a token that is ready. The endpoints are ports of another process, and how busy that is is printed.",
    ],
  );
  const services = await Worker.start("servers/accepting-services.mjs", { count });
  const options = { endpoints: endpointsAt(services.info.urls) };
  const ways = Object.keys(labels);
  const results = await compareBroadcasters(ways, services, { rounds, callers, options });
  await services.stop();

  printBroadcasters(labels, results);
  for (const [rival, goal] of Object.entries(goals)) {
    printAgainst(`rate against ${labels[rival]}`, results.ours, results[rival], goal);
  }
}
