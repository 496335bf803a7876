import "uplot/dist/uPlot.min.css";
import "./styles/colours.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/map.css";
import "./styles/controls.css";
import "./styles/charts.css";
import "./styles/figures.css";
import "./styles/feeds.css";
import "./styles/drill.css";
import { makeLanguageUsable } from "./usable-language.ts";

makeLanguageUsable();
const { openPage } = await import("./open-page.ts");
openPage();
