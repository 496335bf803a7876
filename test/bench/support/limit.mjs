import { readFileSync } from "node:fs";

const reserve = 200;

/** How many sockets one process may have open; Node raises the soft limit to the hard one. */
export function maxSockets() {
  try {
    const [, hard] = /^Max open files\s+\S+\s+(\d+)/m.exec(
      readFileSync("/proc/self/limits", "utf8"),
    );
    return Number(hard) - reserve;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** As many as wanted, or as many as may be; then it says so. */
export function affordableSockets(wanted, perSocket = 1) {
  const possible = Math.floor(maxSockets() / perSocket);
  if (possible >= wanted) return wanted;
  console.log(
    `  SCALED DOWN to ${possible} sockets: the limit of open files (ulimit -Hn) forbids ${wanted}.`,
  );
  return possible;
}
