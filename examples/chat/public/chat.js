// The chat's page: joins what the server says (the contract is in ../README.md) with what the page shows.
//   conversation.js  what was said            log.js       shows it
//   outbox.js        what is not sent yet     composer.js  where it is written
//   sidebar.js       rooms and people         banner.js, typing.js, arrivals.js, pictures.js, dom.js
// Tested in a real browser by tests/browser/.
/* global io */
import { Arrivals } from "./arrivals.js";
import * as banner from "./banner.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { $, avatar, bdi, fill, h } from "./dom.js";
import { Log } from "./log.js";
import { accepted, Outbox, reasonOf } from "./outbox.js";
import { Sidebar } from "./sidebar.js";
import { Typing } from "./typing.js";

// crypto.randomUUID() is missing on a page that came over plain HTTP from another machine.
const randomId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

// Storage may be forbidden; then the page works, and forgets.
function remembered(storage, name, value) {
  try {
    const store = window[storage];
    if (value === null) store.removeItem(name);
    else if (value !== undefined) store.setItem(name, value);
    return store.getItem(name) ?? undefined;
  } catch {
    return value ?? undefined;
  }
}

const key = remembered("localStorage", "chat.key") ?? randomId();
remembered("localStorage", "chat.key", key);

const socket = io({ auth: { key }, reconnectionDelay: 500, reconnectionDelayMax: 5000 });

// While the client waits for its next attempt, connect() alone would do nothing.
const reconnect = () => socket.disconnect().connect();

let wanted; // {nickname, room} that we asked to join, and ask for again after every cut
let me; // {nickname, room} once the server said yes; stays while the connection is lost
let joined = false; // the server knows us on this very connection
let rooms = [];
let online = [];
let members = [];
let current; // the conversation on the page
const conversations = new Map();

function conversation(kind, name) {
  const id = kind === "room" ? `#${name}` : `@${name.toLowerCase()}`;
  if (!conversations.has(id)) conversations.set(id, new Conversation(kind, name));
  return conversations.get(id);
}
const roomOfMine = () => conversation("room", me.room);
const conversationOf = ({ room, from, to }) =>
  room ? conversation("room", room) : conversation("person", from === me.nickname ? to : from);

const log = new Log({
  retry: (entry) => outbox.send(entry),
  discard(entry) {
    outbox.settle(entry);
    conversationOf(entry.message).remove(entry);
    log.remove(entry);
  },
});

const outbox = new Outbox(socket, {
  open: ({ message }) => joined && (!message.room || message.room === me.room),
  changed(entry, stored) {
    const where = conversationOf(entry.message);
    if (stored) where.confirm(entry, stored);
    if (where === current) log.put(entry);
    if (!socket.connected) banner.lost(outbox.waiting, reconnect);
  },
});

const typing = new Typing((active) => {
  if (joined) socket.volatile.emit("typing", { room: me.room, active });
});

const arrivals = new Arrivals((who, what) => add(roomOfMine(), { notice: ` ${what}`, who }));

const sidebar = new Sidebar({
  enterRoom(name) {
    sidebar.toggle(false);
    if (name === me.room) return show(roomOfMine());
    join({ nickname: me.nickname, room: name });
  },
  openPerson(nickname) {
    sidebar.toggle(false);
    show(conversation("person", nickname));
  },
});

const composer = new Composer({
  changed: (isEmpty) => current.kind === "room" && typing.mine(isEmpty),
  send({ text, image }) {
    if (outbox.isFull) {
      composer.problem("Too many messages wait to be sent.");
      return false;
    }
    const target = current.kind === "room" ? { room: current.name } : { to: current.name };
    const message = { id: randomId(), from: me.nickname, at: Date.now(), text, ...target, ...(image && { image }) };
    const entry = { message, own: true, status: "waiting" };
    typing.stop();
    add(current, entry);
    outbox.add(entry);
    return true;
  },
});

// --- what happened ----------------------------------------------------------------------------------------------

function add(where, entry) {
  if (!where.add(entry)) return;
  if (where === current) log.put(entry);
  else where.trim();
}

