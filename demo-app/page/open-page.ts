import { Charts } from "./charts/charts.ts";
import { Controls } from "./controls/controls.ts";
import { DrillPanel } from "./drill/drill-panel.ts";
import { Chat } from "./feeds/chat-panel.ts";
import { Timeline } from "./feeds/event-timeline.ts";
import { LinkBadge } from "./header/connection-badge.ts";
import { ModeLine } from "./header/mode-line.ts";
import { byId } from "./kit/dom.ts";
import { Announcer } from "./kit/screen-reader-announcements.ts";
import { LiveState } from "./live/live-state.ts";
import { LiveStream } from "./live/live-stream.ts";
import { Frames } from "./live/render-scheduler.ts";
import { Me } from "./live/tab-client.ts";
import { rememberedUser } from "./live/tab-user-name.ts";
import { Inspector } from "./map/client-inspector.ts";
import { fillLegend } from "./map/legend.ts";
import { RegionMap } from "./map/region-map.ts";
import { Summary } from "./summary/summary.ts";

/** Builds the page, and has it follow the control room. */
export function openPage(): void {
  const query = new URLSearchParams(location.search);
  const state = new LiveState();
  const frames = new Frames();
  const announcer = new Announcer(byId("announcer"));
  const me = new Me(rememberedUser(query), query.get("home") ?? "", {
    changed: () => frames.changed("me"),
    heard: (message) => {
      chat.hear(message);
      frames.changed("me");
    },
  });
  const chat = new Chat(state, me, byId("chat"));
  const map = new RegionMap(state, me);
  const mapPlace = byId("map");
  const inspector = new Inspector(state, map, mapPlace);
  fillLegend(byId("legend"));
  new ResizeObserver(() => map.resize(mapPlace.clientWidth)).observe(mapPlace);

  frames.add(
    new LinkBadge(state, byId("link")),
    new ModeLine(state, byId("mode")),
    new Summary(state, byId("summary"), announcer),
    map,
    inspector,
    new DrillPanel(state, byId("drill"), byId("figure"), announcer),
    new Controls(state, byId("controls")),
    new Charts(state, byId("charts")),
    new Timeline(state, byId("timeline")),
    chat,
  );

  const stream = new LiveStream({
    opened: () => {
      state.isLinked = true;
      state.beginAnew();
      frames.changed("link", "clients", "events", "drill");
    },
    heard: (name, data) => {
      state.hear(name, data);
      frames.changed(name);
      if (name === "environment") goHome(state, me);
    },
    cut: () => {
      state.isLinked = false;
      frames.changed("link");
    },
  });
  stream.open();
}

/** The tab becomes a client as soon as it is known where there are homes. */
function goHome({ environment }: LiveState, me: Me): void {
  const regions = environment?.servers.map(({ region }) => region) ?? [];
  const [first] = regions;
  if (me.isStarted || first === undefined) return;
  me.liveIn(regions.includes(me.home) ? me.home : first);
}
