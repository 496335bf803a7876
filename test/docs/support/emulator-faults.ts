import type { FaultKind } from "express-resilient-pubsub/emulator";
import type { Supported } from "./emulator-features.ts";

const refusals = "emulator/faults/refusals";

export const faults: Record<FaultKind, Supported> = {
  crash: {
    what: "`crash`",
    notes: "sockets are destroyed, the port refuses, the state is lost",
    shownBy: [
      [
        "emulator/faults/crash",
        "destroys every socket, refuses new ones and tells nobody upstream",
      ],
    ],
  },
  blackhole: {
    what: "`blackhole`",
    notes: "TCP connects, nothing is answered; open clients stay open and silent",
    shownBy: [
      [
        "emulator/faults/blackhole",
        "keeps open clients open and silent, and they go on afterwards",
      ],
    ],
  },
  unhealthy: {
    what: "`unhealthy`",
    notes: "`status` 503, `retryAfterInSeconds`",
    shownBy: [[refusals, "%j answers health, REST and handshakes"]],
  },
  throttle: {
    what: "`throttle`",
    notes: "429, `retryAfterInSeconds`",
    shownBy: [
      [refusals, "%j answers as it should and leaves open clients alone"],
      [refusals, "a refused handshake says that its connection ends"],
    ],
  },
  accessDenied: {
    what: "`accessDenied`",
    notes: "403",
    shownBy: [[refusals, "%j answers as it should and leaves open clients alone"]],
  },
  latency: {
    what: "`latency`",
    notes: "`delayInMs`, `jitterInMs`",
    shownBy: [
      ["emulator/faults/latency", "latency delays each answer by delayInMs and the jitter"],
    ],
  },
  gray: {
    what: "`gray`",
    notes: "health is fine, REST answers `status` 500",
    shownBy: [[refusals, "%j answers as it should and leaves open clients alone"]],
  },
};
