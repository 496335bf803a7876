import { Charts } from "./charts/charts.ts";
import { herdPicture } from "./charts/herd-picture.ts";
import { Controls } from "./controls/controls.ts";
import { DrillPanel } from "./drill/drill-panel.ts";
import { ChatPanel } from "./feeds/chat-panel.ts";
import { EventTimeline } from "./feeds/event-timeline.ts";
import { LogPanel } from "./feeds/log-panel.ts";
import { FigurePanel } from "./figures/figure-panel.ts";
import { ConnectionBadge } from "./header/connection-badge.ts";
import { ProductLine } from "./header/product-line.ts";
import { byId } from "./kit/dom.ts";
import { ScreenReaderAnnouncements } from "./kit/screen-reader-announcements.ts";
import { type Crowd, LiveState } from "./live/live-state.ts";
import { LiveStream } from "./live/live-stream.ts";
import { RenderScheduler } from "./live/render-scheduler.ts";
import { TabClient } from "./live/tab-client.ts";
import { tabUserName } from "./live/tab-user-name.ts";
import { ClientInspector } from "./map/client-inspector.ts";
import { fillLegend } from "./map/legend.ts";
import { MapCaption } from "./map/map-caption.ts";
import { RegionMap } from "./map/region-map.ts";
import { fillWords } from "./map/words.ts";
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
  const map = new RegionMap(state, tabClient, () => scheduler.changed("shown"));
  const mapPlace = byId("map");
  const clientInspector = new ClientInspector(state, map, mapPlace);
  fillLegend(byId("legend"));
  fillWords(byId("words"));
  byId("herd").append(...herdPicture());
  openWhatHasRoom();
  const showCrowd = (crowd: Crowd): void => {
    state.crowd = crowd;
    scheduler.changed("crowd", "shown");
  };
  new ResizeObserver(() => map.resize(mapPlace.clientWidth)).observe(mapPlace);

  scheduler.add(
    new ConnectionBadge(state, byId("link")),
    new ProductLine(state, byId("mode")),
    // It comes first: what is said beside it follows where its dots are.
    map,
    new Summary(state, byId("summary"), announcements),
    new MapCaption(state, byId("figure")),
    clientInspector,
    new FigurePanel(state, byId("figures"), showCrowd),
    new DrillPanel(state, byId("drill"), announcements),
    new Controls(state, byId("controls")),
    new Charts(state, byId("charts")),
    new EventTimeline(state, byId("timeline"), byId("latest")),
    new LogPanel(state, byId("log")),
    chatPanel,
  );

  const stream = new LiveStream({
    opened: () => {
      state.isLinked = true;
      state.reset();
      scheduler.changed("link", "clients", "shown", "events", "log", "drill");
    },
    received: (name, data) => {
      state.receive(name, data);
      scheduler.changed(name);
      // Dots that appear or begin a flight change what the map shows at once.
      if (name === "clients" || name === "microsoftClients") scheduler.changed("shown");
      if (name === "environment") endComparison(state, showCrowd);
      if (name === "environment") connectTab(state, tabClient);
    },
    disconnected: () => {
      state.isLinked = false;
      scheduler.changed("link");
    },
  });
  stream.open();
}

/** On a large screen there is room for more than the map. */
function openWhatHasRoom(): void {
  const folds = matchMedia("(min-width: 100rem)").matches
    ? ["timeline-fold", "chat-fold", "charts-fold"]
    : matchMedia("(min-width: 60rem)").matches
      ? ["timeline-fold", "chat-fold"]
      : [];
  for (const fold of folds) byId(fold).setAttribute("open", "");
}

/** Another tab may have ended it: a map without clients would say nothing. */
function endComparison(
  { crowd, environment, wasComparing }: LiveState,
  show: (crowd: Crowd) => void,
): void {
  if (crowd === "microsoft" && wasComparing && !environment?.isComparing) show("ours");
}

/** The tab becomes a client as soon as it is known where there are homes. */
function connectTab({ environment }: LiveState, tabClient: TabClient): void {
  const regions = environment?.servers.map(({ region }) => region) ?? [];
  const [first] = regions;
  if (tabClient.isStarted || first === undefined) return;
  tabClient.connectFrom(regions.includes(tabClient.homeRegion) ? tabClient.homeRegion : first);
}
