import { judge, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { Worker } from "./support/worker.mjs";

const warmUp = 100;
const tolerance = { share: 0.02, bytes: 1024 * 1024 };

/** Does anything of a connection stay behind that the client has left? */
export async function run() {
  const moves = readCount("BENCH_MOVES", 1000);
  const checkpoints = [warmUp, moves / 2, moves].map(Math.ceil);
  printQuestion(`Clients, memory: what does one of ours hold that has moved ${moves} times?`, [
    "Between two regions, in a group, with a message after each move. In turn its socket is cut, the",
    "service closes it, its region crashes. After garbage collection.",
  ]);
  const regions = await Worker.start("servers/regions.mjs");
  const mover = await Worker.start("support/mover.mjs", {}, ["--expose-gc"]);
  await mover.call("start", regions.info.connectionStrings);
  const heaps = [];
  for (let move = 1; move <= moves; move++) {
    await chase({ regions, mover }, move);
    if (!checkpoints.includes(move)) continue;
    const { heap, rss } = await mover.call("memory");
    heaps.push(heap);
    const figures = [heap, rss].map((bytes) => (bytes / 1024 / 1024).toFixed(2).padStart(7));
    const resources = await mover.call("resources");
    const label = `after ${move} moves`.padEnd(20);
    console.log(
      `  ${label} heap ${figures[0]} MiB   RSS ${figures[1]} MiB   ${resources} sockets and timers`,
    );
  }
  await Promise.all([mover.stop(), regions.stop()]);
  const growth = heaps.at(-1) - heaps[0];
  const isFlat = growth <= Math.max(tolerance.bytes, heaps[0] * tolerance.share);
  const perMove = growth / (moves - warmUp);
  const figure = `${(growth / 1024).toFixed(0)} KiB, ${perMove.toFixed(0)} B for each move`;
  console.log(`  ${"growth since the first".padEnd(34)}${figure}${judge(isFlat, "<= 1 MiB")}`);
}

/** Makes the client move once, to the region where it is not. */
async function chase({ regions, mover }, move) {
  const from = (move - 1) % 2;
  const to = move % 2;
  await mover.call("aim", to);
  const means = ["drop", "expel", "crash"][move % 3];
  await regions.call(means, from);
  await mover.call("arrive", to);
  if (means === "crash") await regions.call("clear", from);
}
