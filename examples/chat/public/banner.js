// Says that the connection is lost and when it is back. Lies over the messages, so nothing moves when it comes and goes.
import { $, h } from "./dom.js";

const goodNewsMs = 3000;
let hiding;

function show(kind, ...content) {
  clearTimeout(hiding);
  const banner = $("banner");
  banner.className = `banner on ${kind}`;
  banner.replaceChildren(h("span", { class: "pulse", "aria-hidden": "true" }), h("p", {}, ...content));
}

export function lost(waiting, reconnect) {
  const kept = waiting === 0 ? "What you write is kept and sent when it is back."
    : waiting === 1 ? "1 message waits to be sent." : `${waiting} messages wait to be sent.`;
  const again = h("button", { type: "button", class: "link", onclick: reconnect }, "Try now");
  show("lost", h("strong", {}, "Connection lost. "), "Trying to reconnect… ", kept, " ", again);
}

export function back(sent) {
  const news = sent === 0 ? "" : sent === 1 ? " Your message is on its way." : ` Your ${sent} messages are on their way.`;
  show("back", h("strong", {}, "Back online."), news);
  hiding = setTimeout(hide, goodNewsMs);
}

export function hide() {
  clearTimeout(hiding);
  $("banner").classList.remove("on");
}
