// The official Admin UI in a real browser, with a thousand sockets to look at: a person logs in, finds one of them, puts
// it into a room, disconnects it and then a room. The pictures go to artifacts/browser/ for a person to look at.
// Rows AU-01, AU-03, AU-05.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Crowd, account, artifacts, isReference, startAdminServer } from "./support/admin.mjs";
import { launch } from "./support/browser.mjs";

const people = 1000;
let browser, server, crowd;
before(async () => {
  [browser, server] = await Promise.all([launch(), startAdminServer()]);
  crowd = await Crowd.open(server.port, people);
});
after(async () => {
  crowd?.close();
  await browser?.close();
  await server?.stop();
});

async function openPage() {
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, locale: "en-GB", reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  // Letters and icons of other hosts are not what is tested, and there may be no network.
  await page.route((url) => url.hostname !== "127.0.0.1", (route) => route.abort());
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/net::ERR_FAILED/.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${server.url}admin/`);
  return { page, errors };
}

async function logIn(page, password) {
  await page.getByLabel("Server URL").fill(server.url.replace(/\/$/, ""));
  await page.getByLabel("Username").fill(account.username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

const go = (page, where) => page.locator(".v-navigation-drawer").getByText(where, { exact: true }).click();
const shown = (page, text) => page.locator(".v-data-footer__pagination", { hasText: text }).first().waitFor();
async function picture(page, name) {
  await page.waitForTimeout(1200); // the page's charts and its change from view to view are drawn by clocks of its own
  await page.screenshot({ path: `${artifacts}admin-${name}.png`, animations: "disabled" });
}

test("AU-01 AU-03 AU-05 a person with the password sees a thousand sockets and acts on them", { timeout: 150_000 }, async () => {
  const { page, errors } = await openPage();
  await logIn(page, "wrong");
  await page.getByText("Invalid credentials").waitFor();
  await picture(page, "refused");
  await page.getByLabel("Password").fill(account.password);
  await page.getByRole("button", { name: "Connect", exact: true }).click();

  // The dashboard: all of them and the page itself, by the server's own numbers.
  await page.locator("h2", { hasText: new RegExp(`^${people + 1}$`) }).waitFor();
  await page.locator("tr", { hasText: /^\s*\/\s*1000\s*$/ }).waitFor();
  await picture(page, "dashboard");

  await go(page, "Sockets");
  await shown(page, `1-20 of ${people}`);
  await page.locator(".v-data-footer__pagination").first().scrollIntoViewIfNeeded();
  await picture(page, "sockets");

  // One of them joins a room, because the person says so.
  await page.locator("tbody tr td").first().click();
  const room = page.getByRole("textbox", { name: "Join a room" });
  await room.waitFor();
  const id = decodeURIComponent(page.url().split("/").at(-1));
  const chosen = crowd.member(id);
  assert.ok(chosen, `${id} is one of the crowd`);
  await room.fill("from the page");
  await page.locator("form", { has: room }).getByRole("button").last().click();
  await page.locator("td", { hasText: "from the page" }).first().waitFor();
  assert.equal(await chosen.ask(1, "rooms"), `431[${JSON.stringify([id, "from the page"])}]`);
  await picture(page, "socket");

  // Ten others join a room by themselves: the page shows them, and clears it by its name as the filter.
  for (const one of crowd.members.slice(100, 110)) one.ws.send('42["join","the ten"]');
  await go(page, "Rooms");
  const ten = page.locator("tr", { hasText: "the ten" });
  await ten.getByText("10", { exact: true }).waitFor();
  await picture(page, "rooms");
  await ten.getByRole("button").last().click(); // disconnect; the page goes on to the room as well
  for (const one of crowd.members.slice(100, 110)) await one.hears((text) => text === "41");
  await go(page, "Sockets");
  await shown(page, `of ${people - 10}`);
  const row = page.locator(".v-data-table", { hasText: `of ${people - 10}` }).locator("tbody tr").first();
  const gone = crowd.member((await row.locator("td").first().textContent()).trim());
  await row.getByRole("button").click();
  await gone.hears((text) => text === "41");
  await go(page, "Sockets");
  await shown(page, `of ${people - 11}`);

  // Whoever comes back has a session instead of the password. The official server tells it before the page listens.
  if (!isReference) {
    await page.reload();
    await shown(page, `of ${people - 11}`);
  }
  await go(page, "Events");
  crowd.members.at(-1).ws.send('42["hello","from one of a thousand"]');
  await page.getByText("hello").first().waitFor();
  await picture(page, "events");
  assert.deepEqual(errors, []);
});
