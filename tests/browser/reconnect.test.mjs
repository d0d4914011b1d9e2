// The network fails for a moment. Nothing that was written may be lost, nothing may come twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop } from "./support/browser.mjs";
import { startChatServer } from "./support/chat_server.mjs";
import { useHouse } from "./support/house.mjs";
import { startNetwork } from "./support/network.mjs";

const house = useHouse();

// Ada sits behind a network that can fail, Grace does not.
const withNetwork = (body) => house(async ({ server, open }) => {
  const network = await startNetwork(server.port);
  try {
    const ada = await (await open(desktop, network.url)).enter("Ada");
    const grace = await (await open()).enter("Grace");
    await body({ network, ada, grace, open });
  } finally {
    await network.stop();
  }
});

const bannerSays = (person, text) => person.page.locator("#banner.on", { hasText: text }).waitFor();
const bannerGoes = (person) => person.page.locator("#banner:not(.on)").waitFor({ state: "attached" });

test("a cut shows the banner, keeps what is written, and brings both sides to the same log", withNetwork(
  async ({ network, ada, grace }) => {
    await ada.say("before the cut");
    await grace.sees("before the cut");
    const place = await ada.message("before the cut").boundingBox();

    network.cut();
    await bannerSays(ada, "Connection lost");
    assert.deepEqual(await ada.message("before the cut").boundingBox(), place); // nothing moved
    await ada.say("written in the dark, 1");
    await ada.say("written in the dark, 2");
    await bannerSays(ada, "2 messages wait");
    assert.equal(await ada.page.locator('#log .message[data-status="waiting"]').count(), 2);
    await ada.screenshot("connection-lost");
    await grace.say("said meanwhile, 1");
    await grace.say("said meanwhile, 2");
    await grace.seesSent("said meanwhile, 2");

    network.restore();
    await bannerSays(ada, "Back online");
    await ada.screenshot("connection-back");
    await ada.seesSent("written in the dark, 2");
    await grace.sees("written in the dark, 2");
    await grace.say("welcome back");
    await ada.sees("welcome back");
    const expected = ["before the cut", "said meanwhile, 1", "said meanwhile, 2", "written in the dark, 1",
      "written in the dark, 2", "welcome back"];
    assert.deepEqual(await ada.texts(), expected);
    assert.deepEqual(await grace.texts(), expected);
    await bannerGoes(ada);
    assert.equal(await grace.page.locator("#log .notice", { hasText: "Ada left" }).count(), 0);
  },
));

test("a message whose answer was lost is not doubled", withNetwork(async ({ network, ada, grace }) => {
  await ada.say("first");
  await grace.sees("first");
  network.swallow();
  await ada.say("heard, but not answered");
  await grace.sees("heard, but not answered");
  assert.equal(await ada.message("heard, but not answered").getAttribute("data-status"), "sending");
  network.cut();
  await bannerSays(ada, "1 message waits");
  network.restore();
  await ada.seesSent("heard, but not answered");
  await ada.say("after");
  await grace.sees("after");
  const expected = ["first", "heard, but not answered", "after"];
  assert.deepEqual(await ada.texts(), expected);
  assert.deepEqual(await grace.texts(), expected);
}));

test("SD-06 a private message whose answer was lost is not doubled", withNetwork(async ({ network, ada, grace }) => {
  await ada.openPerson("Grace");
  await grace.openPerson("Ada");
  await ada.say("first");
  await ada.seesSent("first");
  network.swallow();
  await ada.say("heard, but not answered");
  await grace.sees("heard, but not answered");
  network.cut();
  await bannerSays(ada, "1 message waits");
  network.restore();
  await ada.seesSent("heard, but not answered");
  await ada.say("after");
  await grace.sees("after");
  assert.deepEqual(await grace.texts(), ["first", "heard, but not answered", "after"]);
}));

test("who missed more than the room keeps is told so", withNetwork(async ({ network, ada, grace }) => {
  await grace.say("the last one Ada saw");
  await ada.sees("the last one Ada saw");
  network.cut();
  await bannerSays(ada, "Connection lost");
  for (let i = 1; i <= 52; i++) await grace.say(`missed ${i}`);
  await grace.seesSent("missed 52");
  network.restore();
  await ada.sees("missed 52");
  await ada.page.locator("#log .notice", { hasText: "no longer kept" }).waitFor();
  assert.deepEqual(await ada.texts(), ["the last one Ada saw", ...Array.from({ length: 50 }, (_, i) => `missed ${i + 3}`)]);
}));

test("the nickname stays with its owner while the old connection is not yet known to be dead", withNetwork(
  async ({ network, ada, grace, open }) => {
    network.cut();
    await bannerSays(ada, "Connection lost");
    network.restore();
    await bannerSays(ada, "Back online");
    await grace.seesCount("lobby", 2);
    const thief = await open();
    await thief.page.fill("#nickname", "Ada");
    await thief.page.click("#enter");
    await thief.page.locator("#join-error", { hasText: "already in use" }).waitFor();
  },
));

// The new server has another port, as the old one may be taken by now; the network hides that from the page.
test("the server is restarted and everybody finds the way back", house(async ({ server, open }) => {
  const first = await startChatServer();
  const network = await startNetwork(first.port);
  try {
    const ada = await (await open(desktop, network.url)).enter("Ada");
    const grace = await (await open(desktop, network.url)).enter("Grace");
    await ada.say("before");
    await grace.sees("before");
    await first.stop();
    for (const person of [ada, grace]) await bannerSays(person, "Connection lost");
    await ada.say("into the void");
    network.leadTo(server.port);
    for (const person of [ada, grace]) await bannerGoes(person);
    await grace.sees("into the void");
    await ada.seesSent("into the void");
    assert.deepEqual(await ada.texts(), ["before", "into the void"]);
    assert.deepEqual(await grace.texts(), ["before", "into the void"]);
  } finally {
    await network.stop();
    await first.stop().catch(() => {}); // has ended unless the test failed early
  }
}));
