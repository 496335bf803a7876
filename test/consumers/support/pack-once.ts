import { rm } from "node:fs/promises";
import { pack } from "./pack.ts";

declare global {
  /** Set while there is a tarball to remove. */
  var removePacked: (() => Promise<void>) | undefined;
}

/** Before all test files of the project, unless somebody has packed already. */
export default async function packOnce(): Promise<void> {
  if (process.env.PACKED_TARBALL) return;
  const packed = await pack();
  process.env.PACKED_TARBALL = packed.tarball;
  globalThis.removePacked = () => rm(packed.folder, { recursive: true, force: true });
}
