import { engines, name } from "../../package.json";

/**
 * @param version Of the Node that runs, such as `20.18.1`.
 * @returns A sentence if that is too old for this package. Nothing of an older Node is used here.
 */
export function nodeBelowFloor(version: string): string | undefined {
  const floor = engines.node.replace(">=", "");
  const running = version.split(".").map(Number);
  for (const [index, least] of floor.split(".").map(Number).entries()) {
    const part = running[index] ?? 0;
    if (part > least) return undefined;
    if (part < least) return `${name} needs Node ${floor} or newer, and this is Node ${version}.`;
  }
  return undefined;
}
