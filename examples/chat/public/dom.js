// Small helpers to build the page. Children that are strings become text nodes, so nothing anybody types is ever
// parsed as HTML; there is no other way in this page to make an element.

export const $ = (id) => document.getElementById(id);

// h("p", {class: "quiet", title: "..."}, "text", otherElement)
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === undefined || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

// Names may be in any script and direction; <bdi> keeps them from turning the text around them.
export const bdi = (name) => h("bdi", { class: "name" }, name);

// A colour that stays the same for a name, as a hue; the style sheet makes it fit the light and the dark theme.
function hueOf(name) {
  let hash = 7;
  for (const char of name.toLowerCase()) hash = (hash * 31 + char.codePointAt(0)) % 9973;
  return Math.round((hash * 137.508) % 360); // the golden angle: similar names get different hues
}

export function tint(element, name) {
  element.style.setProperty("--hue", hueOf(name));
  return element;
}

export function avatar(name) {
  const initial = [...name][0]?.toUpperCase() ?? "?";
  return tint(h("span", { class: "avatar", "aria-hidden": "true" }, initial), name);
}

// Replaces the children of `parent` only when their description changed: the focus and the screen reader stay put.
export function fill(parent, description, build) {
  const text = JSON.stringify(description);
  if (parent.dataset.filled === text) return;
  const focused = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...build());
  parent.dataset.filled = text;
  if (focused) parent.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

export function sizeText(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function icon(path, label) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}
