import type { GroupEvent, SystemEvent } from "express-resilient-pubsub/emulator";
import type { Supported } from "./emulator-features.ts";

const handler = "conformance/event-handler";

export const events: Record<SystemEvent | GroupEvent | "user" | "validation", Supported> = {
  validation: {
    what: "validation",
    notes: "`OPTIONS`, on 404 `GET`",
    shownBy: [
      [handler, "gets no events from an endpoint that it does not allow"],
      [
        "emulator/upstream/validation",
        "an app server that does not know OPTIONS is asked by GET, with the same headers",
      ],
      ["emulator/upstream/validation", "%s: status, origins, and what is missing"],
    ],
  },
  connect: {
    what: "`connect`",
    notes: "`userId`, `groups`, `roles`, `subprotocol`, state",
    shownBy: [
      [handler, "decides user, groups and roles of a client that connects"],
      ["emulator/clients/handshake", "because its app server %s gets a status that says so (E)"],
    ],
  },
  connected: {
    what: "`connected`",
    shownBy: [
      [handler, "sees a connection from its beginning to its end, with the state it keeps"],
    ],
  },
  disconnected: {
    what: "`disconnected`",
    notes:
      "with the reason, the client's own as well; of a close by REST with the service's sentence",
    shownBy: [
      ["emulator/upstream/upstream", "come once each when %s"],
      [
        "emulator/upstream/upstream",
        "disconnected tells the whole sentence of a close by REST, the close frame nothing",
      ],
    ],
  },
  joined: {
    what: "`joined`",
    shownBy: [[handler, "hears of the groups of a connection, between its beginning and its end"]],
  },
  left: {
    what: "`left`",
    shownBy: [[handler, "hears of the groups of a connection, between its beginning and its end"]],
  },
  user: {
    what: "user events",
    notes: "text, json, binary, protobuf; metadata, cookies, state; again after 503",
    shownBy: [
      [handler, "gets events whose data is %j"],
      ["emulator/upstream/user-events", "of type %s come with their content type"],
      [
        "emulator/upstream/user-events",
        "the state is kept: successes replace it, and each later event tells it",
      ],
      [
        "emulator/upstream/headers",
        "cookies of successful answers are sent on the later events of the same connection only",
      ],
      ["emulator/upstream/headers", "go out as headers and come back as such"],
      ["emulator/upstream/retries", "%s by %j is %s in the end, after so many calls: %i (E)"],
      ["emulator/upstream/user-events", "ends because %s, and no later event of it is sent (E)"],
    ],
  },
};
