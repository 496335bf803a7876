import type { PluginContext } from "../context/plugin-context.ts";

/**
 * Lets go of the calls of an endpoint as soon as it gets no others. While it is better than nothing
 * it still gets them, and those that wait may yet be answered.
 */
export function giveUpWhatIsOut({
  events,
  registry,
}: Pick<PluginContext, "events" | "registry">): void {
  events.onInternally("endpointDown", ({ endpoint }) => {
    const targets = registry.fanOutTargets();
    const down = registry.find(endpoint);
    if (down && !targets.has(down)) down.endpoint.giveUp();
  });
}