function receive(message) {
  const where = conversationOf(message);
  if (where.find(message.id)) return;
  const own = message.from === me.nickname;
  if (!own && where !== current) where.unread++;
  add(where, { message, own, status: "sent" });
  if (message.room) typing.theirs(message.from, false);
  showSidebar();
}

function join(request) {
  wanted = request;
  if (!socket.connected) return;
  socket.timeout(8000).emit("join", request, (error, reply) => {
    if (request !== wanted) return; // asked again since
    if (error) return socket.connected && join(request); // a silent server; a cut asks again by itself
    if (accepted(reply)) return entered(reply);
    refused(reasonOf(reply));
  });
}

function refused(reason) {
  wanted = me;
  if (joined) return composer.problem(reason);
  toDoor(reason);
}

function entered({ nickname, room, history, members: present, online: everybody }) {
  const again = me?.room === room; // after a cut: only what is new comes to what we have
  wanted = me = { nickname, room };
  joined = true;
  members = present;
  online = everybody;
  remembered("sessionStorage", "chat.joined", JSON.stringify(me));
  remembered("localStorage", "chat.nickname", nickname);

  const where = roomOfMine();
  if (again) arrivals.update(present, nickname);
  else arrivals.start(present);
  if (again) catchUp(where, history);
  else {
    where.reset();
    for (const message of history) recall(where, message);
  }
  typing.clear();
  if (!again || !current) show(where);
  if ($("banner").classList.contains("lost")) banner.back(outbox.waiting);
  toHouse();
  outbox.flush();
}

function catchUp(where, history) {
  if (where.hasGapBefore(history)) add(where, { notice: "Some messages in between are no longer kept." });
  for (const message of history) {
    if (where.find(message.id)?.status !== "sent") recall(where, message);
  }
}

// A message from the history, which may be one of mine that was stored although I did not see the answer.
function recall(where, message) {
  const mine = where.find(message.id);
  if (!mine) return add(where, { message, own: message.from === me.nickname, status: "sent" });
  outbox.settle(mine);
  where.confirm(mine, message);
  if (where === current) log.put(mine);
}

// --- what is shown ----------------------------------------------------------------------------------------------

function show(where) {
  current = where;
  where.unread = 0;
  typing.stop();
  log.show(where);
  composer.setTarget(where.kind === "room" ? `Message #${where.name}` : `Message ${where.name} privately`);
  $("typing").hidden = where.kind !== "room";
  showHeader();
  showSidebar();
  if (!sidebar.isDrawer) composer.focus(); // a phone would open its keyboard
}

function showHeader() {
  if (!current || !me) return;
  const { kind, name } = current;
  fill($("title"), [kind, name], () => (kind === "room" ? [h("span", { class: "hash" }, "#"), name] : [avatar(name), bdi(name)]));
  if (kind === "person") {
    const isOnline = online.some((nickname) => nickname.toLowerCase() === name.toLowerCase());
    const state = isOnline ? "Only the two of you see this" : "Offline";
    fill($("subtitle"), state, () => [state]);
  } else {
    const others = members.filter((nickname) => nickname !== me.nickname);
    const names = ["you", ...others.slice(0, 3)].flatMap((nickname, i) => [i ? ", " : "", bdi(nickname)]);
    const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
    fill($("subtitle"), [name, members], () => [`${members.length} here: `, ...names, more]);
  }
  $("empty").textContent = kind === "room" ? "Nobody has said anything here yet. Say hello."
    : "What you write here goes to this person only, and the server does not keep it.";
}

function showSidebar() {
  if (!me) return;
  sidebar.showRooms(rooms.map(({ name, members: count }) => ({
    name, members: count, current: current?.kind === "room" && current.name === name,
    unread: name === me.room ? roomOfMine().unread : 0, disabled: !joined && name !== me.room,
  })));
  const here = new Set(online.map((nickname) => nickname.toLowerCase()));
  const gone = [...conversations.values()].filter((c) => c.kind === "person" && !here.has(c.name.toLowerCase()));
  const row = (nickname, isOnline) => {
    const talk = conversations.get(`@${nickname.toLowerCase()}`);
    return { nickname, online: isOnline, unread: talk?.unread ?? 0, current: talk !== undefined && talk === current };
  };
  sidebar.showPeople([...online.filter((nickname) => nickname !== me.nickname).map((nickname) => row(nickname, true)),
    ...gone.map((c) => row(c.name, false))], online.length);
  fill($("my-avatar"), me.nickname, () => [avatar(me.nickname)]);
  $("my-name").textContent = me.nickname;
  $("my-state").textContent = joined ? "online" : "reconnecting…";
}

