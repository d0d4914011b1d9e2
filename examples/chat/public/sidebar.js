// The rooms and the people at the side; on a narrow screen a drawer that opens over the conversation.
import { $, avatar, bdi, fill, h } from "./dom.js";

const narrow = matchMedia("(max-width: 760px)");

export class Sidebar {
  #open = false;

  constructor(actions) {
    this.actions = actions; // {enterRoom(name), openPerson(nickname)}
    $("menu").addEventListener("click", () => this.toggle(true));
    $("scrim").addEventListener("click", () => this.toggle(false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#open) this.toggle(false);
    });
    narrow.addEventListener("change", () => this.toggle(false));
    this.toggle(false);
  }

  // While the drawer is open the conversation is out of reach, and the other way round.
  toggle(open) {
    const wasOpen = this.#open;
    this.#open = open && narrow.matches;
    $("house").classList.toggle("drawer-open", this.#open);
    $("menu").setAttribute("aria-expanded", String(this.#open));
    $("sidebar").inert = narrow.matches && !this.#open;
    $("main").inert = this.#open;
    if (this.#open) $("rooms").querySelector("button")?.focus();
    else if (wasOpen) $("menu").focus();
  }

  get isDrawer() {
    return narrow.matches;
  }

  // rooms: [{name, members, unread, current, disabled}]
  showRooms(rooms) {
    fill($("rooms"), rooms, () => rooms.map((room) => h("li", {},
      h("button", {
        type: "button", class: "row", "data-key": room.name, "aria-current": room.current && "page",
        "aria-disabled": room.disabled && "true",
        title: room.disabled ? "Rooms can be changed when the connection is back" : undefined,
        onclick: () => room.disabled || this.actions.enterRoom(room.name),
      },
      h("span", { class: "hash", "aria-hidden": "true" }, "#"), h("span", { class: "row-name" }, room.name),
      room.unread > 0 ? badge(room.unread) : null,
      h("span", { class: "count", "aria-label": `${room.members} here` }, String(room.members))))));
  }

  // people: [{nickname, online, unread, current}]
  showPeople(people, onlineCount) {
    $("people-count").textContent = String(onlineCount);
    const nobody = () => [h("li", { class: "quiet nobody" }, "Nobody else is here yet.")];
    fill($("people"), people, () => people.length === 0 ? nobody() : people.map((person) => h("li", {},
      h("button", {
        type: "button", class: person.online ? "row" : "row offline", "data-key": person.nickname,
        "aria-current": person.current && "page", onclick: () => this.actions.openPerson(person.nickname),
        title: "Write privately",
      },
      h("span", { class: person.online ? "presence on" : "presence" }, avatar(person.nickname)),
      h("span", { class: "row-name" }, bdi(person.nickname)),
      person.online ? null : h("span", { class: "quiet" }, "offline"),
      person.unread > 0 ? badge(person.unread) : null))));
    const unread = people.reduce((sum, person) => sum + person.unread, 0);
    $("menu-badge").hidden = unread === 0;
    $("menu-badge").textContent = String(unread);
    document.title = unread > 0 ? `(${unread}) Parlour` : "Parlour";
  }
}

const badge = (n) => h("span", { class: "badge", "aria-label": `${n} unread` }, n > 99 ? "99+" : String(n));
