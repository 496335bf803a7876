import { affordableSockets } from "./support/limit.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { clientUrlOf, keyOf, signToken } from "./support/tokens.mjs";
import { Worker } from "./support/worker.mjs";

const goal = 0.8;
const messagesPerRound = 5;
const subprotocols = {
  simple: undefined,
  json: "json.webpubsub.azure.v1",
  "reliable json": "json.reliable.webpubsub.azure.v1",
};

/** Does a broadcast reach everybody as fast as from a bare loop over the same sockets? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 15);
  printQuestion("Broadcast: how does a message to all sockets compare with a bare `ws` loop?", [
    "From the request until every socket has it. The emulator gets it by its REST send, the loop by",
    "a POST of the very bytes that the emulator's clients get. Receivers are in another process.",
  ]);
  const sockets = affordableSockets(readCount("BENCH_SOCKETS", 5000), 2);
  for (const protocol of Object.keys(subprotocols)) {
    for (const bytes of [200, 4096]) await measure({ protocol, bytes, sockets, rounds });
  }
}

async function measure({ protocol, bytes, sockets, rounds }) {
  const emulator = await Worker.start("servers/emulator.mjs");
  const bare = await Worker.start("servers/bare-ws.mjs");
  const audience = await Worker.start("support/audience.mjs");
  const subprotocol = subprotocols[protocol];
  const key = keyOf(emulator.info.connectionString);
  await audience.call("open", {
    group: "emulator",
    count: sockets,
    url: clientUrlOf(emulator.info.connectionString),
    subprotocol,
    greetings: subprotocol ? 1 : 0,
  });
  await audience.call("open", { group: "bare", count: sockets, url: bare.info.endpoint });

  const payload = "x".repeat(bytes);
  const send = `${emulator.info.endpoint}/api/hubs/bench/:send?api-version=2024-01-01`;
  const subjects = {
    emulator: {
      group: "emulator",
      url: send,
      headers: { "Content-Type": "text/plain", Authorization: `Bearer ${signToken(send, key)}` },
      body: payload,
      isAcknowledged: protocol === "reliable json",
    },
    bare: {
      group: "bare",
      url: bare.info.endpoint,
      headers: {},
      body: onTheWire(protocol, payload),
    },
  };
  const durations = { emulator: [], bare: [] };
  const cpu = { emulator: [], bare: [] };
  const servers = { emulator, bare };
  for (let round = -2; round < rounds; round++) {
    const order = round % 2 === 0 ? ["emulator", "bare"] : ["bare", "emulator"];
    for (const name of order) {
      const before = await servers[name].call("cpuInMs");
      const duration = await audience.call("broadcast", {
        ...subjects[name],
        messages: messagesPerRound,
      });
      const after = await servers[name].call("cpuInMs");
      if (round < 0) continue;
      durations[name].push(duration / messagesPerRound);
      cpu[name].push((after - before) / messagesPerRound);
    }
  }
  await Promise.all([audience.stop(), emulator.stop(), bare.stop()]);

  const speed = ratios(durations.bare, durations.emulator);
  console.log(`  -- ${protocol}, ${bytes} B to ${sockets} sockets`);
  printFigure("emulator", durations.emulator, "ms", 1);
  printFigure("bare ws loop", durations.bare, "ms", 1);
  printRatio("speed against the loop", speed, judge(median(speed) >= goal, `>= ${goal} x`));
  printRatio("the same in CPU of the server", ratios(cpu.bare, cpu.emulator));
}

const onTheWire = (protocol, data) =>
  protocol === "simple"
    ? data
    : JSON.stringify({
        ...(protocol === "reliable json" && { sequenceId: 100 }),
        type: "message",
        from: "server",
        dataType: "text",
        data,
      });
