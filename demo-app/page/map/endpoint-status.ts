import type { EndpointView, EnvironmentView } from "../../contract/live.ts";
import { FAULT_WORDS } from "../kit/text-format.ts";
import type { Sign } from "./signs.ts";

export interface EndpointStatus {
  readonly sign: Sign;
  readonly text: string;
}

/** The one thing to know about an endpoint at a glance. */
export function statusOf({ servers }: EnvironmentView, endpoint: EndpointView): EndpointStatus {
  const { name, fault, isDrained, isForced } = endpoint;
  if (fault) {
    const isLoud = fault === "crash" || fault === "blackhole" || fault === "access-denied";
    return { sign: isLoud ? "bad" : "warning", text: FAULT_WORDS[fault].state };
  }
  if (isDrained) return { sign: "paused", text: "drained" };
  const links = servers
    .filter(({ isRunning }) => isRunning)
    .flatMap(({ links }) => links.filter((link) => link.endpoint === name));
  const down = links.filter(({ health }) => health === "unhealthy").length;
  if (down > 0) return { sign: "bad", text: down === links.length ? "down" : "partly down" };
  if (isForced) return { sign: "pinned", text: "forced" };
  if (!links.some(({ health }) => health === "healthy"))
    return { sign: "unknown", text: "unknown" };
  return { sign: "good", text: "healthy" };
}
