import { plainReason } from "./dom.js";

/** An app server's event as a line of the timeline. */
export function describeEvent({ name, detail }) {
  const { endpoint, endpoints, from, to, reason, user } = detail;
  switch (name) {
    case "endpointUp":
      return { text: `sees ${endpoint} up`, tone: "good" };
    case "endpointDown":
      return { text: `sees ${endpoint} down (${plainReason(reason)})`, tone: "bad" };
    case "failover":
      return {
        text: `failover: clients of ${from} go to ${to} (${plainReason(reason)})`,
        tone: "bad",
      };
    case "failback":
      return { text: `failback: clients go to ${to} again`, tone: "good" };
    case "allDown":
      return { text: `nobody left: ${endpoints.map((it) => it.endpoint).join(", ")}`, tone: "bad" };
    case "clientConnect":
      return { text: `admits ${user}` };
    default:
      return { text: name };
  }
}
