// The messages on the page. Shows one conversation and follows it entry by entry, so that nothing is drawn twice, a
// screen reader hears only what is new, and the reader's place stays where it is unless it was at the end.
import { $, avatar, bdi, h, icon, tint } from "./dom.js";
import { urlOf } from "./pictures.js";

const groupMs = 5 * 60 * 1000;
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const states = {
  waiting: ["M12 6v6l4 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18", "waiting for the connection"],
  sending: ["M12 6v6l4 2M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18", "sending"],
  failed: ["M12 7v7M12 17v.5M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18", "not sent"],
  sent: ["M5 13l4 4L19 7", "sent"],
};

export class Log {
  #log = $("log"); // scrolls and speaks
  #list = $("entries");
  #newer = $("newer");
  #conversation;
  #nodes = new Map(); // entry -> its <li>
  #atEnd = true;

  constructor(actions) {
    this.actions = actions; // {retry(entry), discard(entry)}
    this.#log.addEventListener("scroll", () => this.#onScroll());
    this.#newer.addEventListener("click", () => this.toEnd());
    // A growing message field or an opening keyboard must not push the last message out of sight.
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.#log);
  }

  show(conversation) {
    this.#log.setAttribute("aria-live", "off"); // a whole history is not news
    for (const entry of this.#nodes.keys()) this.#release(entry);
    this.#list.replaceChildren();
    this.#log.dataset.kind = conversation.kind;
    this.#conversation = conversation;
    for (const entry of conversation.entries) this.#place(entry);
    this.#changed();
    this.toEnd();
    setTimeout(() => this.#log.setAttribute("aria-live", "polite"), 300);
  }

  // The entry is new, has moved, or its status changed.
  put(entry) {
    const stay = !this.#atEnd && !(entry.own && entry.status !== "sent");
    this.#release(entry);
    this.#place(entry);
    for (const old of this.#conversation.trim()) this.#release(old);
    this.#changed();
    if (!stay) this.toEnd();
    else if (!entry.own) this.#newer.hidden = false;
  }

  remove(entry) {
    const next = this.#nodes.get(entry)?.nextElementSibling;
    this.#release(entry);
    if (next) this.#decorate(next);
    this.#changed();
  }

  #changed() {
    $("empty").hidden = this.#nodes.size > 0;
  }

  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#atEnd = true;
    this.#newer.hidden = true;
  }

  #onScroll() {
    this.#atEnd = this.#log.scrollHeight - this.#log.scrollTop - this.#log.clientHeight < 60;
    if (this.#atEnd) this.#newer.hidden = true;
  }

  #place(entry) {
    const { entries } = this.#conversation;
    const node = entry.notice ? noticeNode(entry) : this.#messageNode(entry);
    node.entry = entry;
    this.#nodes.set(entry, node);
    const after = entries.slice(entries.indexOf(entry) + 1).find((e) => this.#nodes.has(e));
    this.#list.insertBefore(node, after ? this.#nodes.get(after) : null);
    this.#decorate(node);
    if (node.nextElementSibling) this.#decorate(node.nextElementSibling);
  }

  #release(entry) {
    const node = this.#nodes.get(entry);
    if (!node) return;
    if (node.url) URL.revokeObjectURL(node.url);
    node.remove();
    this.#nodes.delete(entry);
  }

  // Messages of one person within some minutes stand together; a new day gets a line.
  #decorate(node) {
    const { message } = node.entry;
    if (!message) return;
    const before = node.previousElementSibling?.entry;
    const sameDay = before?.message && day.format(before.message.at) === day.format(message.at);
    const close = sameDay && before.message.from === message.from && message.at - before.message.at < groupMs;
    node.classList.toggle("follows", Boolean(close));
    const needsDay = !sameDay && !isAfterSameDay(node, message.at);
    node.querySelector(".day")?.remove();
    if (needsDay) node.prepend(h("p", { class: "day" }, day.format(message.at)));
  }

  #messageNode(entry) {
    const { message, own, status } = entry;
    const node = h("li", { class: own ? "message own" : "message", "data-id": message.id, "data-status": status });
    const bubble = h("div", { class: "bubble" });
    if (message.image) bubble.append(this.#pictureNode(node, message));
    if (message.text) bubble.append(h("p", { class: "text", dir: "auto" }, ...linked(message.text)));
    const time = h("time", { datetime: new Date(message.at).toISOString() }, clock.format(message.at));
    bubble.append(h("span", { class: "stamp" }, time, own ? icon(...states[status]) : null));
    const body = h("div", { class: "body" }, own ? null : tint(h("p", { class: "author" }, bdi(message.from)), message.from),
      bubble);
    if (status === "failed") body.append(this.#failureNode(entry));
    node.append(own ? "" : avatar(message.from), body);
    return node;
  }

  #failureNode(entry) {
    return h("p", { class: "failure" }, `Not sent. ${entry.error} `,
      h("button", { type: "button", class: "link", onclick: () => this.actions.retry(entry) }, "Try again"), " ",
      h("button", { type: "button", class: "link", onclick: () => this.actions.discard(entry) }, "Discard"));
  }

  // The place of a picture is known before it is decoded, so the messages around it never jump.
  #pictureNode(node, { image, from }) {
    const ratio = Math.min(8, Math.max(1 / 8, image.width / image.height)) || 1;
    const width = Math.round(Math.max(96, Math.min(image.width || 320, 320, 380 * ratio)));
    const frame = (tag, attributes, ...children) => {
      const element = h(tag, { class: "picture", ...attributes }, ...children);
      element.style.width = `${width}px`;
      element.style.aspectRatio = String(ratio);
      return element;
    };
    node.url = image.data ? urlOf(image) : undefined;
    if (!node.url) return frame("p", {}, "This picture is no longer kept.");
    const picture = h("img", { src: node.url, alt: `Picture from ${from}`, decoding: "async" });
    const button = frame("button", { type: "button", title: "Look at it closely", onclick: () => view(picture) }, picture);
    picture.addEventListener("error", () => button.replaceWith(frame("p", {}, "This picture cannot be shown.")));
    return button;
  }
}

// A day line belongs to the first message of the day, also when a notice stands between.
function isAfterSameDay(node, at) {
  for (let other = node.previousElementSibling; other; other = other.previousElementSibling) {
    if (other.entry.message) return day.format(other.entry.message.at) === day.format(at);
  }
  return false;
}

const noticeNode = ({ notice, who }) => h("li", { class: "notice" }, who ? bdi(who) : null, notice);

function view(picture) {
  $("viewer-image").src = picture.src;
  $("viewer-image").alt = picture.alt;
  $("viewer").showModal();
}
$("viewer").addEventListener("click", (event) => event.target.tagName !== "BUTTON" && $("viewer").close());

// Text with its web addresses as links; only http and https become one.
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/).map((part, i) =>
    i % 2 === 0 ? part : h("a", { href: part, target: "_blank", rel: "noopener noreferrer nofollow" }, part));
}
