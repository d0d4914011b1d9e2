// A real Chromium and what a person does with the chat in it. Every window keeps a list of its errors (exceptions,
// violations of the Content-Security-Policy, failed decoding); a test that ends with one fails.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const executablePath = process.env.SOCKETIO_CHROMIUM ?? "/usr/bin/chromium";
const artifacts = fileURLToPath(new URL("../../../artifacts/browser/", import.meta.url));
const patienceMs = 15_000;
const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

export async function launch() {
  if (!existsSync(executablePath)) {
    throw new Error(`no Chromium at ${executablePath}: install it (apt-get install chromium) or set SOCKETIO_CHROMIUM`);
  }
  mkdirSync(artifacts, { recursive: true });
  return chromium.launch({ executablePath, headless: true, args: flags });
}

export const desktop = { viewport: { width: 1180, height: 760 } };
export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };

// One person: a browser profile of its own, with one window on the chat.
export class Person {
  static async open(browser, url, { colorScheme = "light", ...options } = desktop) {
    const context = await browser.newContext({ colorScheme, locale: "en-GB", reducedMotion: "reduce", ...options });
    context.setDefaultTimeout(patienceMs);
    return new Person(context, await context.newPage()).#visit(url);
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      // A refused connection is what some tests are about; the browser writes it to the console by itself.
      if (message.type() === "error" && !/net::ERR_|WebSocket connection/.test(message.text())) {
        this.errors.push(message.text());
      }
    });
  }

  async #visit(url) {
    await this.page.goto(url);
    return this;
  }

  // Another tab of the same person.
  async anotherTab(url) {
    return new Person(this.context, await this.context.newPage()).#visit(url);
  }

  async enter(nickname, room = "lobby") {
    this.nickname = nickname;
    await this.page.fill("#nickname", nickname);
    await this.page.locator(`#room-choice input[value="${room}"]`).check({ force: true });
    await this.page.click("#enter");
    await this.page.locator("#house").waitFor();
    return this;
  }

  async say(text) {
    await this.page.fill("#text", text);
    await this.page.press("#text", "Enter");
  }

  // A typing notice is volatile, so one may get lost; whoever goes on typing is seen in the end.
  async typesUntil(seen) {
    for (const end = Date.now() + patienceMs; !(await seen());) {
      assert.ok(Date.now() < end, "nobody saw that somebody is typing");
      await this.page.locator("#text").pressSequentially("m", { delay: 100 });
    }
  }

  // The message with exactly this text, wherever it stands in the log.
  message(text) {
    return this.page.locator("#log .message").filter({ has: this.page.getByText(text, { exact: true }) });
  }

  async sees(text) {
    await this.message(text).first().waitFor();
  }

  async seesSent(text) {
    await this.page.locator('#log .message.own[data-status="sent"]', { hasText: text }).first().waitFor();
  }

  // All the texts of the log, in order.
  texts() {
    return this.page.locator("#log .message .text").allTextContents();
  }

  async openRoom(name) {
    await this.page.locator(`#rooms [data-key="${name}"]`).click();
    await this.page.locator("#title", { hasText: `#${name}` }).waitFor();
  }

  async openPerson(nickname) {
    await this.page.locator(`#people [data-key="${nickname}"]`).click();
    await this.page.locator("#title", { hasText: nickname }).waitFor();
  }

  // Waits until `#name` has `count` members in the list at the side.
  async seesCount(room, count) {
    await this.page.locator(`#rooms [data-key="${room}"] .count`, { hasText: new RegExp(`^${count}$`) }).waitFor();
  }

  async screenshot(name) {
    await this.page.screenshot({ path: `${artifacts}${name}.png` });
  }

  async close() {
    await this.context.close();
    assert.deepEqual(this.errors, [], `errors in the window of ${this.nickname ?? "somebody"}`);
  }
}
