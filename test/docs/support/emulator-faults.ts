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
  "slow-link": {
    what: "`slow-link`",
    notes: "`bytesPerSecond` of each connection, one figure or `{ up, down }`",
    shownBy: [
      ["emulator/faults/slow-link", "keeps what it sends on the way at %j, and nobody else waits"],
      [
        "emulator/faults/slow-link",
        "keeps what it is sent on the way at %j, and nobody else waits",
      ],
    ],
  },
  "half-open": {
    what: "`half-open`",
    notes: "open clients stay open and are dead; new requests get no answer",
    shownBy: [
      [
        "emulator/faults/half-open",
        "open clients stay open, get nothing and say nothing, until their sockets end with the fault",
      ],
    ],
  },
  tls: {
    what: "`tls`",
    notes: "new connections see a `certificate` that is `wrong` or `expired`",
    shownBy: [
      ["emulator/faults/tls-certificate", "is what new connections see, and open ones go on"],
    ],
  },
  dns: {
    what: "`dns`",
    notes:
      "`emulator.lookup` says `ENOTFOUND` (the default `answer`), `EAI_AGAIN`, or nothing (`none`)",
    shownBy: [
      ["emulator/faults/dns", "%j answers the name with %s, and everything else as before"],
    ],
  },
  poison: {
    what: "`poison`",
    notes: "REST calls and handshakes that contain `text` get `status` 403",
    shownBy: [["emulator/faults/poison", "refuses that one call only, and nobody gets it"]],
  },
};
