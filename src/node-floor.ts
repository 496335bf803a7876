import { nodeBelowFloor } from "./kit/node-floor.ts";

/*
 * Loaded before all others by the build, so that whoever runs an old Node reads a sentence, and not
 * the first thing that is missing there.
 */
const problem = nodeBelowFloor(process.versions.node);
if (problem) throw Object.assign(new Error(problem), { code: "ERR_UNSUPPORTED_NODE" });
