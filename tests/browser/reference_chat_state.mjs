// What the chat knows, without any network: who is who, who is where, what was said. The contract is in
// examples/chat/README.md; this is the reference for it in the original's language, so that the page and its tests do
// not depend on the server under test. Refusals are returned, never thrown.

export const limits = { nickname: 20, room: 24, text: 2000, image: 512 * 1024, history: 50 };
const permanentRooms = ["lobby", "garden", "workshop"];
const roomsMax = 50;
const peopleMax = 500;
const historyImageBytes = 1024 * 1024;
const imageTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const imageSideMax = 20000;

const sentences = {
  bad_nickname: `Please choose a nickname of 1 to ${limits.nickname} characters.`,
  nickname_taken: "This nickname is already in use.",
  bad_room: `Room names have 1 to ${limits.room} characters: a-z, 0-9 and "-".`,
  too_many_rooms: `There are already ${roomsMax} rooms.`,
  full: "The chat is full, please try again later.",
  not_in_room: "You are not in this room.",
  not_joined: "Please join a room first.",
  offline: "This person is not online.",
  bad_id: "The message has no valid id.",
  bad_text: `A message has 1 to ${limits.text} characters.`,
  bad_image: `A picture is a PNG, JPEG, GIF or WebP of at most ${limits.image / 1024} KiB.`,
};

export const refusal = (code) => ({ error: { code, message: sentences[code] } });

// White space is that of ASCII, so that every language can agree on it.
const trimmed = (text) => text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
const isObject = (x) => typeof x === "object" && x !== null && !Array.isArray(x);
const codePoints = (text) => [...text].length;
// Bytes of UTF-8 sort like code points; JavaScript's own order is by UTF-16 units.
const byBytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const lower = (nickname) => nickname.replace(/[A-Z]/g, (c) => c.toLowerCase());
const isSide = (n) => Number.isInteger(n) && n >= 1 && n <= imageSideMax;

export const validKey = (key) => typeof key === "string" && /^[A-Za-z0-9-]{16,64}$/.test(key);

function validImage(image) {
  return isObject(image) && imageTypes.includes(image.type) && isSide(image.width) && isSide(image.height) &&
    Buffer.isBuffer(image.data) && image.data.length >= 1 && image.data.length <= limits.image;
}

// The code of the refusal, or undefined.
function faultOf(draft) {
  if (!isObject(draft)) return "bad_text";
  const { id, text, image } = draft;
  if (typeof id !== "string" || !/^[A-Za-z0-9-]{1,40}$/.test(id)) return "bad_id";
  if (typeof text !== "string" || codePoints(text) > limits.text) return "bad_text";
  if (image == null && trimmed(text) === "") return "bad_text";
  if (image != null && !validImage(image)) return "bad_image";
}

function toMessage(from, target, { id, text, image }) {
  const message = { id, from, at: Date.now(), text, ...target };
  if (image != null) {
    message.image = { type: image.type, width: image.width, height: image.height, data: image.data };
  }
  return message;
}

export class Chat {
  #people = new Map(); // nickname in lower case -> {nickname, key, connections}
  #rooms = new Map(); // name -> {members: nickname -> connections, history}

  constructor() {
    for (const name of permanentRooms) this.#rooms.set(name, { members: new Map(), history: [] });
  }

