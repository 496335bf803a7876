import { Charts } from "./charts/charts.ts";
import { Controls } from "./controls/controls.ts";
import { DeliveryPanel } from "./deliveries/delivery-panel.ts";
import { DrillPanel } from "./drill/drill-panel.ts";
import { ChatPanel } from "./feeds/chat-panel.ts";
import { EventTimeline } from "./feeds/event-timeline.ts";
import { ConnectionBadge } from "./header/connection-badge.ts";
import { ModeLine } from "./header/mode-line.ts";
import { byId } from "./kit/dom.ts";
import { ScreenReaderAnnouncements } from "./kit/screen-reader-announcements.ts";
import { LiveState } from "./live/live-state.ts";
import { LiveStream } from "./live/live-stream.ts";
import { RenderScheduler } from "./live/render-scheduler.ts";
import { TabClient } from "./live/tab-client.ts";
import { tabUserName } from "./live/tab-user-name.ts";
import { ClientInspector } from "./map/client-inspector.ts";
import { fillLegend } from "./map/legend.ts";
import { RegionMap } from "./map/region-map.ts";
import { Summary } from "./summary/summary.ts";

/** Builds the page, and has it follow the control server. */
export function openPage(): void {
  const query = new URLSearchParams(location.search);
  const state = new LiveState();
  const scheduler = new RenderScheduler();
  const announcements = new ScreenReaderAnnouncements(byId("announcements"));
  const tabClient = new TabClient(tabUserName(query), query.get("home") ?? "", {
    changed: () => scheduler.changed("tab-client"),
    received: (message) => {
      chatPanel.receive(message);
      scheduler.changed("tab-client");
    },
  });
  const chatPanel = new ChatPanel(state, tabClient, byId("chat"));
  const map = new RegionMap(state, tabClient);
  const mapPlace = byId("map");
  const clientInspector = new ClientInspector(state, map, mapPlace);
  fillLegend(byId("legend"));
  new ResizeObserver(() => map.resize(mapPlace.clientWidth)).observe(mapPlace);

  scheduler.add(
    new ConnectionBadge(state, byId("link")),
    new ModeLine(state, byId("mode")),
    new Summary(state, byId("summary"), announcements),
    map,
    clientInspector,
    new DrillPanel(state, byId("drill"), byId("figure"), announcements),
    new Controls(state, byId("controls")),
    new DeliveryPanel(state, byId("deliveries")),
    new Charts(state, byId("charts")),
    new EventTimeline(state, byId("timeline")),
    chatPanel,
  );

  const stream = new LiveStream({
    opened: () => {
      state.isLinked = true;
      state.reset();
      scheduler.changed("link", "clients", "events", "drill");
    },
    received: (name, data) => {
      state.receive(name, data);
      scheduler.changed(name);
      if (name === "environment") connectTab(state, tabClient);
    },
    disconnected: () => {
      state.isLinked = false;
      scheduler.changed("link");
    },
  });
  stream.open();
}

/** The tab becomes a client as soon as it is known where there are homes. */
function connectTab({ environment }: LiveState, tabClient: TabClient): void {
  const regions = environment?.servers.map(({ region }) => region) ?? [];
  const [first] = regions;
  if (tabClient.isStarted || first === undefined) return;
  tabClient.connectFrom(regions.includes(tabClient.homeRegion) ? tabClient.homeRegion : first);
}
