import { spawnSync } from "node:child_process";

export const isRedisInstalled = spawnSync("redis-server", ["--version"]).status === 0;