function showChoice() {
  const chosen = $("join").elements.room?.value ?? wanted?.room ?? "lobby";
  fill($("room-choice"), rooms, () => rooms.map(({ name, members: count }) => h("label", { class: "chip" },
    h("input", { type: "radio", name: "room", value: name, checked: name === chosen, "data-key": name }),
    h("span", {}, `#${name}`), h("span", { class: "count", "aria-label": `${count} here` }, String(count)))));
  if (!$("join").elements.room?.value) $("room-choice").querySelector("input")?.click();
}

function toHouse() {
  $("door").hidden = true;
  $("house").hidden = false;
  showHeader();
  showSidebar();
  if (!sidebar.isDrawer) composer.focus();
}

function toDoor(reason = "") {
  me = wanted = current = undefined;
  joined = false;
  remembered("sessionStorage", "chat.joined", null);
  conversations.clear();
  outbox.clear();
  banner.hide();
  sidebar.toggle(false);
  $("house").hidden = true;
  $("door").hidden = false;
  $("join-error").textContent = reason;
  showChoice();
  $("nickname").select();
}

// --- the server speaks ------------------------------------------------------------------------------------------

socket.on("connect", () => {
  $("join-state").textContent = "";
  if (wanted) join(wanted);
});
socket.on("connect_error", (error) => {
  if (!me) $("join-state").textContent = error.data ? error.message : "The server cannot be reached. Trying again…";
});
socket.on("disconnect", () => {
  joined = false;
  typing.clear();
  if (me) banner.lost(outbox.waiting, reconnect);
  else $("join-state").textContent = "Connecting…";
  showSidebar();
});

socket.on("welcome", ({ limits, rooms: open }) => {
  rooms = open;
  composer.setLimits(limits);
  $("nickname").maxLength = limits.nickname;
  $("new-room-name").maxLength = limits.room;
  showChoice();
  showSidebar();
});
socket.on("rooms", (open) => {
  rooms = open;
  if (me) showSidebar();
  else showChoice();
});
socket.on("online", (everybody) => {
  online = everybody;
  showHeader();
  showSidebar();
});
socket.on("members", ({ room, members: present }) => {
  if (!joined || room !== me.room) return;
  members = present;
  arrivals.update(present, me.nickname);
  showHeader();
});
socket.on("typing", ({ room, nickname, active }) => {
  if (joined && room === me.room) typing.theirs(nickname, active);
});
socket.on("message", (message) => {
  if (joined && message.room === me.room) receive(message);
});
socket.on("private message", (message, ack) => {
  if (joined) receive(message);
  ack?.(joined);
});

// --- the user acts ----------------------------------------------------------------------------------------------

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  const nickname = $("nickname").value.trim();
  $("join-error").textContent = nickname ? "" : "Please choose a nickname.";
  if (!nickname) return $("nickname").focus();
  if (!socket.connected) $("join-state").textContent = "Connecting…";
  join({ nickname, room: $("join").elements.room?.value || "lobby" });
});

$("new-room").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = $("new-room-name").value.trim().toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  $("new-room-name").value = "";
  if (!name) return $("new-room-name").focus();
  if (joined) sidebar.actions.enterRoom(name);
  else composer.problem("Rooms can be changed when the connection is back.");
});

$("leave").addEventListener("click", () => {
  if (outbox.size > 0 && !confirm("Messages that are not sent yet will be lost. Leave?")) return;
  if (joined) socket.emit("leave", () => {});
  toDoor();
});

addEventListener("beforeunload", (event) => {
  if (outbox.size > 0) event.preventDefault();
});

$("nickname").value = remembered("localStorage", "chat.nickname") ?? "";
const before = remembered("sessionStorage", "chat.joined"); // a reload stays in its room
if (before) wanted = JSON.parse(before);
