import type { StoreFacts } from "../contract/store.ts";
import { type Found, fail, pass, warn } from "./check.ts";

/** What a history or an agreement loses by it. */
const LOSS = {
  history: "clients are told that they have missed something (recovered: false)",
  coordination: "servers write down anew what they last agreed on",
} as const;

/** By the names of `INFO`: version, mode, role, eviction, memory, persistence. Pure. */
export function verdictsOnRedis(facts: StoreFacts, kind: keyof typeof LOSS): Found[] {
  if (facts.redis_version === undefined) return [];
  return [
    pass(`redis ${facts.redis_version}, ${facts.redis_mode ?? "mode unknown"}`),
    ...problemsOf(facts, kind),
  ];
}

function problemsOf(facts: StoreFacts, kind: keyof typeof LOSS): Found[] {
  const isReplica = facts.role === "slave" || facts.role === "replica";
  const isBounded = Number(facts.maxmemory ?? 0) > 0;
  const policy = facts.maxmemory_policy ?? "noeviction";
  const found: (Found | false)[] = [
    Number.parseInt(facts.redis_version ?? "", 10) < 6 &&
      fail(`redis ${facts.redis_version} is too old`, "give redis 6 or later"),
    isReplica && fail("it is a replica, which takes no writes", GIVE_PRIMARY),
    isGeoReplicated(facts) && fail("it is active in several regions (active-active)", ONE_PRIMARY),
    isBounded &&
      policy.startsWith("allkeys-") &&
      warn(
        `its maxmemory-policy is ${policy}: when it is full it forgets keys in use, and ${LOSS[kind]}`,
        NO_EVICTION,
      ),
    !isReplica &&
      !isPersistent(facts) &&
      Number(facts.connected_slaves ?? 0) === 0 &&
      warn(`it writes nothing down and has no replica: after a restart ${LOSS[kind]}`, PERSIST),
    facts.rdb_last_bgsave_status === "err" &&
      warn(
        "its last snapshot has failed",
        "look at its disk and its memory: it may refuse writes (MISCONF)",
      ),
  ];
  return found.filter((one) => one !== false);
}

/** Of what is saved to a file, `INFO` tells only that it has been, in the life of the process. */
const isPersistent = (facts: StoreFacts): boolean =>
  facts.aof_enabled === "1" || Number(facts.rdb_saves ?? 0) > 0;

const isGeoReplicated = (facts: StoreFacts): boolean =>
  Object.keys(facts).some((name) => /^crdt|active_active/.test(name));

const GIVE_PRIMARY = "give the URL of the primary, or sentinels: redis+sentinel://...";
const ONE_PRIMARY =
  "give a database that is active in one region; a passive replica may be in another";
const NO_EVICTION = "set maxmemory-policy to noeviction, or to one of volatile-*";
const PERSIST = "switch on AOF or snapshots, or give it a replica, if that matters to you";
