import { endpointsAt } from "./support/endpoints.mjs";
import { measureInFreshProcess } from "./support/fresh-process.mjs";
import { printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

/** What a function does that has just been started: it answers one client where to connect. */
const programs = {
  sdk: (endpoints) => `
    const { WebPubSubServiceClient } = await import("@azure/web-pubsub");
    const [{ connectionString }] = ${JSON.stringify(endpoints)};
    const client = new WebPubSubServiceClient(connectionString, "chat", { allowInsecureConnection: true });
    app.get("/negotiate", async (_req, res) => {
      const { url } = await client.getClientAccessToken({ userId: "ada" });
      res.json({ url });
    });`,
  ours: (endpoints) => `
    const { resilientPubSub } = await import("./dist/index.mjs");
    app.use(resilientPubSub({
      hub: "chat",
      endpoints: ${JSON.stringify(endpoints)},
      negotiate: { authenticate: () => ({ userId: "ada" }) },
    }));`,
};

/** How long does the first client of a serverless function wait? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 15);
  printQuestion("Cold start: how long from nothing to the first answer of negotiate?", [
    "Every round in fresh processes, in turn: the import, an Express app that listens, and one request",
    "over loopback. Ours chooses between two endpoints, and looks at them first; the rival has the SDK",
    "make a token for one. Express is imported before the clock starts.",
  ]);
  const services = await Worker.start("servers/accepting-services.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const samples = { sdk: [], ours: [] };
  for (let round = -1; round < rounds; round++) {
    for (const [name, programOf] of Object.entries(programs)) {
      const sample = startOnce(programOf(endpoints));
      if (round >= 0) samples[name].push(sample);
    }
  }
  await services.stop();
  const of = (name, clock) => samples[name].map((sample) => sample[clock]);
  printFigure("the SDK, @azure/web-pubsub", of("sdk", "wall"), "ms");
  printFigure("the plugin", of("ours", "wall"), "ms");
  printRatio("time of the plugin to the SDK's", ratios(of("ours", "wall"), of("sdk", "wall")));
  printFigure("CPU of the SDK", of("sdk", "cpu"), "ms");
  printFigure("CPU of the plugin", of("ours", "cpu"), "ms");
  printRatio("the same in CPU", ratios(of("ours", "cpu"), of("sdk", "cpu")));
}

function startOnce(setUp) {
  const program = `
    const app = express();
    ${setUp}
    const server = app.listen(0, "127.0.0.1", async () => {
      const response = await fetch("http://127.0.0.1:" + server.address().port + "/negotiate");
      if (!(await response.json()).url) throw new Error("No URL was answered.");
      stop();
      process.exit();
    });
  `;
  return measureInFreshProcess(program, 'const { default: express } = await import("express");');
}