  rooms() {
    return [...this.#rooms].map(([name, { members }]) => ({ name, members: members.size }))
      .sort((a, b) => byBytes(a.name, b.name));
  }
  online() {
    return [...this.#people.values()].map((p) => p.nickname).sort(byBytes);
  }
  members(room) {
    return [...(this.#rooms.get(room)?.members.keys() ?? [])].sort(byBytes);
  }
  history(room) {
    return this.#rooms.get(room).history;
  }
  // The nickname as its owner writes it, or undefined.
  find(nickname) {
    return typeof nickname === "string" ? this.#people.get(lower(nickname))?.nickname : undefined;
  }

  // `who` is {key, nickname?, room?} of one connection and is updated. Returns a refusal, or {changed} with the rooms
  // whose members changed and whether the list of people did.
  join(who, request) {
    if (!isObject(request) || typeof request.nickname !== "string") return refusal("bad_nickname");
    const nickname = trimmed(request.nickname);
    const { room } = request;
    if (nickname === "" || codePoints(nickname) > limits.nickname || /\p{Cc}/u.test(nickname)) {
      return refusal("bad_nickname");
    }
    if (typeof room !== "string" || !/^[a-z0-9-]+$/.test(room) || room.length > limits.room) return refusal("bad_room");
    const holder = this.#people.get(lower(nickname));
    if (holder && holder.key !== who.key) return refusal("nickname_taken");
    if (!holder && this.#people.size >= peopleMax) return refusal("full");
    if (!this.#rooms.has(room) && this.#rooms.size >= roomsMax) return refusal("too_many_rooms");

    const before = this.#snapshot();
    this.#enter(who, holder?.nickname ?? nickname, room);
    return { changed: this.#changesSince(before) };
  }

  leave(who) {
    const before = this.#snapshot();
    this.#exit(who);
    return this.#changesSince(before);
  }

  // Returns a refusal or {message, repeated}.
  post(who, draft) {
    const fault = faultOf(draft);
    if (fault) return refusal(fault);
    if (!who.room || draft.room !== who.room) return refusal("not_in_room");
    const { history } = this.#rooms.get(who.room);
    const known = history.find((m) => m.id === draft.id);
    if (known) return { message: known, repeated: true };
    const message = toMessage(who.nickname, { room: who.room }, draft);
    history.push(message);
    if (history.length > limits.history) history.shift();
    dropOldPictures(history);
    return { message, repeated: false };
  }

  // Returns a refusal or {message}; the caller delivers it.
  whisper(who, draft) {
    const fault = faultOf(draft);
    if (fault) return refusal(fault);
    if (!who.nickname) return refusal("not_joined");
    const to = this.find(draft.to);
    if (!to) return refusal("offline");
    return { message: toMessage(who.nickname, { to }, draft) };
  }

  #enter(who, nickname, room) {
    this.#exit(who);
    const person = this.#people.get(lower(nickname)) ?? { nickname, key: who.key, connections: 0 };
    person.connections++;
    this.#people.set(lower(nickname), person);
    const place = this.#rooms.get(room) ?? { members: new Map(), history: [] };
    place.members.set(nickname, (place.members.get(nickname) ?? 0) + 1);
    this.#rooms.set(room, place);
    Object.assign(who, { nickname, room });
  }

  #exit(who) {
    if (!who.nickname) return;
    const person = this.#people.get(lower(who.nickname));
    if (--person.connections === 0) this.#people.delete(lower(who.nickname));
    const { members } = this.#rooms.get(who.room);
    const left = members.get(who.nickname) - 1;
    if (left > 0) members.set(who.nickname, left);
    else members.delete(who.nickname);
    if (members.size === 0 && !permanentRooms.includes(who.room)) this.#rooms.delete(who.room);
    who.nickname = who.room = undefined;
  }

  #snapshot() {
    return { online: this.online(), members: new Map([...this.#rooms.keys()].map((r) => [r, this.members(r)])) };
  }

  #changesSince(before) {
    const names = new Set([...before.members.keys(), ...this.#rooms.keys()]);
    const same = (a, b) => a !== undefined && a.length === b.length && a.every((x, i) => x === b[i]);
    return {
      rooms: [...names].filter((name) => !same(before.members.get(name), this.members(name))),
      online: !same(before.online, this.online()),
    };
  }
}

// Keeps the newest pictures that fit; a message whose picture goes keeps its text and the picture's measures.
function dropOldPictures(history) {
  let bytes = 0;
  for (let i = history.length - 1; i >= 0; i--) {
    const image = history[i].image;
    if (!image?.data) continue;
    bytes += image.data.length;
    if (bytes > historyImageBytes) history[i] = { ...history[i], image: { ...image, data: null } };
  }
}
