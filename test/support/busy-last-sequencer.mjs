import path from "node:path";
import Sequencer from "@jest/test-sequencer";

// What tries thousands of cases without a pause, on a virtual clock or none.
const BUSY = /\b(simulation|model|mutations|herd|fuzz-\w+|random-\w+|history-(random|memory))\b/;

/**
 * Most tests wait for real processes, with deadlines; beside others that wait they have the machine
 * nearly to themselves. Those that keep a core busy from beginning to end come last, side by side.
 */
export default class BusyLastSequencer extends Sequencer {
  sort(tests) {
    const isBusy = (test) => BUSY.test(path.relative(test.context.config.rootDir, test.path));
    const isLong = (test) => test.path.includes(".long.");
    const sorted = super.sort([...tests]);
    const busy = sorted.filter(isBusy);
    return [
      ...sorted.filter((test) => !isBusy(test)),
      // The longest first, so that the last one does not run alone.
      ...busy.filter(isLong),
      ...busy.filter((test) => !isLong(test)),
    ];
  }
}
