#!/usr/bin/env node
import { nodeBelowFloor } from "../kit/node-floor.ts";

const problem = nodeBelowFloor(process.versions.node);
if (problem) {
  process.stderr.write(`resilient-pubsub: ${problem}\n`);
  process.exitCode = 1;
} else {
  // What it imports may not even load on an older Node.
  void import("./main.ts").then(({ main }) => main());
}
