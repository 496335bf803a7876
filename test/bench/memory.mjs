import { affordableSockets } from "./support/limit.mjs";
import { growthInKib, sampleInTurn } from "./support/memory-growth.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { clientUrlOf } from "./support/tokens.mjs";
import { Worker } from "./support/worker.mjs";

const goal = 1.5;
const warmUp = 100;
const subprotocols = {
  simple: undefined,
  json: "json.webpubsub.azure.v1",
  "reliable json": "json.reliable.webpubsub.azure.v1",
};

/** What does a client cost that is only there? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 5);
  printQuestion("Memory: what does an idle socket cost, against one of a bare `ws` server?", [
    "Growth of the process over all sockets, after garbage collection; fresh processes every round.",
    "Heap is what V8 holds, with its buffers; RSS is what the system counts, slack included.",
  ]);
  const sockets = affordableSockets(readCount("BENCH_SOCKETS", 5000));
  const names = ["bare ws", ...Object.keys(subprotocols)];
  const samples = await sampleInTurn(names, rounds, (name) => measure(name, sockets));
  const bare = samples["bare ws"];
  for (const [name, { rss, heap }] of Object.entries(samples)) {
    console.log(`  -- ${name}, ${sockets} sockets`);
    printFigure("RSS per socket", rss, "KiB", 1);
    printFigure("heap per socket", heap, "KiB", 1);
    if (name === "bare ws") continue;
    const [rssRatio, heapRatio] = [ratios(rss, bare.rss), ratios(heap, bare.heap)];
    printRatio("RSS against bare ws", rssRatio, judge(median(rssRatio) <= goal, `<= ${goal} x`));
    printRatio("heap against bare ws", heapRatio, judge(median(heapRatio) <= goal, `<= ${goal} x`));
  }
}

async function measure(name, sockets) {
  const isBare = name === "bare ws";
  const server = await Worker.start(isBare ? "servers/bare-ws.mjs" : "servers/emulator.mjs", {}, [
    "--expose-gc",
  ]);
  const audience = await Worker.start("support/audience.mjs");
  const { endpoint } = server.info;
  const subprotocol = subprotocols[name];
  const target = isBare
    ? { url: endpoint }
    : {
        url: clientUrlOf(server.info.connectionString),
        subprotocol,
        greetings: subprotocol ? 1 : 0,
      };
  // The first sockets also pay for code that is compiled only then.
  await audience.call("open", { group: "first", count: warmUp, ...target });
  const before = await server.call("memory");
  await audience.call("open", { group: "all", count: sockets - warmUp, ...target });
  const after = await server.call("memory");
  await Promise.all([audience.stop(), server.stop()]);
  return growthInKib(before, after, sockets - warmUp);
}
